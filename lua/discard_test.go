package lua_test

import (
	"errors"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

func TestDiscardRunsNoFinalizer(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*lua.State)
		want string
	}{
		{"Close", (*lua.State).Close, "userdata\n"},
		{"Discard", (*lua.State).Discard, ""},
	} {
		s, printed := newState(t, lua.Options{})
		meta, err := s.NewTable(0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := meta.SetString("__gc", s.Global("print")); err != nil {
			t.Fatal(err)
		}
		if err := s.SetGlobal("object", s.NewUserdata(nil, meta)); err != nil {
			t.Fatal(err)
		}
		closed := 0
		s.OnClose(func() { closed++ })
		test.end(s)
		test.end(s)
		if _, err := s.Run(nil, "=test"); !errors.Is(err, lua.ErrClosed) || closed != 1 ||
			printed.String() != test.want {
			t.Errorf("%s: printed %q, closed %d times, a call gives %v", test.name, printed, closed, err)
		}
	}
}
