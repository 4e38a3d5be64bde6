package std_test

import (
	"strconv"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
)

// A loop remembers the place where it found the last key. A number that has moved from
// there to the array leads to the array's next value, not to the key after the old place.
func TestPairsOfNumbersThatMoved(t *testing.T) {
	newVM(t, options{}).wantOutput(t, `
		local function keys(t) local s = "" for k in pairs(t) do s = s .. tostring(k) .. " " end return s end
		keys {a = 1, b = 2}
		local t = {} t.a = 1 t[2] = 2 t.c = 3 t.d = 5 t[1] = 1 t[3] = 4
		print(keys(t))`, "1 2 3 a c d \n")
}

// pairs, which has a way of its own within a loop, visits the same keys as next, and each
// key of a table once.
func TestPairsVisitsAll(t *testing.T) {
	newVM(t, options{}).wantOutput(t, `
		local function keys(t) local list = {} for k in pairs(t) do list[#list + 1] = tostring(k) end return table.concat(list, " ") end
		local function byNext(t)
			local list, k = {}, next(t)
			while k ~= nil do list[#list + 1] = tostring(k) k = next(t, k) end
			return table.concat(list, " ")
		end
		local kinds = {
			function(t) return #t + 1 end, function() return math.random(0, 9) end, function() return math.random(-2, 20) end,
			function() return "s" .. math.random(5) end, function() return math.random(2) == 1 end, function() return math.random(3) + 0.5 end,
		}
		for seed = 1, `+strconv.Itoa(detector.Part(3000))+` do
			math.randomseed(seed)
			local t, has, log = {}, {}, {}
			for i = 1, math.random(25) do
				local k = kinds[math.random(#kinds)](t)
				if math.random(4) > 1 then t[k] = i has[tostring(k)] = i else t[k] = nil has[tostring(k)] = nil end
				log[i] = tostring(k) .. "=" .. tostring(t[k])
			end
			local visited, expected, seen = keys(t), byNext(t), {}
			for k in visited:gmatch("%S+") do
				if not has[k] or seen[k] then print("seed " .. seed .. " visits too often: " .. k) end
				seen[k] = true
			end
			for k in next, has do if not seen[k] then print("seed " .. seed .. " misses " .. k) end end
			if visited ~= expected then print(seed, visited, expected, table.concat(log, " ")) end
		end
		print "done"`, "done\n")
}

// Fields may be assigned nil in a traversal. A number that the loop saw in the array,
// which has become shorter since then, may have an entry left from before: the way does
// not go on after that one.
func TestClearingOnTheWay(t *testing.T) {
	newVM(t, options{}).wantOutput(t, `
		local t = {} t.a = 1 t[2] = 2 t[1] = 3 t[8] = 4 t.b = 5
		for k in pairs(t) do io.write(tostring(k), " ") if type(k) == "number" then t[k] = nil end end
		print(next(t))`, "1 2 a 8 b a\t1\n")
}

func TestClearingOnTheWayVisitsAll(t *testing.T) {
	newVM(t, options{}).wantOutput(t, `
		local function walk(t, byPairs, clears)
			local n, seen = 0, {}
			local function visit(k)
				if seen[k] then error("twice: " .. tostring(k)) end
				n, seen[k] = n + 1, true
				if clears(k) then t[k] = nil end
			end
			if byPairs then
				for k in pairs(t) do visit(k) end
			else
				local k = next(t)
				while k ~= nil do visit(k) k = next(t, k) end
			end
			return n
		end
		local clears = {
			function() return true end, function(k) return #tostring(k) % 2 == 1 end, function(k) return #tostring(k) % 2 == 0 end,
			function(k) return type(k) == "number" and k % 2 == 0 end, function(k) return k == 2 or k == 3 end,
			function() return math.random(2) == 1 end,
		}
		local kinds = {
			function(t) return #t + 1 end, function() return math.random(0, 9) end, function() return math.random(20) end,
			function() return "k" .. math.random(9) end, function() return math.random(9) + 0.5 end, function() return math.random(5) end,
		}
		for seed = 1, 3000 do
			math.randomseed(seed)
			local t, log = {}, {}
			for round = 1, math.random(3) do
				for i = 1, math.random(14) do
					local k, v = kinds[math.random(#kinds)](t), nil
					if math.random(3) > 1 then v = i end
					t[k] = v
					log[#log + 1] = tostring(k) .. "=" .. tostring(v)
				end
				local want = 0
				for _ in next, t do want = want + 1 end
				local ok, n = pcall(walk, t, math.random(2) == 1, clears[math.random(#clears)])
				if n ~= want then print("seed " .. seed, n, want, table.concat(log, " ")) break end
				log[#log + 1] = "walk"
			end
		end
		print "done"`, "done\n")
}
