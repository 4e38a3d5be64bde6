package oslib_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/runner/words"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std/internal/oslib"
	"github.com/tidewire/tidewire/lua/std/sandbox"
)

// An exited is the cause of the error with which os.exit ends the outermost call in these
// tests.
type exited struct{ code int }

func (e exited) Error() string { return fmt.Sprintf("exit %d", e.code) }

// newState returns a state with the os library and the basic functions that the tests
// need.
func newState(t *testing.T, p sandbox.Permissions, opts oslib.Options) *lua.State {
	t.Helper()
	return newLimited(t, lua.Options{}, p, opts)
}

func newLimited(t *testing.T, limits lua.Options, p sandbox.Permissions, opts oslib.Options) *lua.State {
	t.Helper()
	s := lua.NewState(limits)
	t.Cleanup(s.Close)
	opts.Box = sandbox.New(sandbox.Options{Permissions: p, Words: words.Refusal})
	if opts.Exit == nil {
		opts.Exit = func(code int) error { return s.Unwind(exited{code}) }
	}
	err := errors.Join(
		oslib.Open(s, opts),
		s.SetGlobal("pcall", s.Primitive(lua.PCall)),
		s.SetGlobal("setmetatable", s.NewFunction("setmetatable", func(c *lua.Call) error {
			c.Table(1).SetMetatable(c.Table(2))
			return c.Return(c.Arg(1))
		})),
		s.SetGlobal("rep", s.NewFunction("rep", func(c *lua.Call) error {
			return c.ReturnString(strings.Repeat(c.String(1), c.Int(2)))
		})),
	)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// eval returns the values of an expression, as print writes them.
func eval(t *testing.T, s *lua.State, expression string) string {
	t.Helper()
	results, err := s.Run([]byte("return "+expression), "=test")
	if err != nil {
		return "error: " + err.Error()
	}
	var texts []string
	for _, v := range results {
		text, isText := lua.ToText(v)
		switch {
		case isText:
		case v.Kind() == lua.KindBool:
			text = fmt.Sprint(v.Truth())
		default:
			text = v.TypeName()
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

func TestClosedByDefault(t *testing.T) {
	s := newState(t, sandbox.Permissions{}, oslib.Options{})
	for expression, want := range map[string]string{
		`os.remove("x")`:      "nil x: writing is not allowed: run again with --allow-write=x 13",
		`os.rename("x", "y")`: "nil x: reading is not allowed: run again with --allow-read=x 13",
		`os.execute("id")`:    "nil id: running programs is not allowed: run again with --allow-run 13",
		`os.execute()`:        "0",
		`os.getenv("PATH")`:   "nil",
		`os.setenv`:           "nil",
		`os.tmpname()`: "nil " + os.TempDir() + ": writing is not allowed: run again with " +
			"--allow-write=" + os.TempDir() + " 13",
	} {
		if got := eval(t, s, expression); got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
}

// Each line is LuaJIT's answer.
func TestAnswersAreLuaJITs(t *testing.T) {
	all := sandbox.Grant{All: true}
	s := newState(t, sandbox.Permissions{Read: all, Write: all, Run: true, Env: all}, oslib.Options{})
	t.Setenv("TIDEWIRE_SET", "yes")
	for _, c := range []struct{ expression, want string }{
		{`os.remove("/nope")`, "nil /nope: No such file or directory 2"},
		{`os.rename("/nope", "/nope2")`, "nil /nope: No such file or directory 2"},
		{`os.getenv("TIDEWIRE_SET"), os.getenv("TIDEWIRE_UNSET")`, "yes nil"},
		{`os.setlocale(), os.setlocale("C"), os.setlocale("POSIX"), os.setlocale("de_DE"), os.setlocale(nil, ` +
			`"numeric")`,
			"C C C nil C"},
		{`pcall(os.setlocale, "C", "x")`, "false bad argument #2 to '?' (invalid option 'x')"},
		{`pcall(os.exit, "x")`, "false bad argument #1 to '?' (number expected, got string)"},
		{`pcall(os.difftime)`, "false bad argument #1 to '?' (number expected, got no value)"},
		{`os.difftime(10, 4), os.difftime(10.5, 4), os.difftime(1)`, "6 6 1"},
		{`pcall(os.time, 1)`, "false bad argument #1 to '?' (table expected, got number)"},
		{`pcall(os.time, {})`, "false field 'day' missing in date table"},
		{`pcall(os.time, {day = 1})`, "false field 'month' missing in date table"},
		{`pcall(os.time, {day = 1, month = 1})`, "false field 'year' missing in date table"},
		{`pcall(os.time, {day = 1, month = "x", year = 1})`, "false field 'month' missing in date table"},
		{`pcall(os.date, {})`, "false bad argument #1 to '?' (string expected, got table)"},
		{`pcall(os.date, "%Y", "x")`, "false bad argument #2 to '?' (number expected, got string)"},
		{`pcall(os.getenv)`, "false bad argument #1 to '?' (string expected, got no value)"},
		{`pcall(os.remove, {})`, "false bad argument #1 to '?' (string expected, got table)"},
		{`pcall(os.rename, "x")`, "false bad argument #2 to '?' (string expected, got no value)"},
		{`os.date("!%Y-%m-%d %H:%M:%S", 0), os.date("!%Y", "86400"), os.date("!%S", 1.9), os.date("!%c", 68169600)`,
			"1970-01-01 00:00:00 1970 01 Tue Feb 29 00:00:00 1972"},
		{`os.date("!plain"), os.date("!"), os.date("!%%"), os.date("!x%", 0), os.date("!a\0b", 0), os.date("!!%Y", 0)`,
			"plain  % x% a !1970"},
		{`os.date("!%Y", 1e300), os.date("!%Y", 0/0), os.date("!%Y", -1e300)`, "nil nil nil"},
		{`os.date("!%G-W%V-%u %U %W %j", 1104537600), os.date("!%I %p %H %k|%l|%e|%C|%y|%Z", 1735693200)`,
			"2004-W53-6 00 00 001 01 AM 01  1| 1| 1|20|25|GMT"},
		{`(function() local t = os.date("!*t", 951868799) return t.year, t.month, t.day, t.hour, t.min, t.sec, ` +
			`t.wday, t.yday, t.isdst end)()`, "2000 2 29 23 59 59 3 60 false"},
		{`os.time() % 1, os.time() > 1.6e9, os.time(nil) > 1.6e9, os.clock() >= 0`, "0 true true true"},
		{`os.time{year = 2024, month = 1, day = 2} - os.time{year = 2024, month = 1, day = 1, hour = "12", min = 0}`,
			"86400"},
		{`os.date("%Y-%m-%d", os.time{year = 2024, month = 14, day = -3})`, "2025-01-28"},
		{`os.time(setmetatable({}, {__index = function(t, k) return k == "year" and 2024 or 1 end})) - ` +
			`os.time{year = ` +
			`2024, month = 1, day = 1}`, "-43139"},
	} {
		if got := eval(t, s, c.expression); got != c.want {
			t.Errorf("%s\ngives %q\nwant  %q", c.expression, got, c.want)
		}
	}
	if runtime.GOOS == "windows" {
		return
	}
	for _, c := range []struct{ expression, want string }{
		{`os.execute("exit 3"), os.execute("true"), os.execute("kill -9 $$"), os.execute()`, "768 0 9 1"},
		{`os.remove(os.tmpname()), os.rename(os.tmpname(), os.tmpname())`, "true true"},
	} {
		if got := eval(t, s, c.expression); got != c.want {
			t.Errorf("%s\ngives %q\nwant  %q", c.expression, got, c.want)
		}
	}
}

// C's localtime has the zone's own name for UTC, its gmtime says GMT.
func TestDateNamesTheZone(t *testing.T) {
	defer func(zone *time.Location) { time.Local = zone }(time.Local)
	s := newState(t, sandbox.Permissions{}, oslib.Options{})
	for zone, want := range map[*time.Location]string{
		time.UTC:                       "UTC GMT",
		time.FixedZone("CET", 60*60):   "CET GMT",
		time.FixedZone("GMT", 0):       "GMT GMT",
		time.FixedZone("+0330", 12600): "+0330 GMT",
	} {
		time.Local = zone
		if got := eval(t, s, `os.date("%Z", 0), os.date("!%Z", 0)`); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The answers are LuaJIT's with TZ=Europe/Berlin.
func TestTimeHeedsSummer(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	defer func(zone *time.Location) { time.Local = zone }(time.Local)
	time.Local = berlin
	s := newState(t, sandbox.Permissions{}, oslib.Options{})
	for fields, want := range map[string]string{
		`month = 1`: "1704452400", `month = 1, isdst = true`: "1704448800", `month = 1, isdst = false`: "1704452400",
		`month = 7`: "1720173600", `month = 7, isdst = true`: "1720173600", `month = 7, isdst = false`: "1720177200",
	} {
		if got := eval(t, s, `os.time{year = 2024, day = 5, hour = 12, `+fields+`}`); got != want {
			t.Errorf("%s: %s, want %s", fields, got, want)
		}
	}
	if got := eval(t, s, `os.date("*t", 1720173600).isdst, os.date("%H %Z %z", 1720173600), os.date("%H %Z", `+
		`1704452400)`); got != "true 12 CEST +0200 12 CET" {
		t.Errorf("%s", got)
	}
}

func TestDateIsBounded(t *testing.T) {
	s := newLimited(t, lua.Options{MaxMemory: 64 << 20}, sandbox.Permissions{}, oslib.Options{})
	before := s.Memory()
	if got := eval(t, s, `pcall(os.date, rep("%c", 2^22))`); got != "false string length overflow" {
		t.Errorf("%.100q", got)
	}
	if got := eval(t, s, `#os.date("!" .. rep("%c", 2^15), 0)`); got != "786432" {
		t.Errorf("%.100q", got)
	}
	if _, err := s.Collect(); err != nil || s.Memory() > before+1<<16 {
		t.Errorf("%d bytes are left, of %d, %v", s.Memory(), before, err)
	}
	s.Interrupt(errors.New("stop"))
	if got := eval(t, s, `#os.date("!" .. rep("%c", 2^15), 0)`); got != "error: test:1: stop" {
		t.Errorf("%.100q", got)
	}
}

// A name of any length comes back in a short message.
func TestHugeNames(t *testing.T) {
	all := sandbox.Grant{All: true}
	for _, p := range []sandbox.Permissions{{}, {Read: all, Write: all, Env: all}} {
		var log messages
		s := newLimited(t, lua.Options{MaxMemory: 64 << 20}, p, oslib.Options{Logger: slog.New(&log)})
		for _, call := range []string{`os.remove(rep("x", 2^23))`, `os.rename(rep("x", 2^23), "y")`,
			`os.execute(rep("x", 2^23))`, `os.getenv(rep("x", 2^23))`} {
			if got := eval(t, s, call); len(got) > 1000 {
				t.Errorf("%s: %d bytes: %.100q", call, len(got), got)
			}
		}
		if len(log) > 0 && len(log[0]) > 1000 {
			t.Errorf("a warning of %d bytes", len(log[0]))
		}
	}
}

func TestEnvironmentWarnsOnce(t *testing.T) {
	var log bytes.Buffer
	s := newState(t, sandbox.Permissions{}, oslib.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if _, err := s.Run([]byte("for i = 1, 3 do\nos.getenv('HOME') end for i = 1, 200 do os.getenv('X' .. i) end"),
		"=test.lua"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(log.String(), "HOME: reading the environment is not allowed: run again with "+
		"--allow-env=HOME"); got != 1 {
		t.Errorf("%d warnings of HOME in\n%s", got, log.String())
	}
	if lines := strings.Count(log.String(), "\n"); lines > 64 {
		t.Errorf("%d warnings", lines)
	}
	if !strings.Contains(log.String(), "at=test.lua:2") {
		t.Errorf("the warning does not name the line:\n%s", log.String())
	}
}

// The name that a script asks for reaches the terminal of the user who runs it.
func TestEnvironmentWarnsInOnePrintableLine(t *testing.T) {
	for name, want := range map[string]string{
		`A\27[31m\nB`: `"A\x1b[31m\nB" is not in --allow-env`,
		``:            `"" is not in --allow-env`,
		`ProgramFiles(x86)`: `ProgramFiles(x86): reading the environment is not allowed: run again with ` +
			`--allow-env='ProgramFiles(x86)'`,
	} {
		var log messages
		s := newState(t, sandbox.Permissions{}, oslib.Options{Logger: slog.New(&log)})
		if got := eval(t, s, `os.getenv("`+name+`")`); got != "nil" || len(log) != 1 || log[0] != want {
			t.Errorf("%s: %q, warned %q, want %q", name, got, log, want)
		}
	}
}

// messages keeps the messages of a log, without attributes. It implements slog.Handler,
// for one goroutine.
type messages []string

func (m *messages) Enabled(context.Context, slog.Level) bool { return true }
func (m *messages) WithAttrs([]slog.Attr) slog.Handler       { return m }
func (m *messages) WithGroup(string) slog.Handler            { return m }
func (m *messages) Handle(_ context.Context, r slog.Record) error {
	*m = append(*m, r.Message)
	return nil
}

func TestExit(t *testing.T) {
	for argument, want := range map[string]int{
		``: 0, `3`: 3, `true`: 0, `false`: 1, `nil`: 0, `-1`: 255, `256`: 0, `3.9`: 3, `0/0`: 1, `1/0`: 1, `"7"`: 7,
		`-2^63`: 0,
	} {
		s := newState(t, sandbox.Permissions{}, oslib.Options{})
		_, err := s.Run([]byte(`pcall(os.exit, `+strings.TrimSpace(argument+" ")+`) error()`), "=test")
		if argument == "" {
			_, err = s.Run([]byte(`pcall(os.exit) error()`), "=test")
		}
		var exit exited
		if !errors.As(err, &exit) || exit.code != want {
			t.Errorf("os.exit(%s): %v, want code %d", argument, err, want)
		}
		if got := eval(t, s, `1`); got != "1" {
			t.Errorf("afterwards: %s", got)
		}
	}
	mine := errors.New("mine")
	var s *lua.State
	s = newState(t, sandbox.Permissions{}, oslib.Options{Exit: func(code int) error { return s.Unwind(fmt.Errorf("%w %d", mine, code)) }})
	if _, err := s.Run([]byte(`pcall(os.exit, 5)`), "=test"); !errors.Is(err, mine) ||
		!strings.HasSuffix(err.Error(), "mine 5") {
		t.Errorf("%v", err)
	}
}

func TestExecuteFlushesFirst(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the shell's words are not those")
	}
	flushed := false
	s := newState(t, sandbox.Permissions{Run: true}, oslib.Options{Flush: func() { flushed = true }})
	if got := eval(t, s, `os.execute()`); got != "1" || flushed {
		t.Errorf("%s, flushed: %v", got, flushed)
	}
	if got := eval(t, s, `os.execute("true")`); got != "0" || !flushed {
		t.Errorf("%s, flushed: %v", got, flushed)
	}
}
