package std_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/luagen"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// outcome is the part of a run under limits that depends on the source and the limits
// alone.
type outcome struct {
	printed, failure string
	steps, memory    int64
}

// underLimits runs source in a state with all libraries, and holds it to its limits: no
// panic, no more memory than allowed, and a state that can be used afterwards.
func underLimits(t *testing.T, source string, opts lua.Options) outcome {
	t.Helper()
	var printed strings.Builder
	s := lua.NewState(opts)
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: &printed}); err != nil {
		if errors.Is(err, lua.ErrMemory) {
			return outcome{failure: "no room for the libraries"}
		}
		t.Fatal(err)
	}
	s.SetDeadline(time.Now().Add(time.Minute)) // a failure, not a limit
	_, err := s.Run([]byte(source), "=fuzz")
	end := outcome{printed: printed.String(), steps: s.Steps(), memory: s.Memory()}
	if err != nil {
		end.failure = err.Error()
	}
	var e *lua.Error
	if errors.As(err, &e) && e.Kind == lua.KindPanic {
		t.Fatalf("%v\n%s", err, errors.Unwrap(err).(*lua.PanicError).Stack)
	}
	if errors.Is(err, lua.ErrDeadline) {
		t.Fatal("the step limit did not end the run within a minute")
	}
	const made = 1 << 10 // by functions of Go in any case, since the last jump or call
	if opts.MaxMemory > 0 && end.memory > opts.MaxMemory+made {
		t.Fatalf("%d bytes are charged, the limit is %d", end.memory, opts.MaxMemory)
	}
	if s.Thread() != s.MainThread() {
		t.Fatal("the state is left in a coroutine")
	}
	if _, err := s.Collect(); err != nil && !errors.Is(err, lua.ErrSteps) {
		t.Fatalf("Collect: %v", err)
	}
	if live := s.Memory(); opts.MaxMemory > 0 && live > opts.MaxMemory+made {
		t.Fatalf("%d bytes are live, the limit is %d", live, opts.MaxMemory)
	}
	return end
}

// FuzzScript runs random bytes as a script that has all libraries, under small limits.
func FuzzScript(f *testing.F) {
	for _, c := range hostile {
		f.Add(c.source)
	}
	for _, seed := range []string{
		`print(pcall(string.format, "%99.99f %q %s %5s", 1e308, "\0\n", setmetatable({}, {__tostring = error}), "x"))`,
		`local t = setmetatable({}, {__mode = "k"}) for i = 1, 50 do t[{}] = newproxy(true) end collectgarbage() ` +
			`print(next(t))`,
		`print(pcall(table.sort, {3, 1, 2, 5, 4}, function(a, b) return coroutine.yield(a, b) end))`,
		`for k, v in string.gmatch("a=1, b=2", "(%w+)=(%w+)") do print(k, v) end print(("x"):gsub("%f[x]()", "%1%%"))`,
		`print(os.date("!%c %x", 0), os.time{year = 2000, month = 1, day = 1, hour = 0}, pcall(os.date, "%Ez"))`,
		`debug.sethook(function(e, l) print(e, l) end, "crl") local function f() return 1 end f() debug.sethook()`,
		`print(load(string.dump(function(...) local a, b = ... return b, a end))(1, 2)) print(unpack({1, 2, ` +
			`nil, 4}, 1, 4))`,
		`local p = newproxy(true) getmetatable(p).__gc = function() error "x" end p = nil collectgarbage() ` +
			`print(table.concat({1, 2, 3}, ","))`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		underLimits(t, source, lua.Options{MaxMemory: 2 << 20, MaxSteps: 300_000, Tracebacks: len(source)%2 == 0})
	})
}

// FuzzProgram runs random programs under random limits. Two states, whose hashes have
// other seeds, do the same.
func FuzzProgram(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, seed*7, uint32(200+seed*40), uint32(seed*seed*500))
	}
	f.Add(uint64(196), uint64(304), uint32(75), uint32(4719))  // a walk while a chunk is loaded
	f.Add(uint64(246), uint64(304), uint32(100), uint32(4719)) // the limit is passed by a function of Go
	f.Fuzz(func(t *testing.T, seed, index uint64, memory, steps uint32) {
		program := luagen.NewCrossing(seed, index)
		source := luagen.File([]*luagen.Program{program})
		opts := lua.Options{MaxMemory: int64(memory%2048) << 10, MaxSteps: int64(steps % 200_000)}
		first, second := underLimits(t, source, opts), underLimits(t, source, opts)
		if first != second {
			t.Errorf("%s\nends as %+v, and another time as %+v", program, first, second)
		}
	})
}
