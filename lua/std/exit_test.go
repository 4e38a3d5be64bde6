package std_test

import (
	"errors"
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

func TestExitError(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	if err := std.Open(s, std.Options{}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Run([]byte(`pcall(os.exit, 7) error()`), "=test")
	var exit std.ExitError
	if !errors.As(err, &exit) || exit.Code != 7 {
		t.Errorf("os.exit(7): %v, want an ExitError of 7", err)
	}
}
