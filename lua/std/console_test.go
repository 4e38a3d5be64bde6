package std_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// debug.debug runs lines of the standard input as LuaJIT does: errors are shown, and a
// line leaves nothing to the next one but its globals.
func TestConsole(t *testing.T) {
	var errs strings.Builder
	m := newVM(t, options{stderr: &errs, stdin: "x = 1\nprint(x, ...)\nx x\nerror('m', 0)\nerror{}\nlocal y = " +
		"2\nprint(y)\ncont\nprint 'never'\n"})
	m.wantOutput(t, `debug.debug() print(x, io.read())`, "1\nnil\n1\tprint 'never'\n")
	want := "lua_debug> lua_debug> lua_debug> (debug command):1: '=' expected near 'x'\nlua_debug> m\n" +
		"lua_debug> (error object is a table value)\nlua_debug> lua_debug> lua_debug> "
	if errs.String() != want {
		t.Errorf("the error output is\n%s\nwant\n%s", errs.String(), want)
	}
	m.wantOutput(t, `debug.debug() print "the input has ended"`, "the input has ended\n")
}

// A line has the environment of the coroutine, and the limits of the state.
func TestConsoleIsTheScripts(t *testing.T) {
	m := newVM(t, options{stdin: "print(x)\nwhile true do end\n", limits: lua.Options{MaxSteps: 100_000}})
	got, err := m.run(t, `setfenv(0, {x = "own", print = print, tostring = tostring}) debug.debug()`)
	if got != "own\n" || !errors.Is(err, lua.ErrSteps) {
		t.Errorf("%q, %v", got, err)
	}
}
