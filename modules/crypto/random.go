package crypto

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/tidewire/tidewire/internal/lua/number"
	"github.com/tidewire/tidewire/lua"
)

// maxRandom is the most that random gives at once, in bytes.
const maxRandom = 1 << 20

// random is random(n): n bytes that nobody can guess.
func (m *module) random(c *lua.Call) error {
	n := c.Number(1)
	if err := c.Err(); err != nil {
		return err
	}
	if n != math.Trunc(n) || !(n >= 0 && n <= maxRandom) {
		return c.ArgError(1, fmt.Sprintf("whole number from 0 to %d expected, got %s", maxRandom,
			number.Append(nil, n)))
	}
	m.out.Room(int(n))
	for left := int(n); left > 0 && m.out.Err() == nil; {
		part := m.buffer[:min(left, piece)]
		if err := m.s.Step(len(part) / bytesPerStep); err != nil {
			m.out.Reset()
			return err
		}
		rand.Read(part) // never fails
		m.out.WriteBytes(part)
		left -= len(part)
	}
	clear(m.buffer[:])
	bytes, err := m.out.Value()
	if err != nil {
		return err
	}
	return c.Return(bytes)
}

// uuid is uuid(): a random one, version 4 of RFC 9562 §5.4.
func (m *module) uuid(c *lua.Call) error {
	var id [16]byte
	rand.Read(id[:]) // never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[:], id[:4])
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return c.ReturnBytes(text[:])
}
