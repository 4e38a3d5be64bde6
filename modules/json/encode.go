package json

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidewire/tidewire/internal/lua/number"
	"github.com/tidewire/tidewire/lua"
)

const (
	// maxPending is the size in bytes from which pending text moves to the builder.
	maxPending = 4 << 10

	// stringPiece is how many bytes of a string are written between two checks of the
	// pending text. Each may become six.
	stringPiece = 1 << 10

	// slotsPerStep is the number of a table's places, empty or not, that count as a step
	// in addition to its values.
	slotsPerStep = 64
)

// encoder writes one value as JSON (RFC 8259). It reads tables raw: metamethods are not
// called, and finalizers wait until the call is over, so that no Lua code runs, and
// nothing changes, under its hands.
type encoder struct {
	m       *module
	s       *lua.State
	out     *lua.Builder
	pending []byte       // is to go to out
	around  []*lua.Table // the tables that the value is in, outermost first
}

// encode is json.encode(value): the value as JSON text, on one line. An explicit nil is
// null.
func (m *module) encode(c *lua.Call) error {
	value := c.Any(1)
	if err := c.Err(); err != nil {
		return err
	}
	if m.s.RawEqual(value, m.table) {
		return c.ArgError(1, "value expected, got the module: write '.encode' for ':encode'")
	}
	e := m.encoder
	if e == nil {
		e = &encoder{m: m, s: m.s, out: m.s.NewBuilder()}
	}
	m.encoder = nil // it is at work: after a panic it is not used again
	text, err := e.run(value)
	e.pending = e.pending[:0]
	e.out.Reset()
	m.encoder = e
	switch err := err.(type) {
	case nil:
		return c.Return(text)
	case *encodeError:
		return c.Errorf("json.encode: %v", err)
	}
	return err
}

// run returns the text of a value.
func (e *encoder) run(value lua.Value) (lua.Value, error) {
	if err := e.value(value); err != nil {
		return lua.Nil, err
	}
	if e.out.Len() == 0 {
		return e.s.Bytes(e.pending)
	}
	e.out.WriteBytes(e.pending)
	return e.out.Value()
}

// flush moves pending bytes to the builder.
func (e *encoder) flush() error {
	e.out.WriteBytes(e.pending)
	e.pending = e.pending[:0]
	return e.out.Err()
}

// encodeError is a problem with a value, and the value's path.
type encodeError struct {
	path  string // such as ".items[3]"; empty for the whole value
	story string
}

func (e *encodeError) Error() string {
	if e.path == "" {
		return e.story
	}
	path := strings.TrimPrefix(e.path, ".")
	if len(path) > maxPathText {
		path = path[:maxPathText/2] + "..." + path[len(path)-maxPathText/2:]
	}
	return "at " + path + ": " + e.story
}

func cannotEncode(format string, args ...any) *encodeError {
	return &encodeError{story: fmt.Sprintf(format, args...)}
}

// within puts a step of the path before that of an error.
func within(step string, err error) error {
	if bad, ok := err.(*encodeError); ok {
		bad.path = step + bad.path
	}
	return err
}

func (e *encoder) value(value lua.Value) error {
	if err := e.s.Step(1); err != nil {
		return err
	}
	if len(e.pending) >= maxPending {
		if err := e.flush(); err != nil {
			return err
		}
	}
	switch value.Kind() {
	case lua.KindString:
		text, _ := value.AsString()
		return e.string(text)
	case lua.KindNumber:
		f, _ := value.AsNumber()
		return e.number(f)
	case lua.KindTable:
		table, _ := value.AsTable()
		return e.table(table)
	case lua.KindBool:
		e.pending = strconv.AppendBool(e.pending, value.Truth())
		return nil
	case lua.KindNil:
		e.pending = append(e.pending, "null"...)
		return nil
	case lua.KindUserdata:
		if value == e.m.null {
			e.pending = append(e.pending, "null"...)
			return nil
		}
	}
	return cannotEncode("a %s has no form in JSON", value.TypeName())
}

func (e *encoder) table(table *lua.Table) error {
	if err := e.s.Step(len(e.around)/8 + table.Slots()/slotsPerStep); err != nil {
		return err
	}
	switch {
	case slices.Contains(e.around, table):
		return cannotEncode("the table contains itself")
	case len(e.around) == maxDepth:
		return cannotEncode("nested deeper than %d levels", maxDepth)
	}
	e.around = append(e.around, table)
	err := e.contents(table)
	last := len(e.around) - 1
	e.around[last] = nil // an encoder at rest holds no table
	e.around = e.around[:last]
	return err
}

func (e *encoder) contents(table *lua.Table) error {
	if table.Metatable() == e.m.array {
		return e.array(table)
	}
	first, _, _ := table.Next(lua.Nil)
	switch first.Kind() {
	case lua.KindString, lua.KindNil:
		return e.object(table)
	case lua.KindNumber:
		return e.array(table)
	}
	return badKey(first)
}

