package lualib_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/lualib"
)

// vm is a state whose script can call exit, as host.Exit does, and whose output is at hand.
type vm struct {
	*lua.LState
	stdout *lualib.Stdout
	output bytes.Buffer
}

func newVM(t *testing.T) *vm {
	t.Helper()
	return newVMWith(t, lualib.Options{})
}

// newVMWith is newVM with options, whose Stdout is set.
func newVMWith(t *testing.T, opts lualib.Options) *vm {
	t.Helper()
	m := &vm{}
	m.stdout = lualib.NewStdout(&m.output, false)
	opts.Stdout = m.stdout
	m.LState = lualib.New(opts)
	t.Cleanup(m.Close)
	m.SetGlobal("exit", m.NewFunction(func(L *lua.LState) int {
		lualib.InterruptOf(L).Exit(L)
		return 0
	}))
	return m
}

// run runs source through Call and returns what it printed.
func (m *vm) run(t *testing.T, source string) (string, error) {
	t.Helper()
	if err := lualib.Load(m.LState, []byte(source), "test.lua"); err != nil {
		t.Fatalf("load: %v", err)
	}
	top := m.GetTop() - 1
	err := lualib.Call(m.LState, 0)
	if m.GetTop() != top {
		t.Errorf("Call leaves %d values on the stack", m.GetTop()-top)
	}
	if err := m.stdout.Flush(); err != nil {
		t.Fatal(err)
	}
	defer m.output.Reset()
	return m.output.String(), err
}

// wantOutput runs source and wants no error.
func (m *vm) wantOutput(t *testing.T, source, want string) {
	t.Helper()
	if got, err := m.run(t, source); got != want || err != nil {
		t.Errorf("%s\nprints %q, error %v, want %q", source, got, err, want)
	}
}

func TestExitIsUncatchable(t *testing.T) {
	for name, source := range map[string]string{
		"plain":              `exit()`,
		"pcall":              `pcall(exit)`,
		"pcall of a closure": `pcall(function() exit() end)`,
		"nested pcall":       `pcall(pcall, pcall, function() pcall(exit) end)`,
		"xpcall":             `xpcall(function() exit() end, function(e) print("handler", e) end)`,
		"pcall in a loop":    `while true do pcall(exit) end`,
		"coroutine":          `coroutine.resume(coroutine.create(function() exit() end))`,
		"wrap":               `coroutine.wrap(function() pcall(exit) end)()`,
		"pcall of wrap":      `pcall(coroutine.wrap(function() exit() end))`,
		"nested coroutines":  `coroutine.wrap(function() pcall(coroutine.wrap(function() pcall(exit) end)) end)()`,
		"metamethod":         `local t = setmetatable({}, {__index = function() pcall(exit) end}); local _ = t.x`,
		"sort":               `table.sort({3, 2, 1}, function() pcall(exit) return true end)`,
		"gsub":               `string.gsub("abc", ".", function() pcall(exit) end)`,
		"tail call":          `return exit()`,
		"iterator":           `for _ in function() return pcall(exit) end do end`,
	} {
		t.Run(name, func(t *testing.T) {
			m := newVM(t)
			m.wantOutput(t, "print 'before' "+strings.Replace(source, "return exit()", "do return exit() end", 1)+" print 'after'", "before\n")
			m.wantOutput(t, `print(pcall(function() return "usable" end))`, "true\tusable\n")
		})
	}
}

func TestCoroutineSurvivesAnExitElsewhere(t *testing.T) {
	m := newVM(t)
	m.wantOutput(t, `
		made = coroutine.create(function() print "one" coroutine.yield() print "two" end)
		wrapped = coroutine.wrap(function() print "un" coroutine.yield() print "deux" end)
		coroutine.resume(made) wrapped()`, "one\nun\n")
	m.wantOutput(t, `pcall(exit) print "after"`, "")
	m.wantOutput(t, `print(coroutine.resume(made)) wrapped()`, "two\ntrue\ndeux\n")
}

// The VM derives a context for each coroutine, which in the standard library's way would cost a goroutine or an entry
// each, for ever if the coroutine is never finished.
func TestCoroutinesHoldNothingOutsideTheVM(t *testing.T) {
	m := newVM(t)
	before := runtime.NumGoroutine()
	m.wantOutput(t, `for i = 1, 100 do coroutine.wrap(function() coroutine.yield() end)() end`, "")
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after 100 coroutines", before, after)
	}
}

func TestErrorInWrappedCoroutineLeavesTheVMSound(t *testing.T) {
	m := newVM(t)
	_, err := m.run(t, `thread = nil; coroutine.wrap(function() thread = coroutine.running(); error "boom" end)()`)
	if err == nil || !strings.HasPrefix(err.Error(), "test.lua:1: test.lua:1: boom") {
		t.Errorf("error %v, want test.lua:1: boom after the position of the call", err)
	}
	m.wantOutput(t, `print(coroutine.running(), coroutine.status(thread) == "running")`, "nil\tfalse\n")
}

