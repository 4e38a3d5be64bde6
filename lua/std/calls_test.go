package std_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/lua"
)

// A function of Go that unwinds ends the whole call, whatever the script has put around
// it, and the state goes on.
func TestExitIsUncatchable(t *testing.T) {
	for name, source := range map[string]string{
		"plain":              `exit()`,
		"pcall":              `pcall(exit)`,
		"pcall of a closure": `pcall(function() exit() end)`,
		"nested pcall":       `pcall(pcall, pcall, function() pcall(exit) end)`,
		"xpcall":             `xpcall(function() exit() end, function(e) print("handler", e) end)`,
		"a handler":          `xpcall(error, function() exit() end)`,
		"pcall in a loop":    `while true do pcall(exit) end`,
		"coroutine":          `coroutine.resume(coroutine.create(function() exit() end))`,
		"wrap":               `coroutine.wrap(function() pcall(exit) end)()`,
		"pcall of wrap":      `pcall(coroutine.wrap(function() exit() end))`,
		"nested coroutines":  `coroutine.wrap(function() pcall(coroutine.wrap(function() pcall(exit) end)) end)()`,
		"metamethod":         `local t = setmetatable({}, {__index = function() pcall(exit) end}); local _ = t.x`,
		"sort":               `table.sort({3, 2, 1}, function() pcall(exit) return true end)`,
		"gsub":               `string.gsub("abc", ".", function() pcall(exit) end)`,
		"load":               `load(function() pcall(exit) end)`,
		"tostring":           `print(setmetatable({}, {__tostring = function() pcall(exit) end}))`,
		"require":            `package.preload.x = function() pcall(exit) end pcall(require, "x")`,
		"tail call":          `do return exit() end`,
		"iterator":           `for _ in function() return pcall(exit) end do end`,
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			got, err := m.run("print 'before' " + source + " print 'after'")
			var raised *lua.Error
			if got != "before\n" || !errors.Is(err, errExit) || !errors.As(err, &raised) ||
				raised.Kind != lua.KindUnwind {
				t.Errorf("prints %q, error %v", got, err)
			}
			m.wantOutput(t, `print(pcall(function() return "usable" end))`, "true\tusable\n")
		})
	}
}

func TestCoroutineSurvivesAnExitElsewhere(t *testing.T) {
	m := newMachine(t)
	m.wantOutput(t, `
		made = coroutine.create(function() print "one" coroutine.yield() print "two" end)
		wrapped = coroutine.wrap(function() print "un" coroutine.yield() print "deux" end)
		coroutine.resume(made) wrapped()`, "one\nun\n")
	if _, err := m.run(`gone = coroutine.create(function() exit() end) coroutine.resume(gone)`); !errors.Is(err,
		errExit) {
		t.Fatal(err)
	}
	m.wantOutput(t, `print(coroutine.resume(made)) wrapped() print(coroutine.status(gone), coroutine.resume(gone))`,
		"two\ntrue\ndeux\ndead\tfalse\tcannot resume dead coroutine\n")
}

func TestErrorInWrappedCoroutineLeavesTheStateSound(t *testing.T) {
	m := newMachine(t)
	_, err := m.run(`coroutine.wrap(function() thread = coroutine.running() error "boom" end)()`)
	if err == nil || err.Error() != "test.lua:1: test.lua:1: boom" {
		t.Errorf("error %v, want test.lua:1: boom after the position of the call", err)
	}
	m.wantOutput(t, `print(coroutine.running(), coroutine.status(thread))`, "nil\tdead\n")
}

func TestInterruptUnwindsWhatRunsAndNamesTheLine(t *testing.T) {
	m := newMachine(t)
	cause := errors.New("the grace is over")
	running := make(chan struct{})
	started := m.NewFunction("started", func(*lua.Call) error { close(running); return nil })
	if err := m.SetGlobal("started", started); err != nil {
		t.Fatal(err)
	}
	go func() {
		<-running
		m.Interrupt(cause)
	}()
	_, err := m.run("started()\nlocal function spin()\n  while true do pcall(error) end\nend\nspin()")
	if !errors.Is(err, cause) || !strings.Contains(described(err), "test.lua:3: in function 'spin'") {
		t.Errorf("error %v, want the cause and a traceback with test.lua:3:", described(err))
	}
	if _, err := m.run(`print "never"`); !errors.Is(err, cause) {
		t.Errorf("error %v, want the interrupt, which stays", err)
	}
	m.ClearInterrupt()
	m.wantOutput(t, `print "next"`, "next\n")
}