// array writes the values of 1, 2, 3 … and makes sure that there are no others.
func (e *encoder) array(table *lua.Table) error {
	e.pending = append(e.pending, '[')
	next := 1
	ordered := true // so far the table's order is that of the array
	for key, value := range table.All {
		if f, ok := key.AsNumber(); !ok || f != float64(next) {
			ordered = false
			break
		}
		if err := e.element(next, value); err != nil {
			return err
		}
		next++
	}
	if !ordered {
		for ; ; next++ {
			value := table.GetInt(next)
			if value.IsNil() {
				break
			}
			if err := e.element(next, value); err != nil {
				return err
			}
		}
		if err := e.arrayKeys(table, next); err != nil {
			return err
		}
	}
	e.pending = append(e.pending, ']')
	return nil
}

func (e *encoder) element(i int, value lua.Value) error {
	if i > 1 {
		e.pending = append(e.pending, ',')
	}
	if err := e.value(value); err != nil {
		return within("["+strconv.Itoa(i)+"]", err)
	}
	return nil
}

// arrayKeys refuses keys that an array does not have. It has no value at next.
func (e *encoder) arrayKeys(table *lua.Table, next int) error {
	for key := range table.All {
		if err := e.s.Step(1); err != nil {
			return err
		}
		f, ok := key.AsNumber()
		switch {
		case !ok && next == 1:
			return cannotEncode("an array (json.array) has the key %s", shown(key))
		case !ok:
			return cannotEncode("a table has both the index 1 and the key %s: it is neither an array nor an object",
				shown(key))
		case f < 1 || f != math.Trunc(f):
			return badKey(key)
		case f > float64(next):
			return cannotEncode("an array has no value at %d, but one at %s: fill it with json.null", next, shown(key))
		}
	}
	return nil
}

func badKey(key lua.Value) error {
	return cannotEncode("the key %s: an object's keys are strings, an array's 1, 2, 3 and so on", shown(key))
}

// object writes a table in the order of pairs: that in which the keys were first set.
func (e *encoder) object(table *lua.Table) error {
	e.pending = append(e.pending, '{')
	more := false
	for key, value := range table.All {
		name, ok := key.AsString()
		if !ok {
			return badKey(key)
		}
		if more {
			e.pending = append(e.pending, ',')
		}
		more = true
		if err := e.string(name); err != nil {
			if bad, ok := err.(*encodeError); ok {
				return cannotEncode("the key %s: %s", shown(key), bad.story)
			}
			return err
		}
		e.pending = append(e.pending, ':')
		if err := e.value(value); err != nil {
			return within(pathOf(name), err)
		}
	}
	e.pending = append(e.pending, '}')
	return nil
}

// number writes whole numbers in digits, others with the fewest digits that read back as
// the same number.
func (e *encoder) number(f float64) error {
	magnitude := math.Abs(f)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return cannotEncode("the number %s has no form in JSON", number.Append(nil, f))
	case magnitude < exactInteger && f == math.Trunc(f) && (f != 0 || !math.Signbit(f)):
		e.pending = strconv.AppendInt(e.pending, int64(f), 10)
	case magnitude == 0 || magnitude >= 1e-6 && magnitude < 1e21: // the bounds are JavaScript's
		e.pending = strconv.AppendFloat(e.pending, f, 'f', -1, 64)
	default:
		e.pending = strconv.AppendFloat(e.pending, f, 'e', -1, 64)
	}
	return nil
}

// string writes UTF-8 as it is, except for the characters that RFC 8259 §7 wants escaped.
func (e *encoder) string(s string) error {
	e.pending = append(e.pending, '"')
	for at := 0; at < len(s); {
		part := wholeRunes(s[at:], stringPiece)
		if ascii := e.escaped(part); !ascii && !utf8.ValidString(part) {
			at += invalidUTF8(part)
			return cannotEncode(
				"a string is not UTF-8 (byte 0x%02X at %d): JSON takes no binary data, write it as base64",
				s[at],
				at+1,
			)
		}
		at += len(part)
		if len(e.pending) >= maxPending {
			if err := e.flush(); err != nil {
				return err
			}
		}
	}
	e.pending = append(e.pending, '"')
	return nil
}

// escaped writes a part of a string and reports whether it has ASCII characters only.
func (e *encoder) escaped(s string) (ascii bool) {
	text, begin, all := e.pending, 0, byte(0)
	for i := range len(s) {
		c := s[i]
		all |= c
		if special[c] {
			text = append(text, s[begin:i]...)
			text = appendEscape(text, c)
			begin = i + 1
		}
	}
	e.pending = append(text, s[begin:]...)
	return all < utf8.RuneSelf
}

func appendEscape(text []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(text, '\\', c)
	case '\b':
		return append(text, '\\', 'b')
	case '\f':
		return append(text, '\\', 'f')
	case '\n':
		return append(text, '\\', 'n')
	case '\r':
		return append(text, '\\', 'r')
	case '\t':
		return append(text, '\\', 't')
	}
	return append(text, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// invalidUTF8 returns the place of the first byte that belongs to no character; s has
// one.
func invalidUTF8(s string) int {
	for at, r := range s {
		if _, size := utf8.DecodeRuneInString(s[at:]); r == utf8.RuneError && size == 1 {
			return at
		}
	}
	return len(s)
}
