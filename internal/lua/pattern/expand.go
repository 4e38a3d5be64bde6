package pattern

import (
	"io"
	"strings"
)

// Expand writes the replacement of the last match: the template with %0 replaced by the
// match, and %1 to %9 by the captures. A '%' before any other byte is left away, as in
// LuaJIT; at the end of the template it is a NUL. An error is an Error, or one of w or
// Steps.
func (m *Matcher) Expand(w io.StringWriter, template string) error {
	for {
		percent := strings.IndexByte(template, '%')
		if percent < 0 {
			return write(w, template)
		}
		if err := m.count(1 + percent/16); err != nil {
			return err
		}
		if err := write(w, template[:percent]); err != nil {
			return err
		}
		template = template[percent+1:]
		escaped := "\x00"
		if template != "" {
			escaped, template = template[:1], template[1:]
		}
		if err := m.expandEscape(w, escaped); err != nil {
			return err
		}
	}
}

func (m *Matcher) expandEscape(w io.StringWriter, escaped string) error {
	switch c := escaped[0]; {
	case c == '0':
		return write(w, m.subject[m.from:m.to])
	case c < '0' || c > '9':
		return write(w, escaped)
	default:
		from, to, position, err := m.Capture(int(c - '1'))
		switch {
		case err != nil:
			return err
		case position:
			return writeInt(w, from+1)
		}
		return write(w, m.subject[from:to])
	}
}

func write(w io.StringWriter, text string) error {
	if text == "" {
		return nil
	}
	_, err := w.WriteString(text)
	return err
}

// writeInt writes a positive number without a buffer, which would be on the heap.
func writeInt(w io.StringWriter, number int) error {
	if number >= 10 {
		if err := writeInt(w, number/10); err != nil {
			return err
		}
	}
	digit := number % 10
	return write(w, "0123456789"[digit:digit+1])
}