func TestStopUnwindsWhatRunsAndNamesTheLine(t *testing.T) {
	m := newVM(t)
	running := make(chan struct{})
	m.SetGlobal("started", m.NewFunction(func(*lua.LState) int { close(running); return 0 }))
	go func() {
		<-running
		lualib.InterruptOf(m.LState).Stop(errors.New("interrupted: the grace is over"))
	}()
	_, err := m.run(t, "started()\nlocal function spin()\n  while true do pcall(error) end\nend\nspin()")
	if err == nil || !strings.HasPrefix(err.Error(), "interrupted: the grace is over\nstack traceback:") ||
		!strings.Contains(err.Error(), "test.lua:3:") {
		t.Errorf("error %v, want the reason and a traceback with test.lua:3:", err)
	}
	m.wantOutput(t, `print "next"`, "next\n")
}

func TestStopOfAnIdleStateDoesNothing(t *testing.T) {
	m := newVM(t)
	lualib.InterruptOf(m.LState).Stop(errors.New("too early"))
	m.wantOutput(t, `print(pcall(function() return 1 end))`, "true\t1\n")
}

func TestKillLetsNothingBegin(t *testing.T) {
	m := newVM(t)
	time.AfterFunc(10*time.Millisecond, func() { lualib.InterruptOf(m.LState).Kill(errors.New("cut")) })
	if _, err := m.run(t, `while true do end`); err == nil || !strings.HasPrefix(err.Error(), "cut\n") {
		t.Errorf("error %v, want cut", err)
	}
	m.wantOutput(t, `print "never"`, "")
}

func TestErrorText(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{`error "boom"`, "test.lua:1: boom\nstack traceback:\n"},
		{`error("bare", 0)`, "bare\nstack traceback:\n"},
		{`error({})`, "(error object is a table value)\n"},
		{`error(nil)`, "(error object is a nil value)\n"},
		{`error(42)`, "test.lua:1: 42\n"},
		{`error(setmetatable({}, {__tostring = function() return "made" end}))`, "made\n"},
		{`error(setmetatable({}, {__tostring = function() error "again" end}))`, "(error object is a table value)\n"},
		{"local x\nx.y = 1", "test.lua:2: attempt to index local 'x' (a nil value)"},
	} {
		if _, err := newVM(t).run(t, test.source); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: error %q, want prefix %q", test.source, err, test.want)
		}
	}
	_, err := newVM(t).run(t, "local function f()\n  error 'deep'\nend\nf()")
	if err == nil || !strings.Contains(err.Error(), "test.lua:2: in function 'f'") {
		t.Errorf("error %v, want a traceback with test.lua:2:", err)
	}
}

func TestTracebackNamesTheCallback(t *testing.T) {
	m := newVM(t)
	const lines = "test.lua:2: boom\nstack traceback:\n\t[C]: in function 'error'\n\ttest.lua:2: in "
	if _, err := m.run(t, "\nerror 'boom'"); err == nil || err.Error() != lines+"main chunk" {
		t.Errorf("error %q, want the main chunk named", err)
	}
	m.wantOutput(t, "function callback()\nerror 'boom' end", "")
	m.Push(m.GetGlobal("callback"))
	if err := lualib.Call(m.LState, 0); err == nil || err.Error() != lines+"function <test.lua:1>" {
		t.Errorf("error %q, want function <test.lua:1> named", err)
	}
}

func TestDeepRecursion(t *testing.T) {
	m := newVM(t)
	m.wantOutput(t, `local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end print(f(15000))`, "15000\n")
	m.wantOutput(t, `local t = {} for i = 1, 2600 do t[i] = "x" end print(#table.concat(t), select("#", unpack(t)))`, "2600\t2600\n")
}

func TestLoad(t *testing.T) {
	m := newVM(t)
	m.wantOutput(t, "#!/usr/bin/env tidewire\nprint(1)", "1\n")
	m.wantOutput(t, "#!/usr/bin/env tidewire", "")
	m.wantOutput(t, "\xef\xbb\xbfprint(2)", "2\n")
	m.wantOutput(t, "", "")
	if _, err := m.run(t, "#!x\nerror 'line two'"); err == nil || !strings.HasPrefix(err.Error(), "test.lua:2: line two") {
		t.Errorf("error %v, want the shebang's line counted", err)
	}
	for source, want := range map[string]string{
		"x = = 1":          "test.lua:1: unexpected symbol near '='",
		"\n\nlocal 1":      "test.lua:3: '<name>' expected near '1'",
		"if true then\n":   "test.lua:2: 'end' expected (to close 'if' at line 1) near '<eof>'",
		"x = 'open":        "test.lua:1: unfinished string near '<eof>'",
		"break":            "test.lua:1: no loop to break",
		"goto nowhere\n\n": "test.lua:1: undefined label 'nowhere'",
	} {
		if err := lualib.Load(m.LState, []byte(source), "test.lua"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", source, err, want)
		}
	}
}
