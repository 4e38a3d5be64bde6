package lua_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// After its memory was used up again and again a state can be called: nothing on its
// stack holds the values that filled it.
func TestRunsAgainAfterExhaustion(t *testing.T) {
	s, printed := newState(t, lua.Options{MaxMemory: 4 << 20})
	// One function, made before: another one in the loop could be the value without room.
	_, err := s.Run([]byte(`local t local function fill() while true do t = {t} end end
		while true do pcall(fill) end`), "=test")
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

// A table that cannot grow any further is the end, too, although it asks for more memory
// than is used.
func TestAttemptsThatFreeNothingEndTheCall(t *testing.T) {
	s, printed := newState(t, lua.Options{MaxMemory: 1 << 20})
	_, err := s.Run([]byte(`local t, n = {}, 0
		while true do n = n + 1 print(n) pcall(function() while true do t[#t + 1] = {} end end) end`), "=test")
	if !errors.Is(err, lua.ErrExhausted) {
		t.Fatalf("error %v, want the end of all memory", err)
	}
	if lines := strings.Count(printed.String(), "\n"); lines != 16 {
		t.Errorf("%d attempts, want 16", lines)
	}
}

// A script that makes room after each failure goes on.
func TestAttemptsThatMakeRoomGoOn(t *testing.T) {
	s, printed := newState(t, lua.Options{MaxMemory: 1 << 20})
	_, err := s.Run([]byte(`local ok
		for i = 1, 50 do local n = 0 ok = pcall(function() local t while true do t = {t} n = n + 1 end end) end print(ok)`), "=test")
	if err != nil || printed.String() != "false\n" {
		t.Errorf("error %v, printed %q", err, printed)
	}
}
