package luahost_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/host"
	"github.com/tidewire/tidewire/luahost"
	"github.com/tidewire/tidewire/lualib"
)

// outcome is what a script did. Its lines are in stdout, each say(...) one with the milliseconds since the begin.
type outcome struct {
	host.Result
	stdout, log string
	errors      int
}

// run runs source in fake time, to its end.
func run(t *testing.T, source string) (got outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var stdout, log bytes.Buffer
		out := lualib.NewStdout(&stdout, false)
		L := lualib.NewState(out)
		defer L.Close()
		logger := slog.New(slog.NewTextHandler(&log, nil))
		errors := lualib.NewErrorLog(logger)
		h := host.New(host.Options{FPS: 10})
		luahost.Open(L, h, luahost.Options{Logger: logger, Errors: errors, Echo: "ws://127.0.0.1:1/"})
		begin := time.Now()
		L.SetGlobal("say", L.NewFunction(func(L *lua.LState) int {
			fmt.Fprintf(&stdout, "%d %s\n", time.Since(begin).Milliseconds(), L.ToString(1))
			return 0
		}))
		if err := lualib.Load(L, []byte(source), "test.lua"); err != nil {
			t.Fatal(err)
		}
		got.Result = h.Run(func() error { return lualib.Call(L, 0) })
		errors.Flush()
		out.Flush()
		got.stdout, got.log, got.errors = stdout.String(), log.String(), errors.Count()
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
		print(t > 1e11, t < 1e14, t == math.floor(t), not tostring(t):find("e"), t)
		host.After(1500.7, function() print(utility.GetTickCount() - t) end)`,
		"true\ttrue\ttrue\ttrue\t946684800000", "1500")
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
		for _, unknown in ipairs { 0, -1, 1.5, 99, 2^53, math.huge, 0/0 } do host.Unregister(unknown) end`,
		"0 negative", "50 numeric string", "100 tick 1", "120 every", "150 after", "200 tick 2", "240 every", "240 shutdown")
}

func TestHandlesAreNumbersAndNeverReused(t *testing.T) {
	wantSaid(t, `
		local f = function() end
		local handles = { host.Register("shutdown", f), host.After(1, f), host.Every(1e12, f) }
		host.Unregister(handles[3])
		handles[4] = host.Register("shutdown", f)
		print(unpack(handles))`, "1\t2\t3\t4")
}

func TestArgumentErrors(t *testing.T) {
	for call, want := range map[string]string{
		`pcall(host.Register)`:                           `bad argument #1 to '?' (string expected, got no value)`,
		`pcall(host.Register, "onUpdate")`:               `bad argument #2 to '?' (function expected, got no value)`,
		`pcall(host.Register, "onUpdate", {})`:           `bad argument #2 to '?' (function expected, got table)`,
		`pcall(host.After, nil)`:                         `bad argument #1 to '?' (number expected, got nil)`,
		`pcall(host.After, 1)`:                           `bad argument #2 to '?' (function expected, got no value)`,
		`pcall(host.After, 0/0, print)`:                  `bad argument #1 to '?' (at most 1e12 milliseconds expected, got nan)`,
		`pcall(host.Every, 1/0, print)`:                  `bad argument #1 to '?' (at most 1e12 milliseconds expected, got inf)`,
		`pcall(host.After, 1e13, print)`:                 `bad argument #1 to '?' (at most 1e12 milliseconds expected, got 10000000000000)`,
		`pcall(host.Unregister)`:                         `bad argument #1 to '?' (number expected, got no value)`,
		`pcall(host.Exit, 256)`:                          `bad argument #1 to '?' (0 to 255 expected, got 256)`,
		`pcall(host.Exit, -1)`:                           `bad argument #1 to '?' (0 to 255 expected, got -1)`,
		`pcall(host.Exit, 1.5)`:                          `bad argument #1 to '?' (0 to 255 expected, got 1.5)`,
		`pcall(host.Exit, {})`:                           `bad argument #1 to '?' (number expected, got table)`,
		`pcall(os.exit, {})`:                             `bad argument #1 to '?' (number expected, got table)`,
		`pcall(function() host.After("x") return 1 end)`: `test.lua:1: bad argument #1 to 'After' (number expected, got string)`,
	} {
		wantSaid(t, "print("+call+")", "false\t"+want)
	}
}

func TestUnknownEventWarnsOnceAndNeverFires(t *testing.T) {
	got := run(t, `
		for i = 1, 3 do print(host.Register("onupdate", function() say "never" end)) end
		host.Register("OnShutdown", function() say "never" end)`)
	if got.stdout != "1\n2\n3\n" {
		t.Errorf("said %q", got.stdout)
	}
	if strings.Count(got.log, "\n") != 2 || !strings.Contains(got.log, "event=onupdate at=test.lua:2") {
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
		`host.Exit()`:         0,
		`host.Exit(nil)`:      0,
		`host.Exit(255)`:      255,
		`host.Exit("7")`:      7,
		`os.exit()`:           0,
		`os.exit(true)`:       0,
		`os.exit(false)`:      1,
		`os.exit(nil)`:        0,
		`os.exit(3, true)`:    3,
		`os.exit(-1)`:         255,
		`pcall(host.Exit, 4)`: 4,
		`coroutine.wrap(function() pcall(os.exit, 5) end)()`:                                                                                                        5,
		`host.Register("onUpdate", function() pcall(host.Exit, 6) say "never" end) if true then return end`:                                                         6,
		`host.Register("onUpdate", function() host.Exit(8) end) host.Register("onUpdate", function() say "never" end) if true then return end`:                      8,
		`host.Register("shutdown", function() pcall(host.Exit, 9) say "never" end) host.Register("shutdown", function() host.Exit(10) end) if true then return end`: 9,
		`host.After(0, host.Exit) if true then return end`:                                                                                                          0,
	} {
		got := run(t, source+` say "never"`)
		if got.stdout != "" || got.Err != nil || got.log != "" || got.Code != code || !got.Decided {
			t.Errorf("%s: said %q, result %+v, log %s, want code %d", source, got.stdout, got.Result, got.log, code)
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
