package encoding_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// comparison packs and unpacks random values, and prints the results as text.
const comparison = `
	local pack, unpack = string.pack, string.unpack
	if encoding then pack, unpack = encoding.pack, encoding.unpack end
	local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
	local function show(...)
		local t = {...}
		for i = 1, #t do
			if type(t[i]) == "string" and not t[i]:find("^%-?%d+$") then t[i] = "=" .. hex(t[i])
			elseif t[i] ~= t[i] then t[i] = "nan"
			elseif math.type and math.type(t[i]) == "integer" then t[i] = ("%d"):format(t[i])
			elseif type(t[i]) == "number" then t[i] = t[i] % 1 == 0 and ("%.0f"):format(t[i]) or ("%.17g"):format(t[i])
			else t[i] = tostring(t[i]) end
		end
		return table.concat(t, " ")
	end
	if not encoding then -- Lua 5.3.6 takes a string without a zero for z, and a position behind the data
		local real = unpack
		function unpack(format, data, ...)
			local t = table.pack(real(format, data, ...))
			if t[t.n] > #data + 1 then error("data string too short", 0) end
			return table.unpack(t, 1, t.n)
		end
	end
	-- in Lua 5.3 a large integer is a number, with its sign even if it is unsigned, and short data raises
	local function outcome(f, ...)
		local t = {pcall(f, ...)}
		if not t[1] or t[2] == nil then
			local problem = t[1] and tostring(t[3]) or t[2]
			problem = problem:gsub("^[^ ]*:%d+: ", ""):gsub("^data string too short.*", "short"):gsub("^bad argument #2.*data string too short.*", "short")
			problem = problem:gsub("^.*does not fit.*", "does not fit"):gsub("'[^']*'", "F", 1):gsub("got no value", "got nil")
			return "error: " .. problem
		end
		table.remove(t, 1)
		return show((table.unpack or _G.unpack)(t))
	end
	for _, c in ipairs(cases) do
		local packed = {pcall(pack, c.format, (table.unpack or _G.unpack)(c.values))}
		print(c.format, outcome(pack, c.format, (table.unpack or _G.unpack)(c.values)))
		if packed[1] then
			print("", outcome(unpack, c.format, packed[2]))
			print("", outcome(unpack, c.format, packed[2]:sub(1, c.cut)))
			print("", outcome(unpack, c.format, c.noise .. packed[2], #c.noise + 1))
		end
		print("", outcome(unpack, c.format, c.noise))
	end`

// pack and unpack agree with those of Lua 5.3, where it is installed.
func TestLua53(t *testing.T) {
	program, err := exec.LookPath("lua5.3")
	if err != nil {
		t.Skip("no lua5.3")
	}
	source := randomCases(rand.New(rand.NewPCG(5, 3)), 3000) + comparison
	command := exec.CommandContext(t.Context(), program, "-")
	command.Stdin = strings.NewReader(source)
	command.Stderr = t.Output()
	want, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}

	s := newState(t, lua.Options{})
	var got bytes.Buffer
	if err := s.SetGlobal("print", s.NewFunction("print", func(c *lua.Call) error {
		fmt.Fprintf(&got, "%s\t%s\n", c.String(1), c.String(2))
		return c.Err()
	})); err != nil {
		t.Fatal(err)
	}
	run(t, s, source)
	ours, theirs := strings.Split(got.String(), "\n"), strings.Split(string(want), "\n")
	if len(ours) != len(theirs) || len(ours) < 10000 {
		t.Fatalf("%d lines, want %d", len(ours), len(theirs))
	}
	format := ""
	for i, line := range ours {
		if f, _, _ := strings.Cut(line, "\t"); f != "" {
			format = f
		}
		if line != theirs[i] {
			t.Errorf("%s:\n%s, want\n%s", format, line, theirs[i])
		}
	}
}

// randomCases makes a table of formats, of values, most of which fit them, and of random
// bytes. Integers stay within 2^53, and unsigned ones of random bytes within 7 bytes,
// where both have numbers.
func randomCases(r *rand.Rand, count int) string {
	var out strings.Builder
	out.WriteString("cases = {\n")
	for range count {
		var format strings.Builder
		var values []string
		for range r.IntN(5) {
			if r.IntN(3) == 0 {
				format.WriteString([]string{"<", ">", "=", " ", "!", "!1", "!2", "!4", "!8", "!16", "x", "Xi4", "Xh", "Xd", "Xi3",
					"Xb"}[r.IntN(16)])
				continue
			}
			option, value := randomItem(r)
			format.WriteString(option)
			if r.IntN(40) > 0 {
				values = append(values, value)
			}
		}
		var noise strings.Builder
		for range r.IntN(40) {
			fmt.Fprintf(&noise, "\\%d", []int{0, 0, 1, 2, 255, r.IntN(256)}[r.IntN(6)])
		}
		fmt.Fprintf(&out, "{format = %q, values = {%s}, cut = %d, noise = \"%s\"},\n", format.String(),
			strings.Join(values, ", "), r.IntN(20), noise.String())
	}
	out.WriteString("}\n")
	return out.String()
}

// randomItem returns an option with a value.
func randomItem(r *rand.Rand) (option, value string) {
	switch r.IntN(4) {
	case 0:
		return []string{"f", "d", "n"}[r.IntN(3)], []string{"0.5", "-1.25", "1024", "-0.0078125"}[r.IntN(4)]
	case 1:
		text := strings.Repeat("ab", r.IntN(4))
		return []string{"z", "s1", "s2", "s4", "s", "c8", "c0", "c3"}[r.IntN(8)], fmt.Sprintf("%q", text)
	}
	bits := r.IntN(54)
	number := r.Int64N(1<<bits) - r.Int64N(1<<bits)
	return []string{"b", "B", "h", "H", "i", "I", "l", "j", "i1", "i2", "i3", "i5", "i6", "I7", "I1", "I3", "i4",
		"I4"}[r.IntN(18)], fmt.Sprint(number)
}
