package lua_test

import (
	"errors"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// After its memory was used up again and again a state can be called: nothing on its stack holds what filled it.
func TestRunsAgainAfterExhaustion(t *testing.T) {
	s, printed := newState(t, lua.Options{MaxMemory: 4 << 20})
	_, err := s.Run([]byte(`local t while true do pcall(function() while true do t = {t} end end) end`), "=test")
	if !errors.Is(err, lua.ErrExhausted) {
		t.Fatalf("error %v, want the end of all memory", err)
	}
	if _, err := s.Run([]byte(`for i = 1, 1e5 do local garbage = {i, i, i} end print("alive")`), "=test"); err != nil {
		t.Fatal(err)
	}
	if printed.String() != "alive\n" {
		t.Errorf("printed %q", printed)
	}
}
