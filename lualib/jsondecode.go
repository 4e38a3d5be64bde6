package lualib

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

// maxSharedJSON is the longest text whose strings may be parts of it, in bytes. A string that is kept keeps the whole
// text: of a longer one it is copied.
const maxSharedJSON = 4 << 10

// jsonDecoder reads one JSON text (RFC 8259), strictly: what the grammar does not have is an error.
type jsonDecoder struct {
	L      *lua.LState
	module *jsonModule
	text   string
	at     int // the next byte
	depth  int
	values int

	// stack holds the elements of the arrays, and the keys and values of the objects, that are being read. Their number
	// is known, and a table of the right size made, when they end.
	stack []lua.LValue
}

// decodeError is what is wrong with a text, and where.
type decodeError struct {
	line, column int // from 1, the column in bytes
	story        string
}

func (e *decodeError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.line, e.column, e.story)
}

// fail says what is wrong at a byte of the text.
func (d *jsonDecoder) fail(at int, format string, args ...any) *decodeError {
	before := d.text[:at]
	return &decodeError{
		line:   1 + strings.Count(before, "\n"),
		column: at - strings.LastIndexByte(before, '\n'),
		story:  fmt.Sprintf(format, args...),
	}
}

// expected says what was expected at the next byte, and what is there.
func (d *jsonDecoder) expected(what string) *decodeError {
	return d.fail(d.at, "expected %s, got %s", what, d.next())
}

// next shows what comes next.
func (d *jsonDecoder) next() string {
	if d.at >= len(d.text) {
		return "the end of the text"
	}
	end := d.at
	for end < len(d.text) && isLetter(d.text[end]) && end-d.at < maxKeyText {
		end++
	}
	if end > d.at {
		return "'" + d.text[d.at:end] + "'"
	}
	r, _ := utf8.DecodeRuneInString(d.text[d.at:])
	if !strconv.IsPrint(r) {
		return fmt.Sprintf("byte 0x%02X", d.text[d.at])
	}
	return "'" + string(r) + "'"
}

// document reads the whole text.
func (d *jsonDecoder) document() (lua.LValue, *decodeError) {
	if !utf8.ValidString(d.text) { // RFC 8259 §8.1
		at := invalidUTF8(d.text)
		return nil, d.fail(at, "the text is not UTF-8 (byte 0x%02X)", d.text[at])
	}
	value, err := d.value()
	if err != nil {
		return nil, err
	}
	if d.skipSpace(); d.at < len(d.text) {
		return nil, d.expected("nothing behind the value")
	}
	return value, nil
}

