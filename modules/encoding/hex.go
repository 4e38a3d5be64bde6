package encoding

import (
	"encoding/hex"

	"github.com/tidewire/tidewire/lua"
)

// encodeHex is hex.encode(data): two digits a byte, in lower case.
func (m *module) encodeHex(c *lua.Call) error {
	data := c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	if !m.out.Room(hex.EncodedLen(len(data))) {
		return m.write(c, m.out.Err())
	}
	return m.write(c, m.pieces(data, func(part []byte) error {
		m.out.Append(hex.EncodedLen(len(part)), func(dst []byte) []byte { return hex.AppendEncode(dst, part) })
		return m.out.Err()
	}))
}

// decodeHex is hex.decode(text): the bytes, or nil and a message.
func (m *module) decodeHex(c *lua.Call) error {
	text := c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	if !m.out.Room(hex.DecodedLen(len(text))) {
		return m.write(c, m.out.Err())
	}
	before := 0
	return m.write(c, m.pieces(text, func(part []byte) error {
		var err error
		m.out.Append(hex.DecodedLen(len(part)), func(dst []byte) []byte {
			dst, err = hex.AppendDecode(dst, part)
			return dst
		})
		if err != nil {
			return hexMistake(part, before)
		}
		before += len(part)
		return m.out.Err()
	}))
}

// hexMistake finds the mistake in a piece, before which there were some bytes.
func hexMistake(part []byte, before int) error {
	for i, c := range part {
		if _, isDigit := hexValue(c); !isDigit {
			return wrong(before+i, c, "a hexadecimal digit")
		}
	}
	return &mistake{before + len(part) + 1, "the text ends within a byte: expected an even number of digits"}
}

func hexValue(c byte) (value byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
