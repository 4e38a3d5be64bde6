package lualib_test

import (
	"fmt"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/lualib"
)

// BenchmarkCompat is what string functions cost in our state and in one of the VM's own.
func BenchmarkCompat(b *testing.B) {
	stock := lua.NewState()
	defer stock.Close()
	ours := lualib.NewState(lualib.NewStdout(nil, false))
	defer ours.Close()
	const text = `local s = ("key=value; other = 42, "):rep(40) `
	for _, c := range []struct{ name, body string }{
		{"find plain", `s:find("nowhere", 1, true)`},
		{"find class", `s:find("%d+x")`},
		{"match captures", `s:match("(%w+) = (%w+)")`},
		{"gmatch", `for k, v in s:gmatch("(%w+)%s*=%s*(%w+)") do end`},
		{"gsub text", `s:gsub("%w+", "<%0>")`},
		{"gsub function", `s:gsub("%w+", function(w) return w end)`},
		{"format", `local _ = ("%d %s %5.2f %x"):format(42, "text", 3.25, 255)`},
		{"sub byte", `for i = 1, 100 do s:sub(i, i + 3):byte(1) end`},
		{"upper", `s:upper()`},
		{"rep", `local _ = ("ab"):rep(100)`},
		{"tostring", `for i = 1, 100 do tostring(i) end`},
		{"tonumber", `for i = 1, 100 do tonumber("12345") end`},
		{"concat", `local t = {} for i = 1, 100 do t[i] = "xy" end table.concat(t, ",")`},
		{"insert remove", `local t = {} for i = 1, 100 do table.insert(t, i) end for i = 1, 100 do table.remove(t) end`},
		{"sort", `local t = {} for i = 1, 100 do t[i] = i * 7919 % 101 end table.sort(t)`},
		{"pairs", `local t = {a = 1, b = 2, c = 3, 1, 2, 3} for i = 1, 20 do for k, v in pairs(t) do end end`},
		{"pcall", `for i = 1, 100 do pcall(type, 1) end`},
		{"pcall error", `for i = 1, 100 do pcall(error, "x", 0) end`},
	} {
		for _, vm := range []struct {
			name string
			L    *lua.LState
		}{{"vm", stock}, {"ours", ours}} {
			b.Run(fmt.Sprintf("%s/%s", c.name, vm.name), func(b *testing.B) {
				if err := vm.L.DoString(text + "return function() local _ = s " + c.body + " end"); err != nil {
					b.Fatal(err)
				}
				f := vm.L.Get(-1)
				vm.L.Pop(1)
				for b.Loop() {
					vm.L.Push(f)
					if err := vm.L.PCall(0, 0, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
