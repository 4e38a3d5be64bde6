package iolib

import (
	"bufio"
	"errors"
	"io"
	"math"
	"strings"

	"github.com/tidewire/tidewire/internal/lua/number"
	"github.com/tidewire/tidewire/lua"
)

const (
	// maxNumeral bounds the bytes that read("*n") looks at for one number.
	maxNumeral = 4096

	// firstChunk is the size of the first read of a file of unknown size, in bytes.
	firstChunk = 4 << 10

	// maxIdle bounds the reads in a row that return nothing, as package bufio does.
	maxIdle = 100
)

// A format describes the result of one read.
type format struct {
	kind  formatKind
	count int // of bytes
}

type formatKind uint8

const (
	line formatKind = iota
	wholeLine
	numeral
	rest
	bytes
	invalidFormat
	invalidOption
)

// formatOf reads a format. An invalid one is reported only when it is used: by then
// LuaJIT has read for the formats before it.
func formatOf(v lua.Value) format {
	if n, isNumber := v.AsNumber(); isNumber {
		return format{bytes, int(min(max(n, 0), math.MaxInt32))} // NaN is 0
	}
	text, isText := v.AsString()
	if !isText {
		return format{kind: invalidOption}
	}
	text = strings.TrimPrefix(text, "*")
	switch text[:min(1, len(text))] { // "*all" and "*line" are common
	case "l":
		return format{kind: line}
	case "L":
		return format{kind: wholeLine}
	case "n":
		return format{kind: numeral}
	case "a":
		return format{kind: rest}
	}
	return format{kind: invalidFormat}
}

// readFile reads by the formats from argument first on, or a line.
func (l *library) readFile(c *lua.Call, f *file, first int) error {
	if f.source == nil {
		return l.fail(c, "", badFile)
	}
	if c.Count() < first {
		v, err := l.readOne(f, format{})
		if err != nil {
			return l.fail(c, "", err)
		}
		return c.Return(v)
	}
	var room [8]lua.Value
	values := room[:0]
	for i := first; i <= c.Count(); i++ {
		next := formatOf(c.Arg(i))
		if err := next.check(c, i); err != nil {
			return err
		}
		v, err := l.readOne(f, next)
		if err != nil {
			return l.fail(c, "", err)
		}
		if values = append(values, v); v.IsNil() {
			break
		}
	}
	return c.Return(values...)
}

// check blames an argument for an invalid format.
func (f format) check(c *lua.Call, n int) error {
	switch f.kind {
	case invalidFormat:
		return c.ArgError(n, "invalid format")
	case invalidOption:
		return c.ArgError(n, "invalid option")
	}
	return nil
}

// readOne reads by one format. At the end of the file it returns nil.
func (l *library) readOne(f *file, next format) (v lua.Value, err error) {
	if err := l.beginReading(f); err != nil {
		return lua.Nil, err
	}
	switch next.kind {
	case line, wholeLine:
		v, err = l.readLine(f.reader, next.kind == wholeLine)
	case numeral:
		v, err = l.readNumber(f.reader)
	case rest:
		v, err = l.readUpTo(f.reader, math.MaxInt)
	default:
		v, err = l.readBytes(f.reader, next.count)
	}
	if errors.Is(err, io.EOF) {
		return lua.Nil, nil
	}
	return v, err
}

// readLine reads up to the end of a line or of the file.
func (l *library) readLine(r *bufio.Reader, keepEnd bool) (lua.Value, error) {
	part, err := r.ReadSlice('\n')
	if err == nil {
		return l.lineOf(part, keepEnd)
	}
	b := l.s.NewBuilder()
	defer b.Reset()
	for {
		if !b.WriteBytes(part) { // which counts the steps
			return lua.Nil, b.Err()
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			part, err = r.ReadSlice('\n')
		case err == nil, errors.Is(err, io.EOF) && b.Len() > 0:
			return l.lineOf(b.Bytes(), keepEnd || err != nil)
		default:
			return lua.Nil, err
		}
	}
}

func (l *library) lineOf(text []byte, keepEnd bool) (lua.Value, error) {
	if !keepEnd {
		text = text[:len(text)-1]
	}
	return l.s.Bytes(text)
}

