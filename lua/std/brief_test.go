package std_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// Messages and tracebacks about names of a string's greatest length take little memory.
func TestMessagesAboutLongNames(t *testing.T) {
	const limit = 64 << 20
	name := strings.Repeat("n", limit/20)
	for _, c := range detector.Some([]struct{ name, source, want string }{
		{"an operand", "local t = {} local ok, e = pcall(function() return t.NAME.x end) print(#e)", "1074"},
		{"a call", "local t = {} local ok, e = pcall(function() t.NAME() end) print(#e)", "1073"},
		{"an argument", "local t = {NAME = rawset} local ok, e = pcall(function() t.NAME(1) end) print(#e)", "1085"},
		{"an option", "local ok, e = pcall(collectgarbage, 'NAME') print(#e)", "1069"},
		{"a traceback", "local t = {} function t.NAME(n) if n == 0 then print(#debug.traceback()) return end " +
			"t.NAME(n " +
			"- 1) return 1 end t.NAME(30)", "21064"},
	}) {
		t.Run(c.name, func(t *testing.T) {
			var printed strings.Builder
			s := lua.NewState(lua.Options{MaxMemory: limit})
			defer s.Close()
			if err := std.Open(s, std.Options{Stdout: &printed}); err != nil {
				t.Fatal(err)
			}
			chunk, err := lua.Compile([]byte(strings.ReplaceAll(c.source, "NAME", name)), "=test")
			if err != nil {
				t.Fatal(err)
			}
			f, err := s.Load(chunk)
			if err != nil {
				t.Fatal(err)
			}
			before := allocated()
			if err := s.Call0(f); err != nil {
				t.Fatal(err)
			}
			if took := allocated() - before; took > limit/10 {
				t.Errorf("%d bytes were allocated", took)
			}
			if got := strings.TrimSpace(printed.String()); got != c.want {
				t.Errorf("printed %s, want %s", got, c.want)
			}
		})
	}
}

// allocated returns the bytes that have been allocated in all.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Parts of a message that are as long as a string may be are shortened.
func TestLongPartsOfMessages(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	long := strings.Repeat("x", 1<<20)
	if e := s.Errorf("%s and %s", long, "short"); len(e.Message) != 1<<16+len("... and short") {
		t.Errorf("%d bytes, want those of 64 KiB and the rest", len(e.Message))
	}
	if e := s.Errorf("%w", fmt.Errorf("kept: %s", long[:9])); e.Message != "kept: xxxxxxxxx" {
		t.Errorf("message %q", e.Message)
	}
}
