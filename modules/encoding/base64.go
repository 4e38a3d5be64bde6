package encoding

import (
	"encoding/base64"
	"strings"

	"github.com/tidewire/tidewire/internal/modules/options"
	"github.com/tidewire/tidewire/lua"
)

// encodeBase64 is base64.encode(data [, {url=, pad=}]): RFC 4648 §4, or §5 with url.
func (m *module) encodeBase64(c *lua.Call) error {
	data := c.String(1)
	opts := options.Read(c, 2, "url", "pad")
	url := opts.Bool("url", false)
	pad := opts.Bool("pad", !url)
	if err := c.Err(); err != nil {
		return err
	}
	encoding := base64.StdEncoding
	if url {
		encoding = base64.URLEncoding
	}
	if !pad {
		encoding = encoding.WithPadding(base64.NoPadding)
	}
	if !m.out.Room(encoding.EncodedLen(len(data))) {
		return m.write(c, m.out.Err())
	}
	return m.write(c, m.pieces(data, func(part []byte) error {
		m.out.Append(encoding.EncodedLen(len(part)), func(dst []byte) []byte {
			return encoding.AppendEncode(dst, part)
		})
		return m.out.Err()
	}))
}

// decodeBase64 is base64.decode(text): the bytes, or nil and a message. Both alphabets
// are good, padding is optional, line breaks are skipped. Bits of the last character that
// belong to no byte are ignored, as most decoders do.
func (m *module) decodeBase64(c *lua.Call) error {
	text := c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	characters := len(text)
	err := m.parts(text, func(part string) error {
		for _, ignored := range []string{"\n", "\r", "="} {
			characters -= strings.Count(part, ignored)
		}
		return nil
	})
	if err == nil && !m.out.Room(characters*6/8) { // enough, and exact, so that nothing is copied in the end
		err = m.out.Err()
	}
	if err != nil {
		return m.write(c, err)
	}
	var d base64Decoder
	err = m.parts(text, func(part string) error {
		var bad error
		m.out.Append(0, func(dst []byte) []byte {
			dst, bad = d.append(dst, part)
			return dst
		})
		if bad != nil {
			return bad
		}
		return m.out.Err()
	})
	if err == nil {
		m.out.Append(0, func(dst []byte) []byte {
			dst, err = d.end(dst)
			return dst
		})
	}
	return m.write(c, err)
}

// base64Decoder reads base64 in pieces.
type base64Decoder struct {
	bits    uint32 // of the characters of a group that is not complete
	count   int    // of these characters
	padding int    // how many = there were
	before  int    // bytes of the pieces before
}

// The values of characters, beside those from 0 to 63.
const (
	lineBreak = 64 + iota
	padding64
	noBase64
)

var base64Values = func() (values [256]byte) {
	for i := range values {
		values[i] = noBase64
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") {
		values[c] = byte(i)
	}
	values['+'], values['-'] = 62, 62
	values['/'], values['_'] = 63, 63
	values['\r'], values['\n'], values['='] = lineBreak, lineBreak, padding64
	return values
}()

// append decodes a piece.
func (d *base64Decoder) append(dst []byte, text string) ([]byte, error) {
	for i := 0; i < len(text); {
		if d.count == 0 && d.padding == 0 {
			for ; i+4 <= len(text); i += 4 {
				v0, v1 := base64Values[text[i]], base64Values[text[i+1]]
				v2, v3 := base64Values[text[i+2]], base64Values[text[i+3]]
				if (v0|v1|v2|v3)&64 != 0 {
					break
				}
				group := uint32(v0)<<18 | uint32(v1)<<12 | uint32(v2)<<6 | uint32(v3)
				dst = append(dst, byte(group>>16), byte(group>>8), byte(group))
			}
			if i == len(text) {
				break
			}
		}
		switch v := base64Values[text[i]]; {
		case v == lineBreak:
		case v == padding64 && d.count+d.padding >= 2 && d.count+d.padding < 4:
			d.padding++
		case v >= 64 || d.padding > 0:
			return dst, wrong(d.before+i, text[i], d.expected())
		default:
			dst = d.add(dst, v)
		}
		i++
	}
	d.before += len(text)
	return dst, nil
}

// add takes the value of a character.
func (d *base64Decoder) add(dst []byte, v byte) []byte {
	d.bits = d.bits<<6 | uint32(v)
	if d.count++; d.count < 4 {
		return dst
	}
	d.count = 0
	return append(dst, byte(d.bits>>16), byte(d.bits>>8), byte(d.bits))
}

// expected is what may come next.
func (d *base64Decoder) expected() string {
	switch {
	case d.count+d.padding == 4:
		return "nothing behind the padding"
	case d.padding > 0:
		return "'='"
	}
	return "a character of base64"
}

// end decodes the last group.
func (d *base64Decoder) end(dst []byte) ([]byte, error) {
	switch {
	case d.count == 1:
		return dst, &mistake{d.before + 1, "the text ends within a group of base64"}
	case d.padding > 0 && d.count+d.padding != 4:
		return dst, &mistake{d.before + 1, "the text ends within its padding"}
	case d.count == 2:
		dst = append(dst, byte(d.bits>>4))
	case d.count == 3:
		dst = append(dst, byte(d.bits>>10), byte(d.bits>>2))
	}
	return dst, nil
}
