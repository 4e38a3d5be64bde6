package lualib

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

// jsonEncoder writes one value as JSON (RFC 8259). It reads tables raw: metamethods are not called, so that no Lua code
// runs, and nothing changes, under its hands.
type jsonEncoder struct {
	L      *lua.LState
	module *jsonModule
	text   []byte
	around []*lua.LTable // the tables that the value stands in, outermost first
	values int
}

// encodeError is what is wrong with a value, and where it stands.
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

func (e *jsonEncoder) value(value lua.LValue) *encodeError {
	if e.values++; e.values%jsonStride == 0 {
		stopIfInterrupted(e.L)
		CheckSize(e.L, len(e.text)) // a few tables that hold each other several times over may spell out to any length
	}
	switch value := value.(type) {
	case lua.LString:
		return e.string(string(value))
	case lua.LNumber:
		return e.number(float64(value))
	case lua.LBool:
		e.text = strconv.AppendBool(e.text, bool(value))
		return nil
	case *lua.LTable:
		return e.table(value)
	case *lua.LNilType:
		e.text = append(e.text, "null"...)
		return nil
	case *lua.LUserData:
		if value == e.module.null {
			e.text = append(e.text, "null"...)
			return nil
		}
	}
	return cannotEncode("a %s has no form in JSON", value.Type())
}

func (e *jsonEncoder) table(table *lua.LTable) *encodeError {
	switch {
	case slices.Contains(e.around, table):
		return cannotEncode("the table contains itself")
	case len(e.around) == maxJSONDepth:
		return cannotEncode("nested deeper than %d levels", maxJSONDepth)
	}
	e.around = append(e.around, table)
	defer func() { e.around = e.around[:len(e.around)-1] }()
	first, value := table.Next(lua.LNil)
	if table.Metatable == e.module.array {
		return e.array(table)
	}
	switch first.(type) {
	case lua.LString, *lua.LNilType:
		return e.object(table, first, value)
	case lua.LNumber:
		return e.array(table)
	}
	return badKey(first)
}

// array writes the values of 1, 2, 3 … and makes sure that there are no others.
func (e *jsonEncoder) array(table *lua.LTable) *encodeError {
	e.text = append(e.text, '[')
	inArray, i := table.MaxN(), 1
	for ; ; i++ {
		value := table.RawGetInt(i)
		if i > inArray { // what is beyond MaxArrayIndex is elsewhere
			value = table.RawGet(lua.LNumber(i))
		}
		if value == lua.LNil {
			break
		}
		if i > 1 {
			e.text = append(e.text, ',')
		}
		if err := e.value(value); err != nil {
			err.path = "[" + strconv.Itoa(i) + "]" + err.path
			return err
		}
	}
	e.text = append(e.text, ']')
	if i <= inArray {
		return hole(i, lua.LNumber(inArray))
	}
	var last lua.LValue = lua.LNil // of those that the VM keeps in order
	if inArray > 0 {
		last = lua.LNumber(inArray)
	}
	for key, _ := table.Next(last); key != lua.LNil; key, _ = table.Next(key) {
		if err := arrayKey(key, i); err != nil {
			return err
		}
	}
	return nil
}

// arrayKey refuses a key of an array that has no value at next.
func arrayKey(key lua.LValue, next int) *encodeError {
	number, ok := key.(lua.LNumber)
	switch {
	case !ok && next == 1:
		return cannotEncode("an array (json.array) has the key %s", keyText(key))
	case !ok:
		return cannotEncode("a table has both the index 1 and the key %s: it is neither an array nor an object", keyText(key))
	case number < 1 || number != lua.LNumber(math.Trunc(float64(number))):
		return badKey(key)
	case number > lua.LNumber(next):
		return hole(next, number)
	}
	return nil
}

func hole(at int, next lua.LNumber) *encodeError {
	return cannotEncode("an array has no value at %d, but one at %s: fill it with json.null", at, keyText(next))
}

func badKey(key lua.LValue) *encodeError {
	return cannotEncode("the key %s: an object's keys are strings, an array's 1, 2, 3 and so on", keyText(key))
}

// object writes a table, whose first entry is given, in the order of pairs: that in which the keys were first set.
func (e *jsonEncoder) object(table *lua.LTable, key, value lua.LValue) *encodeError {
	e.text = append(e.text, '{')
	for more := false; key != lua.LNil; more = true {
		name, ok := key.(lua.LString)
		if !ok {
			return badKey(key)
		}
		if more {
			e.text = append(e.text, ',')
		}
		if err := e.string(string(name)); err != nil {
			return cannotEncode("the key %s: %v", keyText(key), err)
		}
		e.text = append(e.text, ':')
		if err := e.value(value); err != nil {
			err.path = pathOf(string(name)) + err.path
			return err
		}
		key, value = table.Next(key)
	}
	e.text = append(e.text, '}')
	return nil
}

// number writes whole numbers in digits, others with the fewest digits that read back as the same number.
func (e *jsonEncoder) number(number float64) *encodeError {
	const exact = 1 << 53
	magnitude := math.Abs(number)
	switch {
	case math.IsNaN(number) || math.IsInf(number, 0):
		return cannotEncode("the number %s has no form in JSON", FormatNumber(number))
	case magnitude < exact && number == math.Trunc(number) && (number != 0 || !math.Signbit(number)):
		e.text = strconv.AppendInt(e.text, int64(number), 10)
	case magnitude == 0 || magnitude >= 1e-6 && magnitude < 1e21: // the bounds are JavaScript's
		e.text = strconv.AppendFloat(e.text, number, 'f', -1, 64)
	default:
		e.text = strconv.AppendFloat(e.text, number, 'e', -1, 64)
	}
	return nil
}

// string writes UTF-8 as it is, but for what RFC 8259 §7 wants escaped.
func (e *jsonEncoder) string(s string) *encodeError {
	if len(s) > longJSONString {
		CheckSize(e.L, len(e.text)+len(s))
	}
	e.text = append(e.text, '"')
	begin, ascii := 0, true
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			ascii = false
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		e.text = append(e.text, s[begin:i]...)
		e.text = appendEscape(e.text, c)
		begin = i + 1
	}
	e.text = append(append(e.text, s[begin:]...), '"')
	if !ascii && !utf8.ValidString(s) {
		at := invalidUTF8(s)
		return cannotEncode("a string is not UTF-8 (byte 0x%02X at %d): JSON takes no binary data, write it as base64", s[at], at+1)
	}
	return nil
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

// invalidUTF8 returns where the first byte is that belongs to no character; s has one.
func invalidUTF8(s string) int {
	for at, r := range s {
		if _, size := utf8.DecodeRuneInString(s[at:]); r == utf8.RuneError && size == 1 {
			return at
		}
	}
	return len(s)
}

// pathOf is how Lua code indexes a table by name.
func pathOf(name string) string {
	if isName(name) {
		return "." + name
	}
	return "[" + keyText(lua.LString(name)) + "]"
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && !isLetter(c) && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return s != "" && len(s) <= maxKeyText
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// What an error shows of a path and of a key, in bytes.
const (
	maxPathText = 200
	maxKeyText  = 40
)

// keyText shows a key on one line.
func keyText(key lua.LValue) string {
	switch key := key.(type) {
	case lua.LString:
		if len(key) > maxKeyText {
			return strconv.QuoteToASCII(string(key[:maxKeyText])) + "..."
		}
		return strconv.QuoteToASCII(string(key))
	case lua.LNumber:
		return FormatNumber(float64(key))
	case lua.LBool:
		return key.String()
	}
	return "of type " + key.Type().String()
}
