// Package stringlib is Lua's string library on the VM of our own. Its messages and
// results are LuaJIT's.
package stringlib

import (
	"encoding/binary"

	"github.com/tidewire/tidewire/internal/lua/pattern"
	"github.com/tidewire/tidewire/lua"
)

// bytesPerStep is how many bytes that are copied or looked at count as a step.
const bytesPerStep = 64

// Open opens the library, and lets strings find their methods in it.
func Open(s *lua.State) error {
	l := &library{state: s, out: s.NewBuilder()}
	l.scan.Steps = l.steps
	t, err := s.NewModule("string",
		lua.Func{Name: "byte", Call: byteAt},
		lua.Func{Name: "char", Call: l.char},
		lua.Func{Name: "dump", Call: dump},
		lua.Func{Name: "find", Call: l.find},
		lua.Func{Name: "format", Call: l.format},
		lua.Func{Name: "gmatch", Call: l.gmatch},
		lua.Func{Name: "gsub", Call: l.gsub},
		lua.Func{Name: "len", Call: length},
		lua.Func{Name: "lower", Call: func(c *lua.Call) error { return l.changeCase(c, 'A') }},
		lua.Func{Name: "match", Call: l.match},
		lua.Func{Name: "rep", Call: l.rep},
		lua.Func{Name: "reverse", Call: l.reverse},
		lua.Func{Name: "sub", Call: l.sub},
		lua.Func{Name: "upper", Call: func(c *lua.Call) error { return l.changeCase(c, 'a') }},
	)
	if err != nil {
		return err
	}
	meta, err := s.NewTable(0, 1)
	if err != nil {
		return err
	}
	if err := meta.SetString("__index", t.Value()); err != nil {
		return err
	}
	s.SetTypeMetatable(lua.KindString, meta)
	return nil
}

// library is the data that the functions of one state share.
type library struct {
	state    *lua.State
	programs pattern.Cache
	scan     pattern.Matcher // of find, match and gmatch: see search
	replacer *replacer       // of gsub; nil before the first use
	out      *lua.Builder
	lent     bool // out is in use
}

// builder lends a builder; done takes it back. A function may call one that needs
// another.
func (l *library) builder() *lua.Builder {
	if l.lent {
		return l.state.NewBuilder()
	}
	l.lent = true
	return l.out
}

func (l *library) done(b *lua.Builder) {
	b.Reset()
	if b == l.out {
		l.lent = false
	}
}

// piece makes the first and last index that a script gives the Go indices of a piece of a
// string.
func piece(first, last, length int) (from, to int) {
	if last < 0 {
		last = max(last+length+1, 0)
	}
	if first < 0 {
		first = max(first+length+1, 1)
	}
	from, to = max(first, 1)-1, min(last, length)
	if from >= to {
		return 0, 0
	}
	return from, to
}

func length(c *lua.Call) error { return c.ReturnNumber(float64(len(c.String(1)))) }

func (l *library) sub(c *lua.Call) error {
	text := c.String(1)
	first, last := c.Int32(2), c.OptInt32(3, -1)
	if err := c.Err(); err != nil {
		return err
	}
	from, to := piece(first, last, len(text))
	if to-from == len(text) && c.Arg(1).Kind() == lua.KindString {
		return c.Return(c.Arg(1))
	}
	v, err := l.state.Piece(text[from:to])
	if err != nil {
		return err
	}
	return c.Return(v)
}

func byteAt(c *lua.Call) error {
	text := c.String(1)
	first := c.OptInt32(2, 1)
	last := c.OptInt32(3, first)
	if err := c.Err(); err != nil {
		return err
	}
	from, to := piece(first, last, len(text))
	if to-from == 1 {
		return c.ReturnNumber(float64(text[from]))
	}
	if to-from > maxResults {
		return c.Errorf("string slice too long")
	}
	if err := c.State().Step((to - from) / 8); err != nil {
		return err
	}
	for i := from; i < to; i++ {
		if err := c.Push(lua.Int(text[i])); err != nil {
			return err
		}
	}
	return c.ReturnPushed()
}

// maxResults is how many results string.byte gives at most, about as many as LuaJIT's
// stack holds.
const maxResults = 65_536

func (l *library) char(c *lua.Call) error {
	var room [shortText]byte
	n := c.Count()
	out := room[:min(n, len(room))]
	if n > len(room) {
		if err := c.State().Step(n / bytesPerStep); err != nil {
			return err
		}
		out = make([]byte, n) // bounded: arguments are on the Lua stack
	}
	for i := range out {
		code := c.Int32(i + 1)
		if code < 0 || code > 255 {
			if err := c.Err(); err != nil {
				return err
			}
			return c.ArgError(i+1, "invalid value")
		}
		out[i] = byte(code)
	}
	return l.returnPiece(c, out)
}

// shortText is how many bytes are put together on Go's stack.
const shortText = 32

