package lua_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

func TestReserveOutlastsWalks(t *testing.T) {
	s, _ := newState(t, lua.Options{MaxMemory: 1 << 20})
	before, err := s.Collect()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Reserve(600 << 10); err != nil {
		t.Fatal(err)
	}
	if used, err := s.Collect(); err != nil || used != before+600<<10 {
		t.Fatalf("%d bytes after a walk, %d before it, error %v", used, before, err)
	}
	if err := s.Reserve(600 << 10); err == nil || err.Error() != "not enough memory" {
		t.Fatalf("reserved more than there is: %v", err)
	}
	s.Unreserve(600 << 10)
	if used, err := s.Collect(); err != nil || used != before {
		t.Fatalf("%d bytes after all was given back, error %v, want %d", used, err, before)
	}
}

// A walk drops a Builder's charge: the Builder must not take it back a second time.
func TestBuilderChargesOnce(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	before, err := s.Collect()
	if err != nil {
		t.Fatal(err)
	}
	b := s.NewBuilder()
	b.WriteString(strings.Repeat("x", 100_000))
	if _, err := s.Collect(); err != nil {
		t.Fatal(err)
	}
	b.WriteString(strings.Repeat("x", 200_000))
	if used := s.Memory(); used < before+300_000 {
		t.Errorf("%d bytes while the builder holds 300,000 more than %d", used, before)
	}
	b.Reset()
	if used := s.Memory(); used != before {
		t.Errorf("%d bytes afterwards, want %d", used, before)
	}
	b.WriteString(strings.Repeat("x", 100_000))
	if _, err := s.Collect(); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if used := s.Memory(); used != before {
		t.Errorf("%d bytes after a walk and a reset, want %d", used, before)
	}
}

func TestNewArray(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	for n := range 20 {
		values := make([]lua.Value, n)
		for i := range values {
			values[i] = lua.Int(i * 10)
		}
		array, err := s.NewArray(values...)
		if err != nil {
			t.Fatal(err)
		}
		if array.Len() != n || array.GetInt(0) != lua.Nil || array.GetInt(n+1) != lua.Nil {
			t.Fatalf("%d values made a table of length %d", n, array.Len())
		}
		for i, want := range values {
			if got := array.GetInt(i + 1); got != want {
				t.Fatalf("[%d] is %#v, want %#v", i+1, got, want)
			}
		}
		if err := array.Append(lua.True); err != nil || array.GetInt(n+1) != lua.True {
			t.Fatalf("behind %d values: %#v, error %v", n, array.GetInt(n+1), err)
		}
	}
	if array, err := s.NewArray(lua.True, lua.Nil, lua.Nil); err != nil || array.Len() != 1 {
		t.Fatalf("length %d with nils at the end, error %v", array.Len(), err)
	}
	if array, err := s.NewArray(lua.Nil); err != nil || array.Len() != 0 || array.Append(lua.True) != nil ||
		array.GetInt(1) != lua.True {
		t.Fatalf("of one nil: %v", err)
	}
}
