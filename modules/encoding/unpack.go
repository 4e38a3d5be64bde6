package encoding

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/tidewire/tidewire/lua"
)

const (
	// maxResults is how many values unpack returns at most. A coroutine's stack has room
	// for a few more.
	maxResults = 200_000

	resultBytes = 16

	// maxKept is how many results' room is kept from one call to the next.
	maxKept = 256
)

// tooShort begins the message for data that ends too early: Lua's words.
const tooShort = "data string too short"

// unpack is unpack(format, data [, position]): the values, then the position behind them;
// or nil and a message if the data is too short or does not fit.
func (m *module) unpack(c *lua.Call) error {
	l := newLayout(c, c.String(1))
	data, position := c.String(2), c.OptInt(3, 1)
	if err := c.Err(); err != nil {
		return err
	}
	if position < 0 {
		position += len(data) + 1
	}
	if position < 1 || position > len(data)+1 {
		return c.ArgError(3, "initial position out of string")
	}
	u := unpacker{m: m, c: c, l: l, data: data, at: position - 1}
	err := u.run()
	if err == nil {
		err = c.Return(m.results...)
	}
	m.dropResults()
	if problem, isProblem := err.(unfit); isProblem {
		return m.refuse(c, string(problem))
	}
	return err
}

// dropResults forgets the results, and most of their room.
func (m *module) dropResults() {
	clear(m.results)
	if m.results = m.results[:0]; cap(m.results) > maxKept {
		m.s.Unreserve(cap(m.results) * resultBytes)
		m.results = nil
	}
}

// add adds a result.
func (m *module) add(value lua.Value) error {
	if len(m.results) == cap(m.results) {
		if len(m.results) >= maxResults {
			return m.s.Errorf("too many results to unpack")
		}
		size := min(max(2*cap(m.results), 16), maxResults)
		if err := m.s.Reserve((size - cap(m.results)) * resultBytes); err != nil {
			return err
		}
		m.results = append(make([]lua.Value, 0, size), m.results...)
	}
	m.results = append(m.results, value)
	return nil
}

// unfit says why data does not fit a format.
type unfit string

func (e unfit) Error() string { return string(e) }

// unpacker reads the items of one call.
type unpacker struct {
	m    *module
	c    *lua.Call
	l    *layout
	data string
	at   int // the next byte
}

// run leaves all values, and the position behind them, in the module's results.
func (u *unpacker) run() error {
	for {
		i, err := u.l.item(u.at)
		if err != nil {
			return err
		}
		if i.kind == endOfItems {
			return u.m.add(lua.Int(u.at + 1))
		}
		if err := u.need(i, i.padding+i.size); err != nil {
			return err
		}
		u.at += i.padding
		if !i.hasValue() {
			u.at += i.size
			continue
		}
		value, err := u.value(i)
		if err != nil {
			return err
		}
		if err := u.m.add(value); err != nil {
			return err
		}
	}
}

// need makes sure that so many bytes are left.
func (u *unpacker) need(i item, count int) error {
	if left := len(u.data) - u.at; count > left {
		return u.tooShort(i, uint64(count))
	}
	return nil
}

func (u *unpacker) tooShort(i item, count uint64) error {
	return unfit(fmt.Sprintf("%s: %s at byte %d (needs %d, left %d)", tooShort, i.describe(), u.at+1, count,
		len(u.data)-u.at))
}

// take returns the next bytes, which are there.
func (u *unpacker) take(count int) string {
	text := u.data[u.at : u.at+count]
	u.at += count
	return text
}

func (u *unpacker) value(i item) (lua.Value, error) {
	switch i.kind {
	case signed, unsigned:
		v, err := u.integer(i)
		if err != nil {
			return lua.Nil, err
		}
		return v.value(u.m.s)
	case float:
		return lua.Number(float64(math.Float32frombits(uint32(u.low(i.size))))), nil
	case double:
		return lua.Number(math.Float64frombits(u.low(i.size))), nil
	case fixedText:
		return u.m.s.Piece(u.take(i.size))
	case sizedText:
		return u.sized(i)
	}
	return u.zeroEnded(i)
}

// sized reads a string behind its length.
func (u *unpacker) sized(i item) (lua.Value, error) {
	v, err := u.integer(item{option: i.option, kind: unsigned, size: i.size})
	if err != nil {
		return lua.Nil, err
	}
	if left := uint64(len(u.data) - u.at); v.bits > left {
		return lua.Nil, u.tooShort(i, v.bits)
	}
	return u.m.s.Piece(u.take(int(v.bits)))
}

// zeroEnded reads a string up to a zero.
func (u *unpacker) zeroEnded(i item) (lua.Value, error) {
	length, err := u.m.indexZero(u.data[u.at:])
	if err != nil {
		return lua.Nil, err
	}
	if length < 0 {
		return lua.Nil, unfit(fmt.Sprintf("%s: %s at byte %d has no zero at its end", tooShort, i.describe(), u.at+1))
	}
	text := u.take(length)
	u.at++
	return u.m.s.Piece(text)
}

// indexZero returns the place of the first zero in a text, or -1.
func (m *module) indexZero(text string) (int, error) {
	for from := 0; from < len(text); from += piece {
		part := text[from:min(from+piece, len(text))]
		at := strings.IndexByte(part, 0)
		if at >= 0 {
			return from + at, m.s.Step(at / bytesPerStep)
		}
		if err := m.s.Step(len(part) / bytesPerStep); err != nil {
			return 0, err
		}
	}
	return -1, nil
}

// low reads an integer of up to 8 bytes.
func (u *unpacker) low(size int) uint64 {
	packed := u.bytes(size)
	return binary.LittleEndian.Uint64(packed[:])
}

// bytes reads the bytes of an integer, the lowest first.
func (u *unpacker) bytes(size int) (packed [maxIntSize]byte) {
	copy(packed[:], u.take(size))
	if u.l.bigEndian {
		reverse(packed[:size])
	}
	return packed
}

// integer reads an integer, whose upper bytes may only repeat its sign.
func (u *unpacker) integer(i item) (integer, error) {
	at := u.at
	packed := u.bytes(i.size)
	v := integer{bits: binary.LittleEndian.Uint64(packed[:])}
	v.negative = i.kind == signed && packed[i.size-1]&0x80 != 0
	upper := byte(0)
	if v.negative {
		upper = 0xff
		v.bits |= math.MaxUint64 << (8*min(i.size, 8) - 1)
	}
	fits := !v.negative || packed[min(i.size, 8)-1]&0x80 != 0
	for _, b := range packed[min(i.size, 8):i.size] {
		fits = fits && b == upper
	}
	if !fits {
		return v, unfit(fmt.Sprintf("%d-byte integer at byte %d does not fit into 64 bits", i.size, at+1))
	}
	return v, nil
}
