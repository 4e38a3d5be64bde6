package json

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tidewire/tidewire/internal/lua/number"
	"github.com/tidewire/tidewire/lua"
)

const (
	// maxNumber is the greatest length of a number, in bytes: each digit may matter, and
	// the time to look at all of them is bounded.
	maxNumber = 1 << 20

	// maxKeptPile is the greatest room, in values, that a decoder keeps from one call to
	// the next.
	maxKeptPile = 4 << 10

	pileValueBytes = 16

	// longKey is the length in bytes from which on a key with escapes is not copied.
	longKey = 1 << 10

	// membersAt is the number of keys and values whose steps are counted together.
	membersAt = 1 << 10

	// exactInteger is 2^53: beyond it numbers of Lua have gaps.
	exactInteger = 1 << 53
)

// decoder reads one JSON text (RFC 8259), strictly: any text outside the grammar is an
// error.
type decoder struct {
	m     *module
	s     *lua.State
	text  string
	at    int // the next byte
	depth int

	// bigAsText makes integers beyond 2^53 strings.
	bigAsText bool

	// pile holds the elements of the arrays, and the keys and values of the objects, that
	// are being read. Their number is known, and a table of the right size made, when
	// they end. Its memory is reserved.
	pile    []lua.Value
	pushing lua.Value // is about to be put on the pile

	unescaped *lua.Builder // of a string with escapes
}

// decode is json.decode(text [, options]): the value that the text spells.
func (m *module) decode(c *lua.Call) error {
	text, options := c.String(1), c.OptTable(2)
	if err := c.Err(); err != nil {
		return err
	}
	d := m.begin(text)
	value, err := d.run(c, options)
	m.end(d)
	switch err := err.(type) {
	case nil:
		return c.Return(value)
	case *decodeError:
		return c.Errorf("json.decode: %v", err)
	}
	return err
}

// begin returns a decoder for a text, which end takes back.
func (m *module) begin(text string) *decoder {
	d := m.decoder
	if d == nil {
		d = &decoder{m: m, s: m.s, unescaped: m.s.NewBuilder()}
	}
	m.decoder = nil
	m.decoders = append(m.decoders, d)
	d.text, d.at, d.depth, d.bigAsText = text, 0, 0, false
	return d
}

func (m *module) end(d *decoder) {
	last := len(m.decoders) - 1
	m.decoders[last] = nil
	m.decoders = m.decoders[:last]
	d.text = ""
	d.unescaped.Reset()
	if d.pop(0); cap(d.pile) > maxKeptPile {
		d.s.Unreserve(cap(d.pile) * pileValueBytes)
		d.pile = nil
	}
	if m.decoder != nil { // of a call within this one
		d.s.Unreserve(cap(m.decoder.pile) * pileValueBytes)
	}
	m.decoder = d
}

func (d *decoder) run(c *lua.Call, options *lua.Table) (lua.Value, error) {
	if options != nil {
		if err := d.read(c, options); err != nil {
			return lua.Nil, err
		}
	}
	if err := d.document(); err != nil {
		return lua.Nil, err
	}
	return d.pile[0], nil
}

// read reads decode's options.
func (d *decoder) read(c *lua.Call, options *lua.Table) error {
	const option = "bigint"
	for key := range options.All {
		if text, isText := key.AsString(); !isText || text != option {
			return c.ArgError(2, fmt.Sprintf("unknown option %s: the only one is '%s'", shown(key), option))
		}
	}
	value, err := d.s.Field(options.Value(), option)
	if err != nil || value.IsNil() {
		return err
	}
	if text, isText := value.AsString(); !isText || text != "string" {
		return c.ArgError(2, fmt.Sprintf("field '%s': 'string' expected, got %s", option, shown(value)))
	}
	d.bigAsText = true
	return nil
}

// decodeError is the first error in a text, with its place.
type decodeError struct {
	line, column int // from 1, the column in bytes
	story        string
}

func (e *decodeError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.line, e.column, e.story)
}

// fail returns the error for a byte of the text.
func (d *decoder) fail(at int, format string, args ...any) error {
	line, begin := 1, 0 // of the line
	for from := 0; from < at; from += piece {
		if err := d.s.Step(piece / bytesPerStep); err != nil {
			return err
		}
		part := d.text[from:min(from+piece, at)]
		line += strings.Count(part, "\n")
		if last := strings.LastIndexByte(part, '\n'); last >= 0 {
			begin = from + last + 1
		}
	}
	return &decodeError{line: line, column: at - begin + 1, story: fmt.Sprintf(format, args...)}
}

// expected returns the error that names the expected text and the text at the next byte.
func (d *decoder) expected(what string) error {
	return d.fail(d.at, "expected %s, got %s", what, d.next())
}

