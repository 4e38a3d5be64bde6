package host_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/inlet"
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/internal/modules/errorlog"
	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/internal/modules/host"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// outcome has the results of a script. Its lines are in stdout, each say(...) one with
// the milliseconds since the begin.
type outcome struct {
	loop.Result
	stdout, log string
	errors      int
}

// run runs source in fake time, to its end.
func run(t *testing.T, source string) outcome {
	t.Helper()
	return runOn(t, source, func() io.Reader { return nil })
}

// runOn is run with a standard input, which is made in the bubble.
func runOn(t *testing.T, source string, input func() io.Reader) (got outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var stdout, log bytes.Buffer
		s := lua.NewState(lua.Options{Tracebacks: true})
		defer s.Close()
		stdin := inlet.New(input())
		defer time.Sleep(time.Second) // a Read that is under way ends
		defer stdin.Close()
		if err := std.Open(s, std.Options{Stdin: stdin, Stdout: &stdout}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.NewModule("os"); err != nil {
			t.Fatal(err)
		}
		logger := slog.New(slog.NewTextHandler(&log, nil))
		reports := errorlog.New(logger)
		h := loop.New(loop.Options{FPS: 10})
		way := gate.New(s, gate.Limits{})
		if err := host.Open(s, h, host.Options{
			Logger: logger, Errors: reports, Call: way.Call, Exit: way.Exit, Echo: "ws://127.0.0.1:1/",
			Stdin: stdin, MaxLine: 1 << 20,
		}); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := s.SetGlobal("say", s.NewFunction("say", func(c *lua.Call) error {
			fmt.Fprintf(&stdout, "%d %s\n", time.Since(begin).Milliseconds(), c.String(1))
			return c.Return()
		})); err != nil {
			t.Fatal(err)
		}
		chunk, err := lua.Compile([]byte(source), "@test.lua")
		if err != nil {
			t.Fatal(err)
		}
		main, err := s.Load(chunk)
		if err != nil {
			t.Fatal(err)
		}
		got.Result = h.Run(func() error { return way.Call("", main) })
		reports.Flush()
		got.stdout, got.log, got.errors = stdout.String(), log.String(), reports.Count()
	})
	return got
}

// wantSaid runs source and wants these lines, no error and nothing logged.
func wantSaid(t *testing.T, source string, lines ...string) {
	t.Helper()
	got := run(t, source)
	if want := strings.Join(append(lines, ""), "\n"); got.stdout != want {
		t.Errorf("%s\nsays\n%swant\n%s", source, got.stdout, want)
	}
	if got.Err != nil || got.log != "" {
		t.Errorf("%s\nerror %v, log %s", source, got.Err, got.log)
	}
}

func TestTables(t *testing.T) {
	wantSaid(t, `print(host == cheat, host.echo)`, "true\tws://127.0.0.1:1/")
}

func TestTickCount(t *testing.T) {
	wantSaid(t, `
		local t = utility.GetTickCount()
		print(t > 1e11, t < 1e14, t % 1 == 0, tostring(t), t)
		host.After(1500.7, function() print(utility.GetTickCount() - t) end)`,
		"true\ttrue\ttrue\t946684800000\t946684800000", "1500")
}

func TestHandlersAndTimers(t *testing.T) {
	wantSaid(t, `
		local ticks, tick = 0
		tick = cheat.Register("onUpdate", function()
			ticks = ticks + 1
			say("tick " .. ticks)
			if ticks == 2 then cheat.Unregister(tick) end
		end)
		host.After(150, function() say "after" end)
		host.Unregister(host.After(10, function() say "cancelled" end))
		host.After(-5, function() say "negative" end)
		host.After("50", function() say "numeric string" end)
		local n, every = 0
		every = host.Every(120, function() n = n + 1 say "every" if n == 2 then host.Unregister(every) end end)
		host.Register("shutdown", function() say "shutdown" end)
		host.Unregister(every) -- which is not armed yet: the next one is
		n, every = 0, host.Every(120, function() n = n + 1 say "every" if n == 2 then host.Unregister(every) end end)
		local twice = host.After(20, function() say "twice cancelled" end)
		host.Unregister(twice) host.Unregister(twice)`,
		"0 negative", "50 numeric string", "100 tick 1", "120 every", "150 after", "200 tick 2", "240 every",
		"240 shutdown")
}

