package offer_test

import (
	"testing"

	"github.com/tidewire/tidewire/internal/modules/offer"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// open offers a module under two names, and returns how often it was made.
func open(t *testing.T, s *lua.State) *int {
	t.Helper()
	made := new(int)
	if err := offer.Module(s, func() (lua.Value, error) {
		*made++
		table, err := s.NewTable(0, 0)
		return table.Value(), err
	}, "short", "tide.long"); err != nil {
		t.Fatal(err)
	}
	return made
}

func TestModuleIsMadeWhenAskedFor(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	if err := std.Open(s, std.Options{}); err != nil {
		t.Fatal(err)
	}
	made := open(t, s)
	if *made != 0 {
		t.Errorf("made %d times before require", *made)
	}
	if _, err := s.Run([]byte(`
		local m = require "short"
		assert(type(m) == "table" and require "short" == m and type(require "tide.long") == "table")
		package.loaded.short = nil
		assert(type(require "short") == "table")`), "=test"); err != nil {
		t.Fatal(err)
	}
	if *made != 3 {
		t.Errorf("made %d times, want 3", *made)
	}
}

func TestModuleWithoutPackage(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	if made := open(t, s); *made != 2 {
		t.Errorf("made %d times, want 2", *made)
	}
	for _, name := range []string{"short", "tide.long"} {
		if _, isTable := s.Loaded().GetString(name).AsTable(); !isTable {
			t.Errorf("%s is not loaded", name)
		}
	}
}
