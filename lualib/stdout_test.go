package lualib_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/lualib"
)

func TestStdoutKeepsOneOrder(t *testing.T) {
	m := newVM(t)
	m.wantOutput(t, `print("a", 1, nil, true) io.write("b", 2, "\n") io.stdout:write("c\n") io.output():write("d\n")
		print(setmetatable({}, {__tostring = function() return "e" end}))`, "a\t1\tnil\ttrue\nb2\nc\nd\ne\n")
	m.wantOutput(t, `print(io.write(), io.flush(), io.stdout:flush(), io.stdout:setvbuf "full")`, "true\ttrue\ttrue\ttrue\n")
	m.wantOutput(t, `print(io.stdout:close()) print(io.close()) print "still here"`,
		"nil\tcannot close standard file\nnil\tcannot close standard file\nstill here\n")
	m.wantOutput(t, `print(pcall(io.write, "x", {}))`, "false\tbad argument #2 to '?' (string expected, got table)\n")
	m.wantOutput(t, `print(pcall(function() io.stdout:setvbuf "all" end))`,
		"false\ttest.lua:1: bad argument #1 to 'setvbuf' (invalid option 'all')\n")
}

func TestStdoutLeavesOtherFilesAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	m := newVMWith(t, lualib.Options{Permissions: lualib.Permissions{Write: lualib.Grant{Only: []string{path}}}})
	m.SetGlobal("path", luaString(path))
	m.wantOutput(t, `
		local f = io.open(path, "w") f:setvbuf("full") f:write("one\n") f:flush() f:close()
		f = io.open(path, "a") io.output(f) io.write("two\n") io.close() io.output(io.stdout) print "back"`, "back\n")
	if got, err := os.ReadFile(path); string(got) != "one\ntwo\n" || err != nil {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

func TestStdoutFinish(t *testing.T) {
	m := newVM(t)
	m.SetGlobal("finish", m.NewFunction(func(*lua.LState) int {
		if err := m.stdout.Finish(); err != nil {
			t.Error(err)
		}
		return 0
	}))
	m.wantOutput(t, `io.write("a\nb") finish() print "c" io.write(("d"):rep(100000)) io.flush() io.stdout:setvbuf "no" print "e"`, "a\nb")
}

func TestStdoutModes(t *testing.T) {
	var output bytes.Buffer
	stdout := lualib.NewStdout(&output, true)
	L := lualib.NewState(stdout)
	defer L.Close()
	for _, step := range []struct{ source, want string }{
		{`io.write "part"`, ""},
		{`io.write " of a line\nrest"`, "part of a line\nrest"},
		{`io.stdout:setvbuf "full" print "held"`, "part of a line\nrest"},
		{`io.flush()`, "part of a line\nrestheld\n"},
		{`io.stdout:setvbuf "no" io.write "x"`, "part of a line\nrestheld\nx"},
	} {
		if err := L.DoString(step.source); err != nil {
			t.Fatal(err)
		}
		if output.String() != step.want {
			t.Errorf("after %s: %q, want %q", step.source, output.String(), step.want)
		}
	}
}

func luaString(s string) lua.LString { return lua.LString(s) }
