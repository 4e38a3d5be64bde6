package gate_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/lua"
)

// vm is a state with a Gate, whose script can call exit, as host.Exit does.
type vm struct {
	*lua.State
	gate    *gate.Gate
	printed []string
}

func newVM(t *testing.T, opts lua.Options, limits gate.Limits) *vm {
	t.Helper()
	opts.Tracebacks = true
	m := &vm{State: lua.NewState(opts)}
	t.Cleanup(m.Close)
	m.gate = gate.New(m.State, limits)
	functions := []lua.Func{
		{Name: "exit", Call: func(*lua.Call) error { return m.gate.Exit() }},
		{Name: "print", Call: func(c *lua.Call) error {
			text, _ := lua.ToText(c.Arg(1))
			m.printed = append(m.printed, text)
			return c.Return()
		}},
		{Name: "error", Call: func(c *lua.Call) error {
			if text, isText := c.Arg(1).AsString(); isText {
				return c.Errorf("%s", text)
			}
			return m.Raise(c.Arg(1))
		}},
		{Name: "setmetatable", Call: func(c *lua.Call) error {
			c.Table(1).SetMetatable(c.Table(2))
			return c.ReturnArgs(1)
		}},
		{Name: "nested", Call: func(c *lua.Call) error { return m.gate.Call("", c.Function(1)) }},
		{Name: "panic", Call: func(*lua.Call) error { panic("boom") }},
		{Name: "create", Call: func(c *lua.Call) error {
			th, err := m.NewThread(c.Function(1))
			if err != nil {
				return err
			}
			return c.Return(th.Value())
		}},
	}
	if err := m.SetFuncs(m.Globals(), functions...); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]lua.Primitive{"pcall": lua.PCall, "xpcall": lua.XPCall, "resume": lua.Resume,
		"yield": lua.Yield} {
		if err := m.SetGlobal(name, m.Primitive(p)); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// function compiles source, as where.lua.
func (m *vm) function(t *testing.T, source string) lua.Value {
	t.Helper()
	chunk, err := lua.Compile([]byte(source), "@test.lua")
	if err != nil {
		t.Fatal(err)
	}
	f, err := m.Load(chunk)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// run runs source through Call and returns its output.
func (m *vm) run(t *testing.T, source string) (string, error) {
	t.Helper()
	m.printed = nil
	err := m.gate.Call("", m.function(t, source))
	return strings.Join(m.printed, " "), err
}

func (m *vm) wantOutput(t *testing.T, source, want string) {
	t.Helper()
	if got, err := m.run(t, source); got != want || err != nil {
		t.Errorf("%s\nprints %q, error %v, want %q", source, got, err, want)
	}
}

func TestExitIsUncatchable(t *testing.T) {
	for _, source := range []string{
		`exit()`, `pcall(exit)`, `pcall(function() exit() end)`, `pcall(pcall, pcall, function() pcall(exit) end)`,
		`xpcall(exit, print)`, `while true do pcall(exit) end`, `resume(create(exit))`, `pcall(nested, exit)`,
		`resume(create(function() pcall(function() pcall(exit) end) end))`,
		`local t = setmetatable({}, {__index = function() pcall(exit) end}) local _ = t.x`,
	} {
		m := newVM(t, lua.Options{}, gate.Limits{})
		m.wantOutput(t, `print "before" `+source+` print "after"`, "before")
		m.wantOutput(t, `print(1)`, "1")
	}
}

func TestCoroutineSurvivesAnExitElsewhere(t *testing.T) {
	m := newVM(t, lua.Options{}, gate.Limits{})
	m.wantOutput(t, `made = create(function() print "one" yield() print "two" end) resume(made)`, "one")
	m.wantOutput(t, `pcall(exit) print "after"`, "")
	m.wantOutput(t, `resume(made) print "end"`, "two end")
}

func TestStopUnwindsWhatRunsAndNamesTheLine(t *testing.T) {
	m := newVM(t, lua.Options{}, gate.Limits{})
	running := make(chan struct{})
	started := m.NewFunction("started", func(*lua.Call) error { close(running); return nil })
	if err := m.SetGlobal("started", started); err != nil {
		t.Fatal(err)
	}
	reason := errors.New("interrupted: the grace is over")
	go func() {
		<-running
		m.gate.Stop(reason)
	}()
	_, err := m.run(t, "started()\nlocal function spin()\n  while true do pcall(error) end\nend\nspin()")
	if !errors.Is(err, reason) || !strings.HasPrefix(err.Error(), "interrupted: the grace is over\nstack traceback:") ||
		!strings.Contains(err.Error(), "test.lua:3:") {
		t.Errorf("error %v, want the reason and a traceback with test.lua:3:", err)
	}
	m.wantOutput(t, `for i = 1, 30000 do end print "next"`, "next")
}

func TestStopOfAnIdleStateDoesNothing(t *testing.T) {
	m := newVM(t, lua.Options{}, gate.Limits{})
	m.gate.Stop(errors.New("too early"))
	m.wantOutput(t, `for i = 1, 30000 do end print "runs"`, "runs")
}

// A stopped call that ends by itself first has no error, and the next call runs.
func TestStopThatComesTooLate(t *testing.T) {
	m := newVM(t, lua.Options{}, gate.Limits{})
	stop := m.NewFunction("stop", func(*lua.Call) error { m.gate.Stop(errors.New("late")); return nil })
	if err := m.SetGlobal("stop", stop); err != nil {
		t.Fatal(err)
	}
	m.wantOutput(t, `stop()`, "")
	m.wantOutput(t, `for i = 1, 30000 do end print "runs"`, "runs")
}

func TestKillLetsNothingBegin(t *testing.T) {
	m := newVM(t, lua.Options{}, gate.Limits{})
	reason := errors.New("cut")
	kill := m.NewFunction("kill", func(*lua.Call) error { go m.gate.Kill(reason); return nil })
	if err := m.SetGlobal("kill", kill); err != nil {
		t.Fatal(err)
	}
	if _, err := m.run(t, `kill() while true do end`); !errors.Is(err, reason) ||
		!strings.HasPrefix(err.Error(), "cut\n") {
		t.Errorf("error %v, want cut", err)
	}
	m.wantOutput(t, `print "never"`, "")
}

// The reason of the first is the cause, also if the code has not noticed it yet.
func TestKillAfterStop(t *testing.T) {
	m := newVM(t, lua.Options{}, gate.Limits{})
	first := errors.New("stopped first")
	end := m.NewFunction("finish", func(*lua.Call) error {
		m.gate.Stop(first)
		m.gate.Kill(errors.New("killed later"))
		return nil
	})
	if err := m.SetGlobal("finish", end); err != nil {
		t.Fatal(err)
	}
	if _, err := m.run(t, `finish() while true do end`); !errors.Is(err, first) {
		t.Errorf("error %v, want the first", err)
	}
	m.wantOutput(t, `print "never"`, "")
}

func TestClosedState(t *testing.T) {
	m := newVM(t, lua.Options{}, gate.Limits{})
	f := m.function(t, `print "never"`)
	m.Close()
	if err := m.gate.Call("", f); err != nil || m.printed != nil {
		t.Errorf("error %v, printed %q", err, m.printed)
	}
}

func TestErrorText(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{`error "boom"`, "test.lua:1: boom\nstack traceback:\n"},
		{`error({})`, "(error object is a table value)\nstack traceback:\n"},
		{`error(nil)`, "(error object is a nil value)\n"},
		{`error(42)`, "42\n"},
		{`error(setmetatable({}, {__tostring = function() return "made" end}))`, "made\nstack traceback:\n"},
		{`error(setmetatable({}, {__tostring = function() error "again" end}))`, "(error object is a table value)\n"},
		{`error(setmetatable({}, {__tostring = function() return {} end}))`, "(error object is a table value)\n"},
		{"local x\nx.y = 1", "test.lua:2: attempt to index local 'x' (a nil value)\nstack traceback:\n\ttest.lua:2: " +
			"in main chunk"},
		{"yield()", "test.lua:1: attempt to yield across C-call boundary\nstack traceback:\n"},
		{"pcall(panic)", "panic in a Go function: boom\n"},
	} {
		_, err := newVM(t, lua.Options{}, gate.Limits{}).run(t, test.source)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: error %q, want prefix %q", test.source, err, test.want)
		}
		var raised *lua.Error
		if !errors.As(err, &raised) {
			t.Errorf("%s: the *lua.Error is not in %v", test.source, err)
		}
	}
	_, err := newVM(t, lua.Options{}, gate.Limits{}).run(t, `panic()`)
	if err == nil || !strings.Contains(err.Error(), "gate_test.go:") {
		t.Errorf("%v lacks Go's stack", err)
	}
}

