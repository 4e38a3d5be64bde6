package lua_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// defineDump gives scripts dump and undump, the latter with load's results.
func defineDump(t *testing.T, s *lua.State) {
	t.Helper()
	for name, f := range map[string]lua.GoFunction{
		"dump": func(c *lua.Call) error {
			v, err := s.Dump(c.Arg(1), c.Bool(2))
			if err != nil {
				return err
			}
			return c.Return(v)
		},
		"undump": func(c *lua.Call) error {
			v, err := s.Undump(c.String(1), "=name")
			if err != nil {
				message, err := s.String(err.Error())
				if err != nil {
					return err
				}
				return c.Return(lua.Nil, message)
			}
			return c.Return(v)
		},
		"setupvalue": func(c *lua.Call) error {
			name, _ := c.Arg(1).SetUpvalue(c.Int(2), c.Arg(3))
			return c.ReturnString(name)
		},
	} {
		if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDumpedFunctionsComeBack(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"an expression", `print(undump(dump(function(a, b) return a + b end))(1, 2))`, "3"},
		{"a statement", `function f(...) return count(...), ... end print(undump(dump(f))(1, 2))`, "2 1 2"},
		{"a local function", `local function f(n) return n end print(undump(dump(f))(7))`, "7"},
		{"a method's self", "local t = {}\nfunction t:m(x) return self, x end print(undump(dump(t.m))(1, 2))", "1 2"},
		{"a method without parameters", `local t = {} function t:m() return self end print(undump(dump(t.m))(5))`, "5"},
		{"a chunk", `local f = undump("\27LuaQTchunk 1 0 0\nreturn ...") print(undump(dump(f))(8))`, "8"},
		{"functions within", `print(undump(dump(function(x) return (function() x = x + 1 return x end)() end))(1))`, "2"},
		{"comments around", "print(undump(dump(function --[[ ( ]] ( --[[ end ]] ) return 1 end))())", "1"},
		{"dumped twice", `print(undump(dump(undump(dump(function() return 9 end))))())`, "9"},
		{"upvalues are nil, in their order", `local a, b, c = 1, 2, 3
			local f = undump(dump(function() return b, a, c end)) print(f())
			print(setupvalue(f, 1, 20), setupvalue(f, 2, 10), setupvalue(f, 3, 30), setupvalue(f, 4, 0)) print(f())`,
			"nil nil nil\nb a c \n20 10 30"},
		{"an upvalue that is assigned", `local n = 1 local f = undump(dump(function(x) n = x return function() ` +
			`return ` +
			`n end end)) print(f(4)())`, "4"},
		{"a function that calls itself", `local function f() return f end print(undump(dump(f))())`, "nil"},
		{"globals, not the environment", `x = 3 print(undump(dump(function() return x end))())`, "3"},
		{"lines and the chunk's name", "local f = undump(dump(function\n()\n local x = nil + 1 end))\nprint(pcall(f))",
			"false test:3: attempt to perform arithmetic on a nil value"},
		{"a stripped one", "local f = undump(dump(function\n()\n local x = nil + 1 end, true))\nprint(pcall(f))",
			"false name:3: attempt to perform arithmetic on a nil value"},
		{"a function of Go", `print(pcall(dump, print))`, "false unable to dump given function"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, printed := newState(t, lua.Options{})
			defineDump(t, s)
			if _, err := s.Run([]byte(c.source), "=test"); err != nil {
				t.Fatalf("%v\n%s", err, printed)
			}
			if got := strings.TrimSuffix(printed.String(), "\n"); got != c.want {
				t.Errorf("printed\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// Whatever is put after ESC is refused, or is Lua source like any other.
func TestUndumpRefuses(t *testing.T) {
	const bad = "name: cannot load incompatible bytecode"
	for _, c := range []struct{ name, dumped, want string }{
		{"nothing", "\x1b", bad},
		{"byte code of LuaJIT", "\x1bLJ\x02\x02\x00", bad},
		{"byte code of Lua 5.1", "\x1bLuaQ\x00\x01\x04\x08\x04\x08\x00", bad},
		{"no line", "\x1bLuaQT", bad},
		{"a kind that is none", "\x1bLuaQTthing 1 0 0\nreturn 1", bad},
		{"a number too few", "\x1bLuaQTchunk 1 0\nreturn 1", bad},
		{"a negative length", "\x1bLuaQTchunk 1 -1 0\nreturn 1", bad},
		{"a length beyond the end", "\x1bLuaQTchunk 1 99 0\nreturn 1", bad},
		{"a length of 20 digits", "\x1bLuaQTchunk 1 0 99999999999999999999\nreturn 1", bad},
		{"upvalues of a chunk", "\x1bLuaQTchunk 1 0 1\nareturn 1", bad},
		{"two functions", "\x1bLuaQTfunction 1 0 0\n() end, function() end", bad},
		{"no function", "\x1bLuaQTmethod 1 0 1\na", "name:1: '(' expected near '<eof>'"},
		{"no end", "\x1bLuaQTfunction 7 0 0\n()", "name:7: 'end' expected near '<eof>'"},
		{"a line beyond all", "\x1bLuaQTfunction 2147483647 0 0\n() end", "name:1: chunk has too many lines"},
		{"names that are none", "\x1bLuaQTfunction 1 0 3\n1,2() end", "name:1: '<name>' expected near '1'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, printed := newState(t, lua.Options{})
			defineDump(t, s)
			if _, err := s.Run(fmt.Appendf(nil, "print(undump(%s))", quoteLua(c.dumped)), "=test"); err != nil {
				t.Fatal(err)
			}
			if got, want := printed.String(), "nil "+c.want+"\n"; got != want {
				t.Errorf("printed %q, want %q", got, want)
			}
		})
	}
}

// quoteLua writes a string as Lua does.
func quoteLua(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		fmt.Fprintf(&b, "\\%03d", text[i])
	}
	b.WriteByte('"')
	return b.String()
}

// A dumped function is charged: one that a small state cannot hold is refused before it
// is made.
func TestDumpIsCharged(t *testing.T) {
	s, printed := newState(t, lua.Options{MaxMemory: 1 << 20})
	defineDump(t, s)
	source := "function f() --[[" + strings.Repeat("x", 200<<10) + "]] end local d = {} for i = 1, 100 do local " +
		"ok, e = pcall(dump, f) if not ok then print(e) break end d[i] = e end"
	if _, err := s.Run([]byte(source), "=test"); err != nil {
		t.Fatal(err)
	}
	if got := printed.String(); got != "not enough memory\n" {
		t.Errorf("printed %q", got)
	}
}
