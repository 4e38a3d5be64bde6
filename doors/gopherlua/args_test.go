package gopherlua_test

import (
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/doors/gopherlua"
)

// newRepeat returns a state with string.rep's checks under lib.rep, which returns its
// arguments as it understood them.
func newRepeat(t testing.TB) *lua.LState {
	L := lua.NewState()
	t.Cleanup(L.Close)
	lib := L.NewTable()
	lib.RawSetString("rep", L.NewFunction(func(L *lua.LState) int {
		text, count := gopherlua.CheckString(L, 1), gopherlua.CheckNumber(L, 2)
		L.Push(lua.LString(text))
		L.Push(lua.LNumber(count))
		return 2
	}))
	L.SetGlobal("lib", lib)
	return L
}

// run runs code as the chunk bot.lua and returns the text of the error that it returns
// second, as pcall does.
func run(t testing.TB, L *lua.LState, code string) string {
	t.Helper()
	chunk, err := L.Load(strings.NewReader(code), "bot.lua")
	if err != nil {
		t.Fatal(err)
	}
	L.Push(chunk)
	if err := L.PCall(0, 2, nil); err != nil {
		t.Fatal(err)
	}
	defer L.Pop(2)
	return L.Get(-1).String()
}

// The texts are LuaJIT 2.1.0-beta3's for the same lines with string in the place of lib
// and @bot.lua as the chunk's name, except for the two whose comment says otherwise.
func TestArgumentErrorsAreLuaJITs(t *testing.T) {
	for _, test := range []struct{ name, code, want string }{
		{"pcall", `return pcall(lib.rep)`, `bad argument #1 to '?' (string expected, got no value)`},
		{"pcall of nil", `return pcall(lib.rep, nil)`, `bad argument #1 to '?' (string expected, got nil)`},
		{"xpcall", `return xpcall(lib.rep, function(m) return m end)`,
			`bad argument #1 to '?' (string expected, got no value)`},
		{"coroutine over the function", `return coroutine.resume(coroutine.create(lib.rep))`,
			`bad argument #1 to '?' (string expected, got no value)`},
		{"called back by a library", `return pcall(string.gsub, "abc", "b", lib.rep)`,
			`bad argument #2 to '?' (number expected, got no value)`},
		{"field", `return pcall(function() lib.rep() end)`,
			`bot.lua:1: bad argument #1 to 'rep' (string expected, got no value)`},
		{"index by a constant", `return pcall(function() lib["rep"]() end)`,
			`bot.lua:1: bad argument #1 to 'rep' (string expected, got no value)`},
		{"parentheses", `return pcall(function() (lib.rep)() end)`,
			`bot.lua:1: bad argument #1 to 'rep' (string expected, got no value)`},
		{"local", `return pcall(function() local c = lib.rep; c() end)`,
			`bot.lua:1: bad argument #1 to 'c' (string expected, got no value)`},
		{"local, second argument", `return pcall(function() local c = lib.rep; c("x") end)`,
			`bot.lua:1: bad argument #2 to 'c' (number expected, got no value)`},
		{"upvalue", `local up = lib.rep return pcall(function() up() end)`,
			`bot.lua:1: bad argument #1 to 'up' (string expected, got no value)`},
		{"global", `g = lib.rep return pcall(function() g() end)`,
			`bot.lua:1: bad argument #1 to 'g' (string expected, got no value)`},
		{"alias", `lib.repeated = lib.rep return pcall(function() lib.repeated() end)`,
			`bot.lua:1: bad argument #1 to 'repeated' (string expected, got no value)`},
		{"number as key", `local t = {lib.rep} return pcall(function() t[1]() end)`,
			`bot.lua:1: bad argument #1 to '?' (string expected, got no value)`},
		{"variable as key", `local k = "rep" return pcall(function() lib[k]() end)`,
			`bot.lua:1: bad argument #1 to '?' (string expected, got no value)`},
		{"result of a call", `local function f() return lib.rep end return pcall(function() f()() end)`,
			`bot.lua:1: bad argument #1 to '?' (string expected, got no value)`},
		{"in a coroutine", `return coroutine.resume(coroutine.create(function() lib.rep() end))`,
			`bot.lua:1: bad argument #1 to 'rep' (string expected, got no value)`},
		{"second line", "return pcall(function()\n lib.rep() end)",
			`bot.lua:2: bad argument #1 to 'rep' (string expected, got no value)`},
		// A tail call: LuaJIT has lost the caller and says '?', PUC Lua says the name.
		{"tail call", `return pcall(function() return lib.rep() end)`,
			`bot.lua:1: bad argument #1 to 'rep' (string expected, got no value)`},
		{"__call", `local o = setmetatable({}, {__call = lib.rep}) return pcall(function() o() end)`,
			`bot.lua:1: bad argument #1 to 'o' (string expected, got table)`},
		// LuaJIT says '__index'.
		{"__index", `local o = setmetatable({}, {__index = lib.rep}) return pcall(function() local x = o.y end)`,
			`bot.lua:1: bad argument #1 to '?' (string expected, got table)`},

		{"method on a bad self", `return pcall(function() lib:rep() end)`,
			`bot.lua:1: calling 'rep' on bad self (string expected, got table)`},
		{"method of a local", `local o = lib return pcall(function() local p = o; p:rep("x") end)`,
			`bot.lua:1: calling 'rep' on bad self (string expected, got table)`},
		{"method, first argument", `string.rep = lib.rep return pcall(function() (("x")):rep() end)`,
			`bot.lua:1: bad argument #1 to 'rep' (number expected, got no value)`},
		{"method, nil", `string.rep = lib.rep return pcall(function() ("x"):rep(nil) end)`,
			`bot.lua:1: bad argument #1 to 'rep' (number expected, got nil)`},
		{"method among the arguments of a method",
			`string.rep = lib.rep return pcall(function() ("x"):rep(("y"):len(), {}, ("x"):rep({})) end)`,
			`bot.lua:1: bad argument #1 to 'rep' (number expected, got table)`},
		{"method among the arguments of a function", `return pcall(function() lib.rep(("x"):len(), {}) end)`,
			`bot.lua:1: bad argument #2 to 'rep' (number expected, got table)`},
		{"function after a method", `return pcall(function() ("x"):len(); lib.rep("x", {}) end)`,
			`bot.lua:1: bad argument #2 to 'rep' (number expected, got table)`},
		{"function among the arguments of a method", `return pcall(function() ("x"):sub(lib.rep("x", {})) end)`,
			`bot.lua:1: bad argument #2 to 'rep' (number expected, got table)`},
		{"method whose arguments make closures and branch",
			`string.rep = lib.rep local a, b return pcall(function()
				("x"):rep(b and a or {}, function() return a, b end, {a, b, ("x"):len()}) end)`,
			`bot.lua:2: bad argument #1 to 'rep' (number expected, got table)`},
		{"method with a tail call", `string.rep = lib.rep return pcall(function() return ("x"):rep() end)`,
			`bot.lua:1: bad argument #1 to 'rep' (number expected, got no value)`},

		// Which of the calls it is the VM does not say: one without a colon decides.
		{"method and function on one line", `string.rep = lib.rep return pcall(function() lib.rep("x", 1); ` +
			`("x"):rep({}) end)`,
			`bot.lua:1: bad argument #2 to 'rep' (number expected, got table)`},
		{"method and function on two lines", `string.rep = lib.rep return pcall(function() lib.rep("x", 1);
			("x"):rep({}) end)`,
			`bot.lua:2: bad argument #1 to 'rep' (number expected, got table)`},
		{"two methods on one line", `string.rep = lib.rep return pcall(function() ("x"):rep(1); ("x"):rep({}) end)`,
			`bot.lua:1: bad argument #1 to 'rep' (number expected, got table)`},

		{"got table", `return pcall(function() lib.rep("x", {}) end)`,
			`bot.lua:1: bad argument #2 to 'rep' (number expected, got table)`},
		{"got boolean", `return pcall(function() lib.rep(true) end)`,
			`bot.lua:1: bad argument #1 to 'rep' (string expected, got boolean)`},
		{"got function", `return pcall(function() lib.rep("x", print) end)`,
			`bot.lua:1: bad argument #2 to 'rep' (number expected, got function)`},
		{"got userdata", `return pcall(function() lib.rep("x", io.stdout) end)`,
			`bot.lua:1: bad argument #2 to 'rep' (number expected, got userdata)`},
		{"got thread", `return pcall(function() lib.rep("x", coroutine.create(print)) end)`,
			`bot.lua:1: bad argument #2 to 'rep' (number expected, got thread)`},
		{"a string that is no number", `return pcall(function() lib.rep("x", "y") end)`,
			`bot.lua:1: bad argument #2 to 'rep' (number expected, got string)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := run(t, newRepeat(t), test.code); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestStringsAndNumbersPassForEachOther(t *testing.T) {
	L := newRepeat(t)
	got := run(t, L, `local text, count = lib.rep(12.50, " 0x10 ") return nil, text .. "/" .. type(text) .. "/" `+
		`.. count`)
	if want := "12.5/string/16"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOptionalArguments(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	L.SetGlobal("f", L.NewFunction(func(L *lua.LState) int {
		table := "none"
		if gopherlua.OptTable(L, 3) != nil {
			table = "table"
		}
		L.Push(lua.LString(gopherlua.OptString(L, 1, "none") + fmt.Sprint(gopherlua.OptNumber(L, 2, 7)) + table))
		return 1
	}))
	for _, test := range []struct{ code, want string }{
		{`return nil, f()`, "none7none"},
		{`return nil, f(nil, nil, nil)`, "none7none"},
		{`return nil, f("x", "1", {})`, "x1table"},
		{`return pcall(f, false)`, `bad argument #1 to '?' (string expected, got boolean)`},
		{`return pcall(f, "x", "y")`, `bad argument #2 to '?' (number expected, got string)`},
		{`return pcall(f, nil, nil, "z")`, `bad argument #3 to '?' (table expected, got string)`},
		{`return pcall(f, nil, nil, false)`, `bad argument #3 to '?' (table expected, got boolean)`},
	} {
		if got := run(t, L, test.code); got != test.want {
			t.Errorf("%s: got %s, want %s", test.code, got, test.want)
		}
	}
}

func TestCallerIsTheNearestLuaCode(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	L.SetGlobal("where", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(gopherlua.Caller(L)))
		return 1
	}))
	for _, test := range []struct{ code, want string }{
		{"return nil,\n(where())", "bot.lua:2"},
		{"\n\nreturn pcall(where)", "bot.lua:3"},
	} {
		if got := run(t, L, test.code); got != test.want {
			t.Errorf("%q: got %q, want %q", test.code, got, test.want)
		}
	}
	L.Push(L.GetGlobal("where"))
	L.Call(0, 1)
	if got := L.Get(-1); got != lua.LString("") {
		t.Errorf("called by Go: got %q, want nothing", got)
	}
}
