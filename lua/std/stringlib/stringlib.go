// Package stringlib is Lua's string library on the VM of our own. What it says and returns is LuaJIT's.
package stringlib

import (
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/pattern"
)

// bytesPerStep is how many bytes that are copied or looked at count as a step.
const bytesPerStep = 64

// Open opens the library, and lets strings find their methods in it.
func Open(s *lua.State) error {
	l := &library{state: s}
	t, err := s.NewModule("string",
		lua.Func{Name: "byte", Call: byteAt},
		lua.Func{Name: "char", Call: l.char},
		lua.Func{Name: "dump", Call: dump},
		lua.Func{Name: "find", Call: l.find},
		lua.Func{Name: "format", Call: l.format},
		lua.Func{Name: "gmatch", Call: l.gmatch},
		lua.Func{Name: "gsub", Call: l.gsub},
		lua.Func{Name: "len", Call: length},
		lua.Func{Name: "lower", Call: func(c *lua.Call) error { return l.changeCase(c, 'A', 'Z') }},
		lua.Func{Name: "match", Call: l.match},
		lua.Func{Name: "rep", Call: l.rep},
		lua.Func{Name: "reverse", Call: l.reverse},
		lua.Func{Name: "sub", Call: l.sub},
		lua.Func{Name: "upper", Call: func(c *lua.Call) error { return l.changeCase(c, 'a', 'z') }},
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

// library is what the functions of one state share.
type library struct {
	state    *lua.State
	programs pattern.Cache
	matchers []*pattern.Matcher // not in use
	singles  [256]lua.Value     // strings of one byte, made when they are first needed
	builders []*lua.Builder     // not in use
}

// builder lends a builder; done takes it back. A function may call one that needs another.
func (l *library) builder() *lua.Builder {
	if n := len(l.builders); n > 0 {
		b := l.builders[n-1]
		l.builders = l.builders[:n-1]
		return b
	}
	return l.state.NewBuilder()
}

func (l *library) done(b *lua.Builder) {
	b.Reset()
	l.builders = append(l.builders, b)
}

// piece makes the first and last index that a script gives the Go indices of a piece of a string.
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
	v, err := l.text(text[from:to])
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

// maxResults is how many results string.byte gives at most, about as many as LuaJIT's stack holds.
const maxResults = 65_536

func (l *library) char(c *lua.Call) error {
	var room [64]byte
	out := room[:0]
	n := c.Count()
	if n == 1 {
		if code := c.Int32(1); c.Err() == nil && code >= 0 && code <= 255 {
			room[0] = byte(code)
			v, err := l.text(string(room[:1]))
			if err != nil {
				return err
			}
			return c.Return(v)
		}
	}
	if n > len(room) {
		if err := c.State().Step(n / 8); err != nil {
			return err
		}
		out = make([]byte, 0, n) // as long as the stack allows arguments
	}
	for i := 1; i <= n; i++ {
		code := c.Int32(i)
		if err := c.Err(); err != nil {
			return err
		}
		if code < 0 || code > 255 {
			return c.ArgError(i, "invalid value")
		}
		out = append(out, byte(code))
	}
	return c.ReturnBytes(out)
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

// changeCase gives the bytes from first to last, letters of ASCII, the other case.
func (l *library) changeCase(c *lua.Call, first, last byte) error {
	return l.rewrite(c, func(out []byte, text string) {
		for i := 0; i < len(text); i++ {
			b := text[i]
			if first <= b && b <= last {
				b ^= 0x20
			}
			out[i] = b
		}
	})
}

func (l *library) reverse(c *lua.Call) error {
	text := c.String(1)
	n := len(text)
	return l.rewrite(c, func(out []byte, piece string) {
		// piece is the next one of the text; its bytes come from the other end.
		for i := range out {
			n--
			out[i] = text[n]
		}
	})
}

// rewriteAt is how many bytes a rewriting function gets at once.
const rewriteAt = 64 << 10

// rewrite returns a string as long as argument 1, whose bytes a function writes piece by piece.
func (l *library) rewrite(c *lua.Call, write func(out []byte, piece string)) error {
	text := c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	b := l.builder()
	defer l.done(b)
	for len(text) > 0 {
		piece := text[:min(len(text), rewriteAt)]
		text = text[len(piece):]
		if err := c.State().Step(len(piece) / bytesPerStep); err != nil {
			return err
		}
		if !b.Append(len(piece), func(dst []byte) []byte {
			n := len(dst)
			dst = dst[:n+len(piece)]
			write(dst[n:], piece)
			return dst
		}) {
			return b.Err()
		}
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
	size := len(text)*count + len(separator)*(count-1) // no overflow: the count has 31 bits, and so have lengths
	if err := s.CheckLength(size); err != nil {
		return err
	}
	b := l.builder()
	defer l.done(b)
	// The text and the separator once, then what is there already, again and again.
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
