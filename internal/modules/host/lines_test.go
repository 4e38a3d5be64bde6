package host_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// slow is an input that gives one piece each 100 ms, the first one at once.
type slow struct {
	pieces []string
	begun  bool
}

func (s *slow) Read(p []byte) (int, error) {
	if s.begun {
		time.Sleep(100 * time.Millisecond)
	}
	s.begun = true
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.pieces[0])
	s.pieces = s.pieces[1:]
	return n, nil
}

// wantLines runs source on pieces of input, and wants that it says these lines, without
// an error.
func wantLines(t *testing.T, pieces []string, source string, lines ...string) outcome {
	t.Helper()
	got := runOn(t, source, func() io.Reader { return &slow{pieces: pieces} })
	if want := strings.Join(append(lines, ""), "\n"); got.stdout != want {
		t.Errorf("%s\nsays\n%swant\n%s", source, got.stdout, want)
	}
	if got.Err != nil || got.log != "" {
		t.Errorf("%s\nerror %v, log %s", source, got.Err, got.log)
	}
	return got
}

// Lines come while timers go on, and keep the run alive to the end of the input.
func TestOnLine(t *testing.T) {
	wantLines(t, []string{"one\ntw", "o\n", "\r\nlast"}, `
		host.Unref(host.Every(80, function() say "tick" end))
		host.OnLine(function(line, more)
			assert(more == nil)
			say(line and ("%q"):format(line) or "the end")
		end)
		host.Register("shutdown", function() say "shutdown" end)`,
		`0 "one"`, "80 tick", `100 "two"`, "160 tick", `200 "\13"`, "240 tick", `300 "last"`, "300 the end", "300 shutdown")
	wantLines(t, nil, `host.OnLine(function(line) say(tostring(line)) end)`, "0 nil")
}

// Each handler gets each line, in order of registration; one that is added begins with
// the next line, also after the end of the input.
func TestOnLineTwice(t *testing.T) {
	wantLines(t, []string{"1\n2\n", "3\n"}, `
		local function saying(name) return function(line) say(name .. " " .. tostring(line)) end end
		local b
		host.OnLine(function(line)
			say("a " .. tostring(line))
			if line == "1" then host.OnLine(saying "c") end
			if line == "2" then host.Unregister(b) host.Unregister(b) end
		end)
		b = host.OnLine(saying "b")
		host.After(500, function() host.OnLine(saying "late") end)`,
		"0 a 1", "0 b 1", "0 a 2", "0 c 2", "100 a 3", "100 c 3", "200 a nil", "200 c nil", "500 late nil")
}

// Without a handler lines wait for the next one.
func TestLinesWaitForAHandler(t *testing.T) {
	wantLines(t, []string{"1\n2\n3\n", "4\n"}, `
		local first
		first = host.OnLine(function(line) say(line) host.Unregister(first) end)
		host.After(250, function() host.OnLine(function(line) say(tostring(line)) end) end)`,
		"0 1", "250 2", "250 3", "250 4", "250 nil")
}

func TestOnLineDoesNotKeepTheRunAlive(t *testing.T) {
	for _, how := range []string{"Unref", "Unregister"} {
		wantLines(t, []string{"1\n", "2\n", "3\n"}, `
			local handle = host.OnLine(function(line) say(line) end)
			host.After(150, function() host.`+how+`(handle) end)`, "0 1", "100 2")
	}
	wantLines(t, []string{"1\n", "2\n"}, `
		host.Unref(host.OnLine(function(line) say(line) end))
		host.After(150, function() end)`, "0 1", "100 2")
}

// From the ending on no line comes, and there is no end of the input either.
func TestLinesInTheEnding(t *testing.T) {
	got := runOn(t, `
		host.OnLine(function(line) say(line) if line == "2" then host.Exit(3) end end)
		host.OnLine(function(line) say("again " .. line) end)
		host.Register("shutdown", function() host.OnLine(function() say "never" end) say "shutdown" end)`,
		func() io.Reader { return &slow{pieces: []string{"1\n2\n3\n"}} })
	if want := "0 1\n0 again 1\n0 2\n0 shutdown\n"; got.stdout != want || got.Code != 3 || got.log != "" {
		t.Errorf("said %q, %+v, %s", got.stdout, got.Result, got.log)
	}
}