func TestTimeAndClock(t *testing.T) {
	wantSaid(t, `
		local time, clock = host.Time(), host.Clock()
		print(("%.3f"):format(time), clock)
		host.After(1500.25, function()
			print(("%.5f %.5f"):format(host.Time() - time, host.Clock() - clock))
		end)`,
		"946684800.000\t0", "1.50025 1.50025")
}

func TestEnding(t *testing.T) {
	wantSaid(t, `
		print(host.Ending())
		host.After(10, function() print(host.Ending()) pcall(host.Exit) end)
		host.Register("shutdown", function() print(host.Ending()) end)`, "false", "false", "true")
	wantSaid(t, `host.Register("shutdown", function() print(host.Ending()) end)`, "true")
}

// A timer whose handle was given to Unref is called as long as something else keeps the
// run alive.
func TestUnref(t *testing.T) {
	wantSaid(t, `
		local every = host.Every(10, function() say "every" end)
		host.Unref(every)
		host.After(35, function() say "after" end)`, "10 every", "20 every", "30 every", "35 after")
	wantSaid(t, `host.Unref(host.After(10, function() say "never" end))`)
	wantSaid(t, `
		local handle
		handle = host.After(10, function() host.Unref(handle) host.Unref(handle) say "once" end)
		local twice = host.After(20, print)
		host.Unref(twice) host.Unref(twice) host.Unregister(twice) host.Unref(twice)
		host.After(30, function() say "the last" end)`, "10 once", "30 the last")
	// Of handlers Unref changes nothing.
	wantSaid(t, `
		local n, tick = 0
		tick = host.Register("onUpdate", function() n = n + 1 if n == 2 then host.Unregister(tick) end end)
		host.Unref(tick)
		host.Unref(host.Register("shutdown", function() say "shutdown" end))`, "200 shutdown")
}

func TestHandlesAreOpaque(t *testing.T) {
	wantSaid(t, `
		local f = function() end
		local handles = { host.Register("shutdown", f), host.After(1, f), host.Every(1e12, f), host.Register("shutdown", f) }
		for i = 1, 4 do
			assert(type(handles[i]) == "userdata" and getmetatable(handles[i]) == nil)
			for j = i + 1, 4 do assert(handles[i] ~= handles[j]) end
		end
		host.Unregister(handles[3])
		local after after = host.After(2, function() host.Unregister(after) say "ran" end)`, "2 ran")
}

// The loop's functions are found by walks, so that finalizers and weak tables leave the
// values that they use alone. A function that will not be called again is dropped, and
// its charge with it.
func TestFunctionsAreKeptWhileTheyMayBeCalled(t *testing.T) {
	wantSaid(t, `
		local weak = setmetatable({}, {__mode = "v"})
		local function add(name, register, ...)
			weak[name] = function() say(name) end
			local arguments = {...}
			arguments[#arguments + 1] = weak[name]
			return register(unpack(arguments))
		end
		add("after", host.After, 50)
		local every = add("every", host.Every, 30)
		local tick = add("tick", host.Register, "onUpdate")
		add("shutdown", host.Register, "shutdown")
		local function names()
			collectgarbage() collectgarbage()
			local text = ""
			for _, name in ipairs {"after", "every", "tick", "shutdown"} do
				if weak[name] then text = text .. " " .. name end
			end
			return text
		end
		host.After(40, function() say(names()) end)
		host.After(70, function() say(names()) host.Unregister(every) say(names()) end)
		host.After(110, function() host.Unregister(tick) say(names()) end)`,
		"30 every", "40  after every tick shutdown", "50 after", "60 every", "70  every tick shutdown",
		"70  tick shutdown",
		"100 tick", "110  shutdown", "110 shutdown")
}

