package std_test

import (
	"fmt"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
)

// An order function that gives values their order while they are compared makes a
// quicksort quadratic (M. D. McIlroy, "A killer adversary for quicksort", 1999). sort
// gives up on its own one in time, and its heapsort sorts.
func TestSortOfTheWorstOrder(t *testing.T) {
	got := run(t, fmt.Sprintf(`
		local function attack(n)
			local value, solid, candidate, calls = {}, 0, 0, 0
			local gas = n
			local t = {}
			for i = 1, n do value[i], t[i] = gas, i end
			table.sort(t, function(x, y)
				calls = calls + 1
				if value[x] == gas and value[y] == gas then
					if x == candidate then value[x] = solid else value[y] = solid end
					solid = solid + 1
				end
				if value[x] == gas then candidate = x elseif value[y] == gas then candidate = y end
				return value[x] < value[y]
			end)
			for i = 2, n do
				if value[t[i - 1]] > value[t[i]] then return "not sorted" end
			end
			local seen = {}
			for i = 1, n do seen[t[i]] = true end
			if #seen ~= n then return "a value is lost" end
			-- A list that is as bad without an order function.
			local plain = {}
			for i = 1, n do plain[i] = value[i] end
			table.sort(plain)
			for i = 2, n do
				if plain[i - 1] > plain[i] then return "numbers not sorted" end
			end
			return calls / (n * math.log(n, 2)) < 12
		end
		for _, n in ipairs {2, 3, 10, 100, 1000, 3001, %d} do print(attack(n)) end`, detector.Part(20_000)))
	if want := "true\ntrue\ntrue\ntrue\ntrue\ntrue\ntrue\n"; got != want {
		t.Errorf("printed\n%s", got)
	}
}