// readBytes reads up to so many bytes. 0 asks whether there are any.
func (l *library) readBytes(r *bufio.Reader, count int) (lua.Value, error) {
	if _, err := r.Peek(1); err != nil {
		return lua.Nil, err
	}
	if count > r.Buffered() {
		return l.readUpTo(r, count)
	}
	text, err := r.Peek(count)
	if err != nil {
		return lua.Nil, err
	}
	v, err := l.s.Bytes(text)
	_, _ = r.Discard(count) // it is in the buffer
	return v, err
}

// readUpTo reads so many bytes, or fewer at the end of the file.
func (l *library) readUpTo(r *bufio.Reader, count int) (lua.Value, error) {
	b := l.s.NewBuilder()
	defer b.Reset()
	for idle := 0; b.Len() < count; {
		chunk := min(count-b.Len(), min(max(b.Len(), firstChunk), piece))
		if err := l.s.Step(1 + chunk/bytesPerStep); err != nil {
			return lua.Nil, err
		}
		before := b.Len()
		var err error
		b.Append(chunk, func(dst []byte) []byte {
			var n int
			n, err = r.Read(dst[len(dst) : len(dst)+chunk])
			return dst[:len(dst)+n]
		})
		if b.Err() != nil {
			return lua.Nil, b.Err()
		}
		if idle++; b.Len() > before {
			idle = 0
		}
		switch {
		case errors.Is(err, io.EOF):
			return b.Value()
		case err == nil && idle == maxIdle:
			return lua.Nil, io.ErrNoProgress
		case err != nil:
			return lua.Nil, err
		}
	}
	return b.Value()
}

// readNumber reads a number as C's scanf does: the byte that cannot go on with one stays
// unread.
func (l *library) readNumber(r *bufio.Reader) (lua.Value, error) {
	var text []byte
	for looked := 0; len(text) < maxNumeral; looked++ {
		if looked%bytesPerStep == 0 {
			if err := l.s.Step(1 + len(text)); err != nil { // each of which is looked through for each byte
				return lua.Nil, err
			}
		}
		next, err := r.Peek(1)
		if err != nil && !errors.Is(err, io.EOF) {
			return lua.Nil, err
		}
		if err != nil || len(text) > 0 && !continuesNumber(text, next[0]) {
			break
		}
		switch next[0] {
		case ' ', '\t', '\n', '\v', '\f', '\r':
		default:
			if len(text) == 0 && !continuesNumber(nil, next[0]) {
				return lua.Nil, nil
			}
			text = append(text, next[0]|lowerCase(next[0]))
		}
		_, _ = r.Discard(1) // it is in the buffer
	}
	if n, ok := special(string(text)); ok {
		return lua.Number(n), nil
	}
	if n, ok := number.Parse(string(text)); ok {
		return lua.Number(n), nil
	}
	// C has read the beginning of an exponent, and goes without it.
	mantissa := strings.TrimRight(strings.TrimRight(string(text), "+-"), "ep")
	if n, ok := number.Parse(mantissa); ok {
		return lua.Number(n), nil
	}
	return lua.Nil, nil
}

// lowerCase is the bit that makes a letter a small one.
func lowerCase(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return 'a' - 'A'
	}
	return 0
}

// special returns the number that a word names.
func special(text string) (n float64, ok bool) {
	word := strings.TrimLeft(text, "+-")
	switch word {
	case "inf", "infinity":
		n = math.Inf(1)
	case "nan":
		n = math.NaN()
	default:
		return 0, false
	}
	if strings.HasPrefix(text, "-") {
		n = -n
	}
	return n, true
}

// continuesNumber reports whether a byte may follow the beginning of a number.
func continuesNumber(begun []byte, next byte) bool {
	next |= lowerCase(next)
	text := string(begun)
	word := strings.TrimLeft(text, "+-")
	for _, known := range []string{"infinity", "nan"} {
		if strings.HasPrefix(known, word) && len(word) < len(known) && known[len(word)] == next {
			return true
		}
	}
	if word != "" && (word[0] == 'i' || word[0] == 'n') {
		return false
	}
	hex := strings.Contains(text, "x")
	exponent := "e"
	if hex {
		exponent = "p"
	}
	switch {
	case next >= '0' && next <= '9':
		return true
	case next == '+' || next == '-':
		return text == "" || strings.HasSuffix(text, exponent)
	case next == '.':
		return !strings.ContainsAny(text, "."+exponent)
	case next == 'x':
		return word == "0"
	case next == exponent[0]:
		return !strings.Contains(text, exponent) && strings.ContainsAny(text, "0123456789")
	}
	return hex && next >= 'a' && next <= 'f' && !strings.Contains(text, "p")
}
