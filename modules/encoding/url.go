package encoding

import "github.com/tidewire/tidewire/lua"

// unreserved are the characters that need no escape (RFC 3986 §2.3).
var unreserved = func() (table [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") {
		table[c] = true
	}
	return table
}()

// encodeURL is url.encode(text): every byte but the unreserved ones is escaped.
func (m *module) encodeURL(c *lua.Call) error {
	text := c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	return m.write(c, m.escape(text))
}

// escape appends a text.
func (m *module) escape(text string) error {
	escapes := 0
	if err := m.parts(text, func(part string) error {
		for i := range len(part) {
			if !unreserved[part[i]] {
				escapes++
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if escapes == 0 {
		m.out.WriteString(text)
		return m.out.Err()
	}
	if !m.out.Room(len(text) + 2*escapes) {
		return m.out.Err()
	}
	return m.parts(text, func(part string) error {
		m.out.Append(0, func(dst []byte) []byte { return appendEscaped(dst, part) })
		return m.out.Err()
	})
}

// appendEscaped writes as many bytes as Append made room for: the whole text's are
// counted before.
func appendEscaped(dst []byte, text string) []byte {
	const digits = "0123456789ABCDEF"
	for _, c := range []byte(text) {
		if unreserved[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}

// decodeURL is url.decode(text): the text without escapes, or nil and a message. All
// other bytes stay, + included.
func (m *module) decodeURL(c *lua.Call) error {
	text := c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	return m.write(c, m.unescape(text))
}

func (m *module) unescape(text string) error {
	if !m.out.Room(len(text)) {
		return m.out.Err()
	}
	for at := 0; at < len(text); {
		end := min(at+piece, len(text))
		if err := m.s.Step((end - at) / bytesPerStep); err != nil {
			return err
		}
		var err error
		m.out.Append(0, func(dst []byte) []byte {
			dst, at, err = appendUnescaped(dst, text, at, end)
			return dst
		})
		if err != nil {
			return err
		}
	}
	return m.out.Err()
}

// appendUnescaped decodes the escapes that begin between at and end, and returns where it
// has come to.
func appendUnescaped(dst []byte, text string, at, end int) ([]byte, int, error) {
	for at < end {
		if text[at] != '%' {
			dst = append(dst, text[at])
			at++
			continue
		}
		var value byte
		for i := at + 1; i <= at+2; i++ {
			if i >= len(text) {
				return dst, at, &mistake{at + 1, "the text ends within an escape: expected two hexadecimal digits " +
					"behind '%'"}
			}
			digit, ok := hexValue(text[i])
			if !ok {
				return dst, at, wrong(i, text[i], "two hexadecimal digits behind '%'")
			}
			value = value<<4 | digit
		}
		dst = append(dst, value)
		at += 3
	}
	return dst, at, nil
}
