package wsapi

import (
	"fmt"
	"slices"
	"strings"
	"weak"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/api/spelling"
)

// The keys of a callback table. A door looks them up when the event is dispatched,
// through __index; a function, or a value with __call, can be called.
const (
	OnOpen    = "onOpen"
	OnMessage = "onMessage"
	OnClose   = "onClose"
	OnError   = "onError"
)

// Keys lists them all. It is to be read only.
func Keys() []string { return keys }

var keys = luaapi.CallbackNames(luaapi.Callbacks)

// EndKey returns the key of the callback for an end.
func EndKey(end *engine.End) string {
	if end.Failed {
		return OnError
	}
	return OnClose
}

// OpenArguments are those of onOpen. Each argument is of the types of a Field.
func OpenArguments(number float64, info *engine.Info) []any {
	return []any{openInfo(number, info)}
}

// EndArguments are those of the callback under EndKey.
func EndArguments(number float64, end *engine.End) []any {
	if end.Failed {
		return []any{end.Message, endInfo(number, end)}
	}
	return []any{float64(end.Code), end.Reason, end.Clean, endInfo(number, end)}
}

// longestLookAlike bounds the keys that are compared with those of callbacks, in bytes.
const longestLookAlike = 32

// lookAlikes returns a warning that names every key of a callback table that nearly is a
// callback's, or "". Such a key is never looked up.
func lookAlikes(callbacks Table) (string, error) { return LookAlikes(callbacks, keys) }

// LookAlikes is lookAlikes for callbacks with other keys. It also names those of Connect
// that are none of them, such as onError.
func LookAlikes(callbacks Table, known []string) (string, error) {
	var found []string
	err := callbacks.Pairs(func(key, _ Value) bool {
		if key.Type != String || len(key.Text) > longestLookAlike {
			return true
		}
		if meant := spelling.Meant(key.Text, known); meant != "" {
			found = append(found, fmt.Sprintf(`unknown callback "%s": did you mean "%s"?`, key.Text, meant))
		} else if slices.Contains(keys, key.Text) && !slices.Contains(known, key.Text) {
			found = append(found, fmt.Sprintf(`unknown callback "%s": the callbacks are %s`, key.Text,
				strings.Join(known, ", ")))
		}
		return true
	})
	return strings.Join(found, " "), err
}

// Identity names a table without keeping it alive. Identities of one table are equal.
type Identity interface{ alive() bool }

// IdentityOf returns the Identity of the table that a VM has at t.
func IdentityOf[T any](t *T) Identity { return identity[T]{weak.Make(t)} }

type identity[T any] struct{ pointer weak.Pointer[T] }

func (i identity[T]) alive() bool { return i.pointer.Value() != nil }

// tableSet remembers which callback tables a warning was given for: a script that
// connects again and again with one table is warned once. Only misspelt tables get in.
type tableSet struct {
	tables  map[Identity]struct{}
	sweepAt int // the size at which dead entries are looked for
}

// add takes a table in and reports whether it is new.
func (s *tableSet) add(table Identity) bool {
	if _, known := s.tables[table]; known {
		return false
	}
	if s.tables == nil {
		s.tables = make(map[Identity]struct{})
	}
	if len(s.tables) >= s.sweepAt {
		s.sweep()
	}
	s.tables[table] = struct{}{}
	return true
}

// sweep drops the tables that were collected. The next sweep comes when the live ones
// have doubled, so that it costs each add a constant share.
func (s *tableSet) sweep() {
	for table := range s.tables {
		if !table.alive() {
			delete(s.tables, table)
		}
	}
	s.sweepAt = 2*len(s.tables) + 16
}
