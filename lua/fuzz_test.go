package lua_test

import (
	"errors"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// FuzzSource runs random bytes as source under small limits: never a panic, never more
// memory than allowed, and the state can be used afterwards.
func FuzzSource(f *testing.F) {
	for _, seed := range []string{
		"return 1", "local t = {} for i = 1, 10 do t[i] = i .. '' end", "while true do end",
		"local function f(...) return pcall(f, ...) end f()", "local t = setmetatable({}, {__index = function(t, k) " +
			"return t[k] end}) return t.x",
		"local s = 'x' while true do s = s .. s end", "goto a ::a:: for k, v in pairs{1, a = 2} do print(k, v) end",
		"wrap(function() for i = 1, 3 do yield(i) end error {} end)()", "local t = {} t[1e9] = 1 t[-1] = t print(#t, " +
			"next(t))",
		"xpcall(function() local x = nil + 1 end, function(e) return e end)",
		"create(print) resume(create(function() " +
			"yield(yield) end))",
		"local a <const> = 1", "x = function() return x() end x()", "return nested(function() return " +
			"nested(error) end)",
	} {
		f.Add([]byte(seed))
	}
	const maxMemory = 2 << 20
	f.Fuzz(func(t *testing.T, source []byte) {
		steps, stress := int64(detector.Part(300_000)), len(source)%2 == 1
		if stress {
			steps = 2_000
		}
		s, _ := newState(t, lua.Options{MaxMemory: maxMemory, MaxSteps: steps, Tracebacks: true})
		if stress {
			s.Stress()
		}
		f, err := s.LoadString(string(source), "=fuzz")
		if err == nil {
			_, err = s.Call(f)
		}
		var e *lua.Error
		if errors.As(err, &e) && e.Kind == lua.KindPanic {
			t.Fatalf("%v\n%s", err, errors.Unwrap(err).(*lua.PanicError).Stack)
		}
		if used := s.Memory(); used > maxMemory+64<<10 {
			t.Fatalf("%d bytes charged, the limit is %d", used, maxMemory)
		}
		if s.Thread() != s.MainThread() {
			t.Fatal("the state is left in a coroutine")
		}
		s.Close()
	})
}
