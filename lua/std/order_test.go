package std_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// The libraries' values are in the same order in each state, and take the same steps.
func TestLibrariesAreInOrder(t *testing.T) {
	look := func() (string, int64) {
		var printed strings.Builder
		s := lua.NewState(lua.Options{})
		defer s.Close()
		if err := std.Open(s, std.Options{Stdout: &printed}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Run([]byte(`for name, v in pairs(_G) do print(name) end
			for name, v in pairs(package.loaded) do print(name) if type(v) == "table" then for k in pairs(v) do print(k) end end end`), "=test"); err != nil {
			t.Fatal(err)
		}
		return printed.String(), s.Steps()
	}
	first, steps := look()
	for range 10 {
		again, took := look()
		if again != first {
			t.Fatalf("one state has\n%s\nanother\n%s", first, again)
		}
		if took != steps {
			t.Errorf("%d steps, then %d", steps, took)
		}
	}
}