func (d *jsonDecoder) skipSpace() {
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\n', '\r', '\t':
			d.at++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end: no byte that the grammar has outside of strings.
func (d *jsonDecoder) peek() byte {
	if d.at < len(d.text) {
		return d.text[d.at]
	}
	return 0
}

func (d *jsonDecoder) value() (lua.LValue, *decodeError) {
	if d.values++; d.values%jsonStride == 0 {
		stopIfInterrupted(d.L)
	}
	d.skipSpace()
	switch c := d.peek(); {
	case c == '"':
		s, err := d.string()
		return lua.LString(s), err
	case c == '{':
		return d.nested((*jsonDecoder).object)
	case c == '[':
		return d.nested((*jsonDecoder).array)
	case c == '-' || '0' <= c && c <= '9':
		return d.number()
	case c == 't':
		return lua.LTrue, d.word("true")
	case c == 'f':
		return lua.LFalse, d.word("false")
	case c == 'n':
		return d.module.null, d.word("null")
	}
	return nil, d.expected("a value")
}

func (d *jsonDecoder) word(word string) *decodeError {
	if !strings.HasPrefix(d.text[d.at:], word) {
		return d.expected("a value")
	}
	d.at += len(word)
	return nil
}

// nested reads an array or an object, whose first byte comes next.
func (d *jsonDecoder) nested(read func(*jsonDecoder) (lua.LValue, *decodeError)) (lua.LValue, *decodeError) {
	if d.depth == maxJSONDepth {
		return nil, d.fail(d.at, "nested deeper than %d levels", maxJSONDepth)
	}
	d.depth++
	d.at++
	value, err := read(d)
	d.depth--
	return value, err
}

func (d *jsonDecoder) array() (lua.LValue, *decodeError) {
	begin := len(d.stack)
	if d.skipSpace(); d.peek() == ']' {
		d.at++
		return d.newArray(begin), nil
	}
	for {
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		d.stack = append(d.stack, value)
		d.skipSpace()
		switch d.peek() {
		case ',':
			d.at++
		case ']':
			d.at++
			return d.newArray(begin), nil
		default:
			return nil, d.expected("',' or ']' behind an element")
		}
	}
}

// newArray makes an array of what lies on the stack from begin on.
func (d *jsonDecoder) newArray(begin int) *lua.LTable {
	elements := d.stack[begin:]
	table := d.L.CreateTable(len(elements), 0)
	for i, element := range elements {
		table.RawSetInt(i+1, element)
	}
	table.Metatable = d.module.array
	d.pop(begin)
	return table
}

func (d *jsonDecoder) object() (lua.LValue, *decodeError) {
	begin := len(d.stack)
	if d.skipSpace(); d.peek() == '}' {
		d.at++
		return d.newObject(begin), nil
	}
	for {
		if err := d.member(); err != nil {
			return nil, err
		}
		d.skipSpace()
		switch d.peek() {
		case ',':
			d.at++
		case '}':
			d.at++
			return d.newObject(begin), nil
		default:
			return nil, d.expected("',' or '}' behind a member")
		}
	}
}

// member puts a key and its value on the stack.
func (d *jsonDecoder) member() *decodeError {
	if d.skipSpace(); d.peek() != '"' {
		return d.expected("a key in quotes")
	}
	key, err := d.string()
	if err != nil {
		return err
	}
	if d.skipSpace(); d.peek() != ':' {
		return d.expected("':' behind a key")
	}
	d.at++
	value, err := d.value()
	if err != nil {
		return err
	}
	d.stack = append(d.stack, lua.LString(key), value)
	return nil
}

// newObject makes an object of what lies on the stack from begin on. Of equal keys the last one wins.
func (d *jsonDecoder) newObject(begin int) *lua.LTable {
	members := d.stack[begin:]
	table := d.L.CreateTable(0, len(members)/2)
	for i := 0; i < len(members); i += 2 {
		table.RawSetString(string(members[i].(lua.LString)), members[i+1])
	}
	d.pop(begin)
	return table
}

// pop shortens the stack and lets go of what lay there.
func (d *jsonDecoder) pop(begin int) {
	clear(d.stack[begin:])
	d.stack = d.stack[:begin]
}

// number reads RFC 8259 §6.
func (d *jsonDecoder) number() (lua.LValue, *decodeError) {
	begin := d.at
	if d.peek() == '-' {
		d.at++
	}
	whole := d.at
	switch c := d.peek(); {
	case c == '0':
		if d.at++; isDigit(d.peek()) {
			return nil, d.fail(begin, "a number begins with a needless 0")
		}
	case !d.digits():
		return nil, d.expected("a digit")
	}
	if d.peek() != '.' && d.peek()|0x20 != 'e' && d.at-whole <= 15 && d.text[begin:d.at] != "-0" {
		n, _ := strconv.ParseInt(d.text[begin:d.at], 10, 64) // 15 digits always fit, also into a number of Lua's
		return lua.LNumber(n), nil
	}
	if d.peek() == '.' {
		if d.at++; !d.digits() {
			return nil, d.expected("a digit behind the point")
		}
	}
	if d.peek()|0x20 == 'e' {
		if d.at++; d.peek() == '+' || d.peek() == '-' {
			d.at++
		}
		if !d.digits() {
			return nil, d.expected("a digit of the exponent")
		}
	}
	number, _ := strconv.ParseFloat(d.text[begin:d.at], 64) // its grammar is wider: the error is of the range
	if math.IsInf(number, 0) {
		return nil, d.fail(begin, "a number is too large")
	}
	return lua.LNumber(number), nil
}

// digits reports whether there was at least one.
func (d *jsonDecoder) digits() bool {
	begin := d.at
	for isDigit(d.peek()) {
		d.at++
	}
	return d.at > begin
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// string reads RFC 8259 §7; the opening quote comes next.
func (d *jsonDecoder) string() (string, *decodeError) {
	begin := d.at + 1
	for i := begin; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case c == '"':
			d.at = i + 1
			if len(d.text) > maxSharedJSON {
				return strings.Clone(d.text[begin:i]), nil
			}
			return d.text[begin:i], nil
		case c == '\\':
			return d.escaped(begin, i)
		case c < ' ':
			return "", d.rawControl(i)
		}
	}
	return "", d.noEnd(begin)
}