// next describes the next character for an error.
func (d *decoder) next() string {
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

// document reads the whole text and leaves its value on the pile.
func (d *decoder) document() error {
	if err := d.checkUTF8(); err != nil {
		return err
	}
	if err := d.value(); err != nil {
		return err
	}
	if err := d.skipSpace(); err != nil {
		return err
	}
	if d.at < len(d.text) {
		return d.expected("nothing behind the value")
	}
	return nil
}

// checkUTF8 refuses a text that is not UTF-8 (RFC 8259 §8.1).
func (d *decoder) checkUTF8() error {
	for from := 0; from < len(d.text); {
		part := wholeRunes(d.text[from:], piece)
		if err := d.s.Step(len(part) / bytesPerStep); err != nil {
			return err
		}
		if !utf8.ValidString(part) {
			at := from + invalidUTF8(part)
			return d.fail(at, "the text is not UTF-8 (byte 0x%02X)", d.text[at])
		}
		from += len(part)
	}
	return nil
}

// wholeRunes returns the beginning of a text, about size bytes long, whose end is not
// within a character.
func wholeRunes(text string, size int) string {
	if len(text) <= size {
		return text
	}
	end := size
	for end > size-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

func (d *decoder) skipSpace() error {
	for {
		end := min(d.at+piece, len(d.text))
		for d.at < end {
			switch d.text[d.at] {
			case ' ', '\n', '\r', '\t':
				d.at++
			default:
				return nil
			}
		}
		if d.at == len(d.text) {
			return nil
		}
		if err := d.s.Step(piece / bytesPerStep); err != nil {
			return err
		}
	}
}

// peek is the next byte, 0 at the end: no byte that the grammar has outside of strings.
func (d *decoder) peek() byte {
	if d.at < len(d.text) {
		return d.text[d.at]
	}
	return 0
}

// nextIs skips white space and reports whether a byte comes then, which it also skips.
func (d *decoder) nextIs(c byte) (bool, error) {
	if d.peek() <= ' ' {
		if err := d.skipSpace(); err != nil {
			return false, err
		}
	}
	if d.peek() != c {
		return false, nil
	}
	d.at++
	return true, nil
}

// value reads a value and puts it on the pile.
func (d *decoder) value() error {
	if err := d.s.Step(1); err != nil {
		return err
	}
	if d.peek() <= ' ' {
		if err := d.skipSpace(); err != nil {
			return err
		}
	}
	switch c := d.peek(); {
	case c == '"':
		return d.string()
	case c == '{':
		return d.nested((*decoder).object)
	case c == '[':
		return d.nested((*decoder).array)
	case c == '-' || '0' <= c && c <= '9':
		return d.number()
	case c == 't':
		return d.word("true", lua.True)
	case c == 'f':
		return d.word("false", lua.False)
	case c == 'n':
		return d.word("null", d.m.null)
	}
	return d.expected("a value")
}

func (d *decoder) word(word string, value lua.Value) error {
	if !strings.HasPrefix(d.text[d.at:], word) {
		return d.expected("a value")
	}
	d.at += len(word)
	return d.push(value)
}

// nested reads an array or an object, whose first byte comes next.
func (d *decoder) nested(read func(*decoder) error) error {
	if d.depth == maxDepth {
		return d.fail(d.at, "nested deeper than %d levels", maxDepth)
	}
	d.depth++
	d.at++
	err := read(d)
	d.depth--
	return err
}

func (d *decoder) array() error {
	begin := len(d.pile)
	if empty, err := d.nextIs(']'); empty || err != nil {
		return d.newArray(begin, err)
	}
	for {
		if err := d.value(); err != nil {
			return err
		}
		more, err := d.nextIs(',')
		if err != nil {
			return err
		}
		if more {
			continue
		}
		if d.peek() != ']' {
			return d.expected("',' or ']' behind an element")
		}
		d.at++
		return d.newArray(begin, nil)
	}
}

// newArray makes an array of the values on the pile from begin on, unless there was an
// error.
func (d *decoder) newArray(begin int, err error) error {
	if err != nil {
		return err
	}
	table, err := d.s.NewArray(d.pile[begin:]...)
	if err != nil {
		return err
	}
	table.SetMetatable(d.m.array)
	d.pop(begin)
	return d.push(table.Value())
}

func (d *decoder) object() error {
	begin := len(d.pile)
	if empty, err := d.nextIs('}'); empty || err != nil {
		return d.newObject(begin, err)
	}
	for {
		if err := d.member(); err != nil {
			return err
		}
		more, err := d.nextIs(',')
		if err != nil {
			return err
		}
		if more {
			continue
		}
		if d.peek() != '}' {
			return d.expected("',' or '}' behind a member")
		}
		d.at++
		return d.newObject(begin, nil)
	}
}

// member puts a key and its value on the pile.
func (d *decoder) member() error {
	if d.peek() <= ' ' {
		if err := d.skipSpace(); err != nil {
			return err
		}
	}
	if d.peek() != '"' {
		return d.expected("a key in quotes")
	}
	if err := d.key(); err != nil {
		return err
	}
	colon, err := d.nextIs(':')
	if err != nil {
		return err
	}
	if !colon {
		return d.expected("':' behind a key")
	}
	return d.value()
}

// newObject makes an object of the values on the pile from begin on, unless there was an
// error. Of equal keys the last one wins.
func (d *decoder) newObject(begin int, err error) error {
	if err != nil {
		return err
	}
	members := d.pile[begin:]
	table, err := d.s.NewTable(0, len(members)/2)
	if err != nil {
		return err
	}
	if err := d.push(table.Value()); err != nil { // it may grow: walks must find it
		return err
	}
	for i := 0; i < len(members); i += 2 {
		if i%membersAt == 0 {
			if err := d.s.Step(min(len(members)-i, membersAt) / 2); err != nil {
				return err
			}
		}
		if err := table.Set(members[i], members[i+1]); err != nil {
			return err
		}
	}
	d.pop(begin)
	return d.push(table.Value())
}

// push puts a value on the pile.
func (d *decoder) push(value lua.Value) error {
	if len(d.pile) == cap(d.pile) {
		d.pushing = value
		if err := d.grow(); err != nil {
			return err
		}
		d.pushing = lua.Nil
	}
	d.pile = append(d.pile, value)
	return nil
}

// grow makes room on the pile.
func (d *decoder) grow() error {
	size := max(2*cap(d.pile), 64)
	if err := d.s.Reserve(size * pileValueBytes); err != nil {
		return err
	}
	grown := make([]lua.Value, len(d.pile), size)
	copy(grown, d.pile)
	d.s.Unreserve(cap(d.pile) * pileValueBytes)
	d.pile = grown
	return nil
}

// pop shortens the pile.
func (d *decoder) pop(begin int) {
	clear(d.pile[begin:])
	d.pile = d.pile[:begin]
}

// number reads RFC 8259 §6.
func (d *decoder) number() error {
	begin := d.at
	if d.text[begin] == '-' {
		d.at++
	}
	whole := d.at
	integer := uint64(0) // if it has up to 15 digits
	for d.at < len(d.text) && isDigit(d.text[d.at]) && d.at-begin <= maxNumber {
		integer = integer*10 + uint64(d.text[d.at]-'0')
		d.at++
	}
	switch {
	case d.at == whole:
		return d.expected("a digit")
	case d.text[whole] == '0' && d.at > whole+1:
		return d.fail(begin, "a number begins with a needless 0")
	}
	if next := d.peek(); next != '.' && next|0x20 != 'e' {
		return d.integer(begin, whole, integer)
	}
	if d.peek() == '.' {
		if d.at++; !d.digits(begin) {
			return d.expected("a digit behind the point")
		}
	}
	if d.peek()|0x20 == 'e' {
		if d.at++; d.peek() == '+' || d.peek() == '-' {
			d.at++
		}
		if !d.digits(begin) {
			return d.expected("a digit of the exponent")
		}
	}
	return d.float(begin)
}

// integer puts on the pile the number that ends here, which has neither a point nor an
// exponent. value is right if it has up to 15 digits.
func (d *decoder) integer(begin, whole int, value uint64) error {
	if d.at-whole <= 15 {
		f := float64(value)
		if begin < whole {
			f = -f // of 0, too
		}
		return d.push(lua.Number(f))
	}
	if d.bigAsText && d.at-begin <= maxNumber && d.at-whole > 15 && isBig(d.text[whole:d.at]) {
		text, err := d.s.String(d.text[begin:d.at])
		if err != nil {
			return err
		}
		return d.push(text)
	}
	return d.float(begin)
}

// isBig reports whether an integer of more than 15 digits is larger than 2^53.
func isBig(digits string) bool {
	const limit = "9007199254740992" // exactInteger
	return len(digits) > len(limit) || len(digits) == len(limit) && digits > limit
}

// float puts on the pile the number that ends here.
func (d *decoder) float(begin int) error {
	text := d.text[begin:d.at]
	if len(text) > maxNumber {
		return d.fail(begin, "a number is longer than %d bytes", maxNumber)
	}
	if err := d.s.Step(len(text) / bytesPerStep); err != nil {
		return err
	}
	value, ok := number.Parse(text)
	if !ok { // it refuses exponents that are far out
		value, _ = strconv.ParseFloat(text, 64) // its grammar is wider: the error is of the range
	}
	if math.IsInf(value, 0) {
		return d.fail(begin, "a number is too large")
	}
	return d.push(lua.Number(value))
}

// digits skips digits of the number that began at begin, and reports whether there was at
// least one. It goes little further than the longest number.
func (d *decoder) digits(begin int) bool {
	from := d.at
	for d.at < len(d.text) && isDigit(d.text[d.at]) && d.at-begin <= maxNumber {
		d.at++
	}
	return d.at > from
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// string reads RFC 8259 §7, whose opening quote comes next, and puts it on the pile.
func (d *decoder) string() error {
	text, escaped, err := d.quoted()
	if err != nil {
		return err
	}
	var value lua.Value
	if escaped {
		value, err = d.unescaped.Value()
	} else {
		value, err = d.s.String(text)
	}
	if err != nil {
		return err
	}
	return d.push(value)
}

// key is string for a key.
func (d *decoder) key() error {
	text, escaped, err := d.quoted()
	if err != nil {
		return err
	}
	if escaped {
		if d.unescaped.Len() > longKey { // else there would be a copy that is not counted
			key, err := d.unescaped.Value()
			if err != nil {
				return err
			}
			return d.push(key)
		}
		text = string(d.unescaped.Bytes())
		d.unescaped.Reset()
	}
	key, err := d.s.Key(text)
	if err != nil {
		return err
	}
	return d.push(key)
}

// quoted reads a string. One without escapes is a part of the text; else it is in
// unescaped.
func (d *decoder) quoted() (text string, escaped bool, err error) {
	begin := d.at + 1
	at, err := d.plain(begin)
	if err != nil {
		return "", false, err
	}
	if at < len(d.text) && d.text[at] == '"' {
		d.at = at + 1
		return d.text[begin:at], false, nil
	}
	return "", true, d.unescape(begin, at)
}

// plain returns the place of the first quote, backslash or control byte from at on, or
// the end of the text.
func (d *decoder) plain(at int) (int, error) {
	for {
		end := min(at+piece, len(d.text))
		for at < end && !special[d.text[at]] {
			at++
		}
		if at < end || at == len(d.text) {
			return at, nil
		}
		if err := d.s.Step(piece / bytesPerStep); err != nil {
			return 0, err
		}
	}
}

// special has the bytes with a special meaning in a string.
var special = func() (table [256]bool) {
	for c := range ' ' {
		table[c] = true
	}
	table['"'], table['\\'] = true, true
	return table
}()

// unescape reads a string that began at begin and has its first special byte at i.
func (d *decoder) unescape(begin, i int) error {
	out := d.unescaped
	out.Reset()
	for from, counted := begin, begin; ; {
		if i-counted >= piece {
			if err := d.s.Step(piece / bytesPerStep); err != nil {
				return err
			}
			counted = i
		}
		if !out.WriteString(d.text[from:i]) {
			return out.Err()
		}
		switch {
		case i == len(d.text):
			return d.fail(begin-1, "a string has no end: expected '\"', got the end of the text")
		case d.text[i] == '"':
			d.at = i + 1
			return out.Err()
		case d.text[i] < ' ':
			return d.fail(i, "a control byte in a string: expected \\u%04x", d.text[i])
		}
		var err error
		if from, err = d.escape(i); err != nil {
			return err
		}
		if i, err = d.plain(from); err != nil {
			return err
		}
	}
}

// escape appends the character of the escape at i and returns where it ends.
func (d *decoder) escape(i int) (int, error) {
	var c byte
	if i+1 < len(d.text) {
		c = d.text[i+1]
	}
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return d.unicode(i)
	default:
		return 0, d.fail(i, "an unknown escape: expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
	}
	d.unescaped.AddByte(c)
	return i + 2, d.unescaped.Err()
}

// unicode appends the character of the \u escape at i, with the one after it if they are
// a pair of surrogates. A surrogate without the other becomes U+FFFD: JavaScript writes
// such where it cut a string, and the rest of the text should not be lost for it.
func (d *decoder) unicode(i int) (int, error) {
	r, ok := hex4(d.text, i+2)
	if !ok {
		return 0, d.fail(i, "expected four hexadecimal digits behind \\u")
	}
	i += 6
	if utf16.IsSurrogate(r) && strings.HasPrefix(d.text[i:], `\u`) {
		if second, ok := hex4(d.text, i+2); ok {
			if both := utf16.DecodeRune(r, second); both != utf8.RuneError {
				r = both
				i += 6
			}
		}
	}
	d.unescaped.Append(utf8.UTFMax, func(dst []byte) []byte {
		return utf8.AppendRune(dst, r) // which makes U+FFFD of a surrogate
	})
	return i, d.unescaped.Err()
}

func hex4(text string, at int) (rune, bool) {
	if at+4 > len(text) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(text[at : at+4]) {
		switch {
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
