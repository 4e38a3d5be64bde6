package encoding

import (
	"encoding/base64"
	"encoding/binary"
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
	characters, err := m.base64Characters(text)
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

// base64Characters counts the characters of a text without its line breaks and padding. Of
// texts that are not as they should be it counts some more.
func (m *module) base64Characters(text string) (count int, err error) {
	end := max(len(text)-4, 0)
	count = end + len(strings.TrimRight(text[end:], "=\r\n"))
	for _, lineBreak := range []string{"\n", "\r"} {
		before := count
		if err = m.parts(text, func(part string) error {
			count -= strings.Count(part, lineBreak)
			return nil
		}); err != nil || count == before { // mostly there are none at all
			break
		}
	}
	return count, err
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
			var n int
			dst, n = appendGroups(dst, text[i:])
			if i += n; i == len(text) {
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

// shiftedValues has the values of characters at each of the four places of a group.
var shiftedValues = func() (shifted [4][256]uint32) {
	for c, v := range base64Values {
		for place := range shifted {
			if shifted[place][c] = uint32(v) << (18 - 6*place); v >= 64 {
				shifted[place][c] = noGroup
			}
		}
	}
	return shifted
}()

// noGroup is the value of anything but a character.
const noGroup = 1 << 31

// appendGroups decodes pairs of groups, for as long as there are only characters and dst
// has room for two bytes more. It returns how much of the text it has read.
func appendGroups(dst []byte, text string) (longer []byte, read int) {
	first, second, third, fourth := &shiftedValues[0], &shiftedValues[1], &shiftedValues[2], &shiftedValues[3]
	room, rest := dst[len(dst):cap(dst)], text
	for len(rest) >= 8 && len(room) >= 8 {
		high := first[rest[0]] | second[rest[1]] | third[rest[2]] | fourth[rest[3]]
		low := first[rest[4]] | second[rest[5]] | third[rest[6]] | fourth[rest[7]]
		if (high|low)&noGroup != 0 {
			break
		}
		binary.BigEndian.PutUint64(room, uint64(high)<<40|uint64(low)<<16)
		rest, room = rest[8:], room[6:]
	}
	return dst[:cap(dst)-len(room)], len(text) - len(rest)
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