// Timers take memory of the script's, also while only the loop knows them.
func TestTimersAreCharged(t *testing.T) {
	wantSaid(t, `
		local function f() end
		local before = collectgarbage("count")
		local handles = {}
		for i = 1, 1000 do handles[i] = host.Every(1000, f) end
		handles = nil
		collectgarbage()
		print(collectgarbage("count") - before > 200)
		host.Register("shutdown", function() end)
		host.Exit()`, "true")
	wantSaid(t, `
		local before = collectgarbage("count")
		local function count() collectgarbage() return collectgarbage("count") - before end
		local n = 0
		for i = 1, 1000 do host.After(i % 10, function() n = n + 1 end) end
		local many = count()
		host.After(11, function() print(n, many > 200, count() < 100) end)`, "1000\ttrue\ttrue")
}

func TestArgumentErrors(t *testing.T) {
	for call, want := range map[string]string{
		`pcall(host.Register)`:                 `bad argument #1 to '?' (string expected, got no value)`,
		`pcall(host.Register, "onUpdate")`:     `bad argument #2 to '?' (function expected, got no value)`,
		`pcall(host.Register, "onUpdate", {})`: `bad argument #2 to '?' (function expected, got table)`,
		`pcall(host.After, nil)`:               `bad argument #1 to '?' (number expected, got nil)`,
		`pcall(host.After, 1)`:                 `bad argument #2 to '?' (function expected, got no value)`,
		`pcall(host.After, 0/0, print)`: `bad argument #1 to '?' (at most 1e12 milliseconds ` +
			`expected, got nan)`,
		`pcall(host.Every, 1/0, print)`: `bad argument #1 to '?' (at most 1e12 milliseconds ` +
			`expected, got inf)`,
		`pcall(host.After, 1e13, print)`: `bad argument #1 to '?' (at most 1e12 milliseconds ` +
			`expected, got 10000000000000)`,
		`pcall(host.Unregister)`:             `bad argument #1 to '?' (handle expected, got no value)`,
		`pcall(host.Unregister, 1)`:          `bad argument #1 to '?' (handle expected, got number)`,
		`pcall(host.Unregister, newproxy())`: `bad argument #1 to '?' (handle expected, got userdata)`,
		`pcall(host.Unref)`:                  `bad argument #1 to '?' (handle expected, got no value)`,
		`pcall(host.Unref, 1)`:               `bad argument #1 to '?' (handle expected, got number)`,
		`pcall(host.Exit, 256)`:              `bad argument #1 to '?' (0 to 255 expected, got 256)`,
		`pcall(host.Exit, -1)`:               `bad argument #1 to '?' (0 to 255 expected, got -1)`,
		`pcall(host.Exit, 1.5)`:              `bad argument #1 to '?' (0 to 255 expected, got 1.5)`,
		`pcall(host.Exit, {})`:               `bad argument #1 to '?' (number expected, got table)`,
		`pcall(os.exit, {})`:                 `bad argument #1 to '?' (number expected, got table)`,
		`pcall(function() host.After("x") return 1 end)`: `test.lua:1: bad argument #1 to 'After' (number expected, ` +
			`got string)`,
	} {
		wantSaid(t, "print("+call+")", "false\t"+want)
	}
}

func TestUnknownEventWarnsOnceAndNeverFires(t *testing.T) {
	got := run(t, `
		for i = 1, 3 do print(type(host.Register("onupdate", function() say "never" end))) end
		host.Register("OnShutdown", function() say "never" end)`)
	if got.stdout != "userdata\nuserdata\nuserdata\n" {
		t.Errorf("said %q", got.stdout)
	}
	if strings.Count(got.log, "\n") != 2 ||
		!strings.Contains(got.log, `did you mean \"onUpdate\"?" event=onupdate at=test.lua:2`) {
		t.Errorf("logged %s", got.log)
	}
}

