package stringlib

import (
	"fmt"

	"github.com/tidewire/tidewire/internal/lua/format"
	"github.com/tidewire/tidewire/lua"
)

// format is string.format.
func (l *library) format(c *lua.Call) error {
	rest := c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	b := l.builder()
	defer l.done(b)
	for argument := 2; ; argument++ {
		text, directive, after, err := format.Next(rest)
		if !b.WriteString(text) {
			return b.Err()
		}
		if err != nil {
			return c.Errorf("%s", err)
		}
		if err := c.State().Step(1); err != nil {
			return err
		}
		if directive.Verb == 0 {
			if after == "" {
				break
			}
			rest = after
			argument--
			continue
		}
		rest = after
		c.Any(argument)
		if err := c.Err(); err != nil {
			return err
		}
		if err := write(c, b, directive, argument); err != nil {
			return err
		}
	}
	v, err := b.Value()
	if err != nil {
		return err
	}
	return c.Return(v)
}

const (
	cheapNumber   = 32 // digits, which take less time than a call
	digitsPerStep = 8  // of a number with more
	quotedAt      = 64 << 10
)

// write appends an argument as a directive has it.
func write(c *lua.Call, b *lua.Builder, d format.Directive, argument int) error {
	switch d.Kind() {
	case format.Number:
		f := c.Number(argument)
		if err := c.Err(); err != nil {
			return err
		}
		before := b.Len()
		b.Append(format.MaxNumber, func(dst []byte) []byte { return d.AppendNumber(dst, f) })
		if n := b.Len() - before; n > cheapNumber {
			return c.State().Step(n / digitsPerStep)
		}
	case format.String, format.Quoted:
		v, err := c.State().ToString(c.Arg(argument))
		if err != nil {
			return err
		}
		text, isText := lua.ToText(v)
		if !isText { // the result of a __tostring
			text = v.Describe()
		}
		if d.Kind() == format.Quoted {
			return writeQuoted(c, b, text)
		} else if d.IsPlain() || d.StringSize(len(text)) == len(text) {
			b.WriteString(text)
		} else {
			b.Append(d.StringSize(len(text)), func(dst []byte) []byte { return d.AppendString(dst, text) })
		}
	case format.Pointer:
		if address := c.Arg(argument).Address(); address != 0 {
			b.WriteString(fmt.Sprintf("0x%012x", address))
		} else {
			b.WriteString("NULL")
		}
	}
	return b.Err()
}

// writeQuoted appends a text as %q has it, a piece at a time.
func writeQuoted(c *lua.Call, b *lua.Builder, text string) error {
	b.AddByte('"')
	for len(text) > 0 && b.Err() == nil {
		part := format.EscapedPiece(text, quotedAt)
		if err := c.State().Step(len(part) / bytesPerStep); err != nil {
			return err
		}
		b.Append(format.EscapedSize(part), func(dst []byte) []byte { return format.AppendEscaped(dst, part) })
		text = text[len(part):]
	}
	b.AddByte('"')
	return b.Err()
}