// Many lines leave timers and frames their turns.
func TestManyLinesStarveNobody(t *testing.T) {
	got := runOn(t, `
		local lines, ticks, seen = 0, 0
		local tick = host.Every(1, function() ticks = ticks + 1 end)
		host.OnLine(function(line)
			if not line then host.Unregister(tick) return print(lines, ticks > 5, seen <= 2 * 256) end
			lines = lines + 1
			if lines == 1 then host.After(0, function() seen = lines end) end -- has its turn after the next lines
		end)`,
		func() io.Reader {
			return io.MultiReader(strings.NewReader(strings.Repeat("line\n", 1000)), &slow{pieces: []string{"", "x\n"}})
		})
	if got.stdout != "1001\ttrue\ttrue\n" || got.log != "" {
		t.Errorf("said %q, log %s", got.stdout, got.log)
	}
}

// An error of a handler, a yield and a line that is too long are logged.
func TestErrorsOfOnLine(t *testing.T) {
	got := runOn(t, `
		host.OnLine(function(line) if line == "1" then error "boom" elseif line then coroutine.yield() end end)
		host.OnLine(function(line) say(tostring(line and #line)) end)`,
		func() io.Reader { return strings.NewReader("1\n22\n" + strings.Repeat("x", 2<<20)) })
	if got.stdout != "0 1\n0 2\n0 nil\n" || got.errors != 3 {
		t.Errorf("said %q, %d errors", got.stdout, got.errors)
	}
	for _, want := range []string{
		`"host.OnLine: test.lua:2: boom\nstack traceback:`, `"host.OnLine: test.lua:2: attempt to yield across C-call boundary`,
		`"host.OnLine: a line of standard input is longer than 1048576 bytes"`,
	} {
		if !strings.Contains(got.log, want) {
			t.Errorf("the log lacks %s:\n%s", want, got.log)
		}
	}
}

// Calls that wait go first: OnLine has the rest, and from then on they raise.
func TestOnLineAndRead(t *testing.T) {
	const taken = "standard input is read by host.OnLine, and can be read in one way only"
	got := runOn(t, `
		print(io.read(), io.read(2))
		host.OnLine(function(line) print(line) end)
		for _, read in ipairs {io.read, io.lines(), function() return io.stdin:read "*a" end, dofile} do
			print(pcall(read))
		end
		print(loadfile())`,
		func() io.Reader { return strings.NewReader("one\ntwo\nthree") })
	noFile := "cannot read stdin: S" + taken[1:]
	want := "one\ttw\n" + strings.Repeat("false\t"+taken+"\n", 3) +
		"false\t" + noFile + "\nnil\t" + noFile + "\no\nthree\nnil\n"
	if got.stdout != want || got.log != "" {
		t.Errorf("said\n%swant\n%slog %s", got.stdout, want, got.log)
	}
}

// An OnLine takes memory of the script's, and gives it back.
func TestOnLineIsCharged(t *testing.T) {
	wantLines(t, nil, `
		local function f() end
		local function count() collectgarbage() return collectgarbage("count") end
		host.OnLine(f)
		local before = count()
		local handles = {}
		for i = 1, 100 do handles[i] = host.OnLine(f) end
		local many = count()
		for i = 1, 100 do host.Unregister(handles[i]) end
		handles = nil
		print(many - before > 20, count() - before < 10)`, "true\ttrue")
}

func TestArgumentsOfOnLine(t *testing.T) {
	for call, want := range map[string]string{
		`pcall(host.OnLine)`:    `bad argument #1 to '?' (function expected, got no value)`,
		`pcall(host.OnLine, 1)`: `bad argument #1 to '?' (function expected, got number)`,
	} {
		wantSaid(t, fmt.Sprintf("print(%s)", call), "false\t"+want)
	}
}