func TestHandlerThatRaisesStays(t *testing.T) {
	got := run(t, `
		local n = 0
		host.Register("onUpdate", function()
			n = n + 1
			if n == 5 then host.Exit() end
			error "boom"
		end)
		host.After(1, function() error "timer" end)
		host.After(2, function() coroutine.yield() end)
		host.Register("shutdown", function() local x = nil; x() end)
		host.Register("shutdown", function() say "the next one runs" end)`)
	if got.stdout != "500 the next one runs\n" || got.errors != 4+3 {
		t.Errorf("said %q, %d errors, log %s", got.stdout, got.errors, got.log)
	}
	for _, want := range []string{
		`"onUpdate: test.lua:6: boom\nstack traceback:\n`, `(and 3 more like it)`, `"timer: test.lua:8: timer\nstack`,
		`attempt to yield across C-call boundary`, `"shutdown: test.lua:10: `, `test.lua:10: in`,
	} {
		if !strings.Contains(got.log, want) {
			t.Errorf("the log lacks %s:\n%s", want, got.log)
		}
	}
}

func TestExit(t *testing.T) {
	for source, code := range map[string]int{
		`host.Exit(255)`:      255,
		`host.Exit("7")`:      7,
		`os.exit()`:           0,
		`os.exit(true)`:       0,
		`os.exit(false)`:      1,
		`os.exit(nil)`:        0,
		`os.exit(3, true)`:    3,
		`os.exit(-1)`:         255,
		`pcall(host.Exit, 4)`: 4,
		`coroutine.wrap(function() pcall(os.exit, 5) end)()`:                                                5,
		`host.Register("onUpdate", function() pcall(host.Exit, 6) say "never" end) if true then return end`: 6,
		`host.Register("onUpdate", function() host.Exit(8) end) host.Register("onUpdate", function() say ` +
			`"never" end) ` +
			`if true then return end`: 8,
		`host.Register("shutdown", function() pcall(host.Exit, 9) say "never" end) host.Register("shutdown", ` +
			`function() host.Exit(10) end) if true then return end`: 9,
	} {
		got := run(t, source+` say "never"`)
		if got.stdout != "" || got.Err != nil || got.log != "" || got.Code != code || !got.Decided {
			t.Errorf("%s: said %q, result %+v, log %s, want code %d", source, got.stdout, got.Result, got.log, code)
		}
	}
}

// host.Exit without a code leaves it to the host; a later one, in the ending, decides.
func TestExitWithoutACode(t *testing.T) {
	for source, want := range map[string]loop.Result{
		`host.Exit()`:             {Asked: true},
		`host.Exit(nil)`:          {Asked: true},
		`pcall(host.Exit)`:        {Asked: true},
		`host.Exit(nil, 7)`:       {Asked: true},
		`if true then return end`: {},
		`host.After(0, host.Exit) if true then return end`:                   {Asked: true},
		`host.Register("shutdown", function() host.Exit(9) end) host.Exit()`: {Code: 9, Decided: true, Asked: true},
	} {
		if got := run(t, source+` say "never"`); got.stdout != "" || got.log != "" || got.Result != want {
			t.Errorf("%s: said %q, log %s, result %+v, want %+v", source, got.stdout, got.log, got.Result, want)
		}
	}
}

func TestCoroutineGoesOnAfterAnExit(t *testing.T) {
	wantSaid(t, `
		local co = coroutine.create(function() say "one" coroutine.yield() say "two" end)
		host.Register("shutdown", function() print(coroutine.resume(co)) end)
		coroutine.resume(co)
		host.Exit()`, "0 one", "0 two", "true")
}

// A host that gives no options runs handlers all the same, and sees host.Exit as the end
// of its own call.
func TestZeroOptions(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	ran := 0
	if err := s.SetGlobal("ran", s.NewFunction("ran", func(*lua.Call) error { ran++; return nil })); err != nil {
		t.Fatal(err)
	}
	h := loop.New(loop.Options{})
	if err := host.Open(s, h, host.Options{}); err != nil {
		t.Fatal(err)
	}
	result := h.Run(func() error {
		_, err := s.Run([]byte(`host.After(0, function() ran() ran.x = 1 end) host.After(1, function() ran() `+
			`host.Exit(3) ran() end)`), "=test")
		return err
	})
	if result.Code != 3 || result.Err != nil || ran != 2 {
		t.Errorf("%+v, ran %d times", result, ran)
	}
	_, err := s.Run([]byte(`host.Exit(4)`), "=test")
	var e *lua.Error
	if !errors.As(err, &e) || e.Kind != lua.KindUnwind {
		t.Errorf("host.Exit gave %v", err)
	}
}