// returnPiece returns a string of a few bytes.
func (l *library) returnPiece(c *lua.Call, text []byte) error {
	if err := c.Err(); err != nil {
		return err
	}
	v, err := l.state.Piece(string(text))
	if err != nil {
		return err
	}
	return c.Return(v)
}

func dump(c *lua.Call) error {
	f, strip := c.Function(1), c.Bool(2)
	if err := c.Err(); err != nil {
		return err
	}
	v, err := c.State().Dump(f, strip)
	if err != nil {
		return err
	}
	return c.Return(v)
}

// changeCase changes the case of ASCII letters that have the case of first, 'a' or 'A'.
func (l *library) changeCase(c *lua.Call, first byte) error {
	text := c.String(1)
	if len(text) <= shortText {
		var room [shortText]byte
		out := room[:copy(room[:], text)]
		flipCase(out, first)
		return l.returnPiece(c, out)
	}
	return l.rewrite(c, text, func(out []byte, from int) {
		copy(out, text[from:])
		flipCase(out, first)
	})
}

// flipCase changes the case of the letters from first, which is 'a' or 'A', to the end of
// its alphabet: eight bytes at a time, each with room for a carry in its highest bit.
func flipCase(text []byte, first byte) {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; len(text) >= 8; text = text[8:] {
		x := binary.LittleEndian.Uint64(text)
		low := x &^ high
		fromFirst := low + uint64(0x80-first)*ones
		behindLast := low + uint64(0x80-first-26)*ones
		letters := (fromFirst &^ behindLast) & high &^ x
		binary.LittleEndian.PutUint64(text, x^letters>>2)
	}
	for i, b := range text {
		if b-first < 26 {
			text[i] = b ^ 0x20
		}
	}
}

func (l *library) reverse(c *lua.Call) error {
	text := c.String(1)
	if len(text) <= shortText {
		var room [shortText]byte
		out := room[:len(text)]
		reverse(out, text, 0)
		return l.returnPiece(c, out)
	}
	return l.rewrite(c, text, func(out []byte, from int) { reverse(out, text, from) })
}

// reverse writes the bytes of the reversed text that begin at from.
func reverse(out []byte, text string, from int) {
	source := text[len(text)-from-len(out) : len(text)-from]
	for i := range out {
		out[i] = source[len(source)-1-i]
	}
}

// rewriteAt is how many bytes a rewriting function gets at once.
const rewriteAt = 64 << 10

// rewrite returns a string as long as a text. write gives the bytes from an index on,
// piece by piece.
func (l *library) rewrite(c *lua.Call, text string, write func(out []byte, from int)) error {
	b := l.builder()
	defer l.done(b)
	if !b.Room(len(text)) {
		return b.Err()
	}
	for from := 0; from < len(text); {
		n := min(len(text)-from, rewriteAt)
		if err := c.State().Step(n / bytesPerStep); err != nil {
			return err
		}
		b.Append(n, func(dst []byte) []byte {
			at := len(dst)
			dst = dst[:at+n]
			write(dst[at:], from)
			return dst
		})
		from += n
	}
	v, err := b.Value()
	if err != nil {
		return err
	}
	return c.Return(v)
}

// rep has LuaJIT's third argument, a separator.
func (l *library) rep(c *lua.Call) error {
	text, count, separator := c.String(1), c.Int32(2), c.OptString(3, "")
	if err := c.Err(); err != nil {
		return err
	}
	if count <= 0 || text == "" && separator == "" {
		return c.ReturnString("")
	}
	s := c.State()
	whole := int64(len(text))*int64(count) + int64(len(separator))*int64(count-1) // each has 31 bits
	size := int(whole)
	if int64(size) != whole {
		size = -1
	}
	if err := s.CheckLength(size); err != nil {
		return err
	}
	if size <= shortText {
		var room [shortText]byte
		out := room[:size]
		n := copy(out, text)
		n += copy(out[n:], separator)
		for n < size { // doubles the text so far
			n += copy(out[n:], out[:n])
		}
		return l.returnPiece(c, out)
	}
	b := l.builder()
	defer l.done(b)
	// The text and the separator once, then copies of the result so far.
	b.WriteString(text)
	if count > 1 {
		b.WriteString(separator)
	}
	for b.Err() == nil && b.Len() < size {
		from := b.Len() % (len(text) + len(separator)) // where in the text, or the separator, the next piece begins
		n := min(b.Len()-from, size-b.Len(), repeatedAt)
		if err := s.Step(n/bytesPerStep + 1); err != nil {
			return err
		}
		if !b.Room(size - b.Len()) {
			break
		}
		b.WriteBytes(b.Bytes()[from : from+n])
	}
	v, err := b.Value()
	if err != nil {
		return err
	}
	return c.Return(v)
}

// repeatedAt is how many bytes rep copies at once.
const repeatedAt = 1 << 20