func TestCallTimeIsUncatchableAndNamesTheCallback(t *testing.T) {
	var exceeded []error
	m := newVM(t, lua.Options{}, gate.Limits{
		CallTime: 500 * time.Millisecond, // enough for short calls on a machine that does much else
		Exceeded: func(err error) { exceeded = append(exceeded, err) },
	})
	stop := m.gate.Watch()
	m.wantOutput(t, `f = function() while true do pcall(function() while true do end end) end end`, "")
	err := m.gate.Call("onMessage", m.Global("f"))
	want := "onMessage (test.lua:1) was stopped: it ran for more than 500ms, the limit of CallTime\nstack traceback:\n"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	m.wantOutput(t, `for i = 1, 30000 do end print "next"`, "next")
	stop()
	if len(exceeded) != 1 {
		t.Errorf("Exceeded was called with %v", exceeded)
	}
}

// A hundred short calls in a row are a hundred calls, not a long one; and the watch wakes
// up again after it has slept.
func TestCallTimeIsOfOneCall(t *testing.T) {
	m := newVM(t, lua.Options{}, gate.Limits{CallTime: time.Second})
	defer m.gate.Watch()()
	short := m.function(t, `local x = 0 for i = 1, 100 do x = x + i end`)
	for begin := time.Now(); time.Since(begin) < 1500*time.Millisecond; {
		if err := m.gate.Call("", short); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(700 * time.Millisecond) // real time: the watch is to go to sleep, and looks at the process's clock
	if _, err := m.run(t, `while true do end`); err == nil ||
		!strings.HasPrefix(err.Error(), "the main chunk (test.lua) was stopped: ") {
		t.Errorf("after the watch had slept: %v", err)
	}
}

// A call that is over its time is an error also if it ends by itself, or by Exit, before it
// notices: Exceeded was called, and nobody else knows why.
func TestCallTimeOfACallThatEnds(t *testing.T) {
	for _, source := range []string{`hang()`, `hang() exit()`} {
		exceeded := make(chan struct{})
		m := newVM(t, lua.Options{}, gate.Limits{
			CallTime: 5 * time.Millisecond,
			Exceeded: func(error) { close(exceeded) },
		})
		hang := m.NewFunction("hang", func(*lua.Call) error { <-exceeded; return nil })
		if err := m.SetGlobal("hang", hang); err != nil {
			t.Fatal(err)
		}
		f := m.function(t, source)
		stop := m.gate.Watch()
		err := m.gate.Call("", f)
		stop()
		if err == nil || !strings.HasPrefix(err.Error(), "the main chunk (test.lua) was stopped: it ran for more than 5ms") {
			t.Errorf("%s: %v", source, err)
		}
		m.wantOutput(t, `for i = 1, 30000 do end print "next"`, "next")
	}
}

// A renewed call has the whole time once more, under its new name.
func TestRenew(t *testing.T) {
	m := newVM(t, lua.Options{}, gate.Limits{CallTime: time.Second})
	defer m.gate.Watch()()
	renew := m.NewFunction("renew", func(*lua.Call) error { m.gate.Renew("the next piece"); return nil })
	if err := m.SetGlobal("renew", renew); err != nil {
		t.Fatal(err)
	}
	pieces := 0
	busy := m.NewFunction("busy", func(*lua.Call) error {
		for begin := time.Now(); time.Since(begin) < 200*time.Millisecond; { // real time: the watch has the process's clock
		}
		pieces++
		return nil
	})
	if err := m.SetGlobal("busy", busy); err != nil {
		t.Fatal(err)
	}
	_, err := m.run(t, `for i = 1, 8 do renew() busy() end while true do end`)
	if err == nil || !strings.HasPrefix(err.Error(), "the next piece was stopped: it ran for more than 1s") ||
		pieces != 8 {
		t.Errorf("after %d pieces: %v", pieces, err)
	}
}

func TestStuckNamesWhatCannotBeInterrupted(t *testing.T) {
	release := make(chan struct{})
	m := newVM(t, lua.Options{}, gate.Limits{CallTime: 10 * time.Millisecond, Stuck: func(err error) {
		if !strings.HasPrefix(err.Error(), "timer (test.lua:1) was stopped") ||
			!strings.Contains(err.Error(), "inside one call of a library") {
			t.Errorf("%v", err)
		}
		close(release)
	}})
	hang := m.NewFunction("hang", func(*lua.Call) error { <-release; return nil })
	if err := m.SetGlobal("hang", hang); err != nil {
		t.Fatal(err)
	}
	m.wantOutput(t, `f = function() hang() for i = 1, 30000 do end end`, "")
	defer m.gate.Watch()() // from here on, for the line above may take longer than CallTime
	begin := time.Now()
	if err := m.gate.Call("timer", m.Global("f")); err == nil {
		t.Error("no error")
	}
	if waited := time.Since(begin); waited < 2*time.Second {
		t.Errorf("Stuck came after %v", waited)
	}
}

// Memory that is used up once is an ordinary error; again and again, it ends the run.
func TestExhaustedMemory(t *testing.T) {
	var exceeded []error
	m := newVM(t, lua.Options{MaxMemory: 4 << 20},
		gate.Limits{Exceeded: func(err error) { exceeded = append(exceeded, err) }})
	_, err := m.run(t, `local t = {} for i = 1, 1e9 do t[i] = {} end`)
	if err == nil || !strings.HasPrefix(err.Error(), "not enough memory") || len(exceeded) != 0 {
		t.Errorf("error %v, Exceeded was called with %v", err, exceeded)
	}
	_, err = m.run(t, `local t while true do pcall(function() while true do t = {t} end end) end`)
	if !errors.Is(err, lua.ErrExhausted) || len(exceeded) != 1 {
		t.Errorf("error %v, Exceeded was called with %v", err, exceeded)
	}
	m.wantOutput(t, `print "still there"`, "still there")
}
