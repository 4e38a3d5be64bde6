package lua_test

import (
	"math"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// A length that int does not hold is negative where it has 32 bits, and no string has it.
func TestCheckLength(t *testing.T) {
	s := lua.NewState(lua.Options{MaxString: math.MaxInt32})
	for length, fits := range map[int]bool{0: true, math.MaxInt32: true, -1: false, math.MinInt32: false} {
		if err := s.CheckLength(length); (err == nil) != fits {
			t.Errorf("length %d: %v", length, err)
		}
	}
}

// Operands that together are longer than a string can be, since they are one and the
// same.
func TestConcatOfTooMuch(t *testing.T) {
	s, printed := newState(t, lua.Options{MaxMemory: 1 << 30, MaxString: 64 << 20})
	_, err := s.Run([]byte(`local s = "x" for i = 1, 25 do s = s .. s end
		print(pcall(function() return s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s
			.. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s
			.. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s end))`), "=test")
	if err != nil || printed.String() != "false test:4: string length overflow\n" {
		t.Errorf("printed %q, error %v", printed, err)
	}
}