// Only time bounds these scripts. None of them catches the error, and each ends within a
// part of a second.
func TestDeadlineEndsWhatDoesNotEnd(t *testing.T) {
	for name, source := range map[string]string{
		"pcall in a loop": `while true do pcall(function() while true do end end) end`,
		"error handler": `while true do xpcall(function() while true do end end, function() while true do end ` +
			`end) end`,
		"coroutine bomb":     `while true do coroutine.wrap(function() coroutine.yield() end)() end`,
		"hostile __tostring": `print(setmetatable({}, {__tostring = function() while true do end end}))`,
		"endless __tostring": `local t = setmetatable({}, {}) getmetatable(t).__tostring = function(t) return ` +
			`tostring(t) end print(t)`,
		"collectgarbage":       `while true do collectgarbage() end`,
		"iterator":             `for _ in function() return 1 end do end`,
		"comparison":           `table.sort({1, 2, 3}, function() while true do end end)`,
		"gsub with a function": `("x"):gsub(".", function() while true do end end)`,
		"load with a function": `pcall(load, function() return " " end)  while true do pcall(load, "x = ") end`,
		"require in a loop":    `while true do pcall(require, "nothing") end`,
		"pattern": `local s = ("a"):rep(3000) while true do pcall(string.find, s, (".-"):rep(12) ` +
			`.. "b") end`,
		"goto": `::again:: goto again`,
		"dump in a loop": `local f = loadstring("--" .. ("x"):rep(1e6)) while true do pcall(loadstring, ` +
			`string.dump(f)) end`,
		"tail calls":       `local function f() return f() end f()`,
		"tail calls of Go": `local function f() return pcall(f) end while true do f() end`,
		"traceback in a loop": `local function f(n) if n > 0 then f(n - 1) end while true do debug.traceback() end ` +
			`end f(1000)`,
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			begun := time.Now()
			m.SetDeadline(begun.Add(30 * time.Millisecond))
			_, err := m.run(source)
			if !errors.Is(err, lua.ErrDeadline) {
				t.Errorf("error %v, want the deadline", err)
			}
			if took := time.Since(begun); took > 5*time.Second { // of a machine that does much else
				t.Errorf("ended after %v", took)
			}
		})
	}
}

func TestErrorObjectsReachTheHost(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`error "boom"`, "test.lua:1: boom\nstack traceback:\n\t[C]: in function 'error'\n\ttest.lua:1: in main chunk"},
		{`error("bare", 0)`, "bare\nstack traceback:\n\t[C]: in function 'error'\n\ttest.lua:1: in main chunk"},
		{`error({})`, "(error object is a table value)\nstack"},
		{`error(nil)`, "(error object is a nil value)\nstack"},
		{`error(42)`, "test.lua:1: 42\nstack"},
		{"local x\nx.y = 1", "test.lua:2: attempt to index local 'x' (a nil value)\nstack"},
		{"local function f()\n  error 'deep'\nend\nf()", "test.lua:2: deep\nstack traceback:\n\t[C]: in function " +
			"'error'\n\ttest.lua:2: in function 'f'\n\ttest.lua:4:"},
	} {
		if _, err := newMachine(t).run(c.source); err == nil || !strings.HasPrefix(described(err), c.want) {
			t.Errorf("%s: error %q, want prefix %q", c.source, described(err), c.want)
		}
	}
}

func TestDeepRecursion(t *testing.T) {
	m := newMachine(t)
	m.wantOutput(t, `local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end `+
		`print(f(15000))`, "15000\n")
	m.wantOutput(t, `local t = {} for i = 1, 2600 do t[i] = "x" end print(#table.concat(t), select("#", `+
		`unpack(t)))`, "2600\t2600\n")
}

func TestSourceOfTheHost(t *testing.T) {
	m := newMachine(t)
	m.wantOutput(t, "#!/usr/bin/env tidewire\nprint(1)", "1\n")
	m.wantOutput(t, "#!/usr/bin/env tidewire", "")
	m.wantOutput(t, "\xef\xbb\xbfprint(2)", "2\n")
	m.wantOutput(t, "", "")
	for source, want := range map[string]string{
		"#!x\nerror 'two'": "test.lua:2: two",
		"x = = 1":          "test.lua:1: unexpected symbol near '='",
		"\n\nlocal 1":      "test.lua:3: '<name>' expected near '1'",
		"if true then\n":   "test.lua:2: 'end' expected (to close 'if' at line 1) near '<eof>'",
		"x = 'open":        "test.lua:1: unfinished string near '<eof>'",
		"break":            "test.lua:1: no loop to break",
		"goto nowhere\n\n": "test.lua:1: undefined label 'nowhere'",
	} {
		if _, err := m.run(source); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", source, err, want)
		}
	}
}