func (d *jsonDecoder) rawControl(at int) *decodeError {
	return d.fail(at, "a control byte in a string: expected \\u%04x", d.text[at])
}

func (d *jsonDecoder) noEnd(begin int) *decodeError {
	return d.fail(begin-1, "a string has no end: expected '\"', got the end of the text")
}

// escaped reads a string that began at begin and has its first escape at i.
func (d *jsonDecoder) escaped(begin, i int) (string, *decodeError) {
	out := append(make([]byte, 0, i-begin+32), d.text[begin:i]...)
	for i < len(d.text) {
		switch c := d.text[i]; {
		case c == '"':
			d.at = i + 1
			return string(out), nil
		case c < ' ':
			return "", d.rawControl(i)
		case c != '\\':
			out = append(out, c)
			i++
		default:
			var err *decodeError
			if out, i, err = d.escape(out, i); err != nil {
				return "", err
			}
		}
	}
	return "", d.noEnd(begin)
}

// escape appends what the escape at i stands for and returns where it ends.
func (d *jsonDecoder) escape(out []byte, i int) ([]byte, int, *decodeError) {
	var c byte
	if i+1 < len(d.text) {
		c = d.text[i+1]
	}
	switch c {
	case '"', '\\', '/':
		return append(out, c), i + 2, nil
	case 'b':
		return append(out, '\b'), i + 2, nil
	case 'f':
		return append(out, '\f'), i + 2, nil
	case 'n':
		return append(out, '\n'), i + 2, nil
	case 'r':
		return append(out, '\r'), i + 2, nil
	case 't':
		return append(out, '\t'), i + 2, nil
	case 'u':
		return d.unicode(out, i)
	}
	return nil, 0, d.fail(i, "an unknown escape: expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
}

// unicode appends the character of the \u escape at i, with the one behind it if they are a pair of surrogates. A
// surrogate without the other becomes U+FFFD: JavaScript writes such where it cut a string, and the rest of the text
// should not be lost for it.
func (d *jsonDecoder) unicode(out []byte, i int) ([]byte, int, *decodeError) {
	first, ok := hex4(d.text, i+2)
	if !ok {
		return nil, 0, d.fail(i, "expected four hexadecimal digits behind \\u")
	}
	i += 6
	if utf16.IsSurrogate(first) && strings.HasPrefix(d.text[i:], `\u`) {
		if second, ok := hex4(d.text, i+2); ok {
			if both := utf16.DecodeRune(first, second); both != utf8.RuneError {
				return utf8.AppendRune(out, both), i + 6, nil
			}
		}
	}
	return utf8.AppendRune(out, first), i, nil // which makes U+FFFD of a surrogate
}

func hex4(text string, at int) (rune, bool) {
	if at+4 > len(text) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(text[at : at+4]) {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
