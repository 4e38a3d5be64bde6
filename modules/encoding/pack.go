package encoding

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/lua"
)

// pack is pack(format, …): the values as bytes. An integer may be a number, or a string
// of decimal digits with 64 bits.
func (m *module) pack(c *lua.Call) error {
	l := newLayout(c, c.String(1))
	if err := c.Err(); err != nil {
		return err
	}
	p := packer{m, c, l}
	for arg := 2; ; {
		i, err := l.item(m.out.Len())
		if err != nil {
			return m.write(c, err)
		}
		if i.kind == endOfItems {
			return m.write(c, nil)
		}
		if err := p.pad(i.padding); err != nil {
			return m.write(c, err)
		}
		if err := p.item(i, arg); err != nil {
			return m.write(c, err)
		}
		if i.hasValue() {
			arg++
		}
	}
}

// packer packs the values of one call into the module's builder.
type packer struct {
	m *module
	c *lua.Call
	l *layout
}

// item packs an item, whose value, if it has one, is argument arg.
func (p packer) item(i item, arg int) error {
	switch i.kind {
	case signed, unsigned:
		v, err := p.integer(arg)
		if err != nil {
			return err
		}
		if problem := v.check(i); problem != "" {
			return p.c.ArgError(arg, problem)
		}
		return p.write(i.size, v.bits, v.negative && i.kind == signed)
	case float:
		f, err := p.number(arg)
		if err != nil {
			return err
		}
		return p.write(i.size, uint64(math.Float32bits(float32(f))), false)
	case double:
		f, err := p.number(arg)
		if err != nil {
			return err
		}
		return p.write(i.size, math.Float64bits(f), false)
	case padByte:
		return p.pad(1)
	case alignment:
		return nil
	}
	return p.text(i, arg)
}

// text packs a string.
func (p packer) text(i item, arg int) error {
	text := p.c.String(arg)
	if err := p.c.Err(); err != nil {
		return err
	}
	out := p.m.out
	switch i.kind {
	case fixedText:
		if len(text) > i.size {
			return p.c.ArgError(arg, "string longer than given size")
		}
		out.WriteString(text)
		return p.pad(i.size - len(text))
	case sizedText:
		if i.size < 8 && uint64(len(text)) >= 1<<(8*i.size) {
			return p.c.ArgError(arg, "string length does not fit in given size")
		}
		if err := p.write(i.size, uint64(len(text)), false); err != nil {
			return err
		}
		out.WriteString(text)
		return out.Err()
	}
	zero, err := p.m.indexZero(text)
	if err != nil {
		return err
	}
	if zero >= 0 {
		return p.c.ArgError(arg, "string contains zeros")
	}
	out.WriteString(text)
	return p.pad(1)
}

// pad writes zeros. A format of a few bytes may want more of them than a string has, which
// is refused before memory is filled with them.
func (p packer) pad(count int) error {
	if err := p.c.State().CheckLength(p.m.out.Len() + count); err != nil {
		return err
	}
	var zeros [64]byte
	for ; count > 0; count -= len(zeros) {
		if count > len(zeros) {
			if err := p.c.State().Step(1); err != nil {
				return err
			}
		}
		p.m.out.WriteBytes(zeros[:min(count, len(zeros))])
		if err := p.m.out.Err(); err != nil {
			return err
		}
	}
	return nil
}

// write packs the low bytes of an integer; beyond its 8 bytes come zeros, or ones.
func (p packer) write(size int, value uint64, ones bool) error {
	var packed [maxIntSize]byte
	binary.LittleEndian.PutUint64(packed[:], value)
	if ones {
		binary.LittleEndian.PutUint64(packed[8:], math.MaxUint64)
	}
	if p.l.bigEndian {
		reverse(packed[:size])
	}
	p.m.out.WriteBytes(packed[:size])
	return p.m.out.Err()
}

func reverse(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}

// number reads an argument that is a number.
func (p packer) number(arg int) (float64, error) {
	f := p.c.Number(arg)
	return f, p.c.Err()
}

// An integer has 64 bits, and is between -2^63 and 2^64-1.
type integer struct {
	bits     uint64
	negative bool
}

// integer reads an argument that is an integer.
func (p packer) integer(arg int) (integer, error) {
	if text, isText := p.c.Arg(arg).AsString(); isText {
		if v, ok := parseInteger(text); ok {
			return v, nil
		}
	}
	f, err := p.number(arg)
	if err != nil {
		return integer{}, err
	}
	switch {
	case f != math.Trunc(f) || !(f >= -1<<63 && f < 1<<64):
		return integer{}, p.c.ArgError(arg, "number has no integer representation")
	case f < 0:
		return integer{uint64(int64(f)), true}, nil
	}
	return integer{uint64(f), false}, nil
}

// parseInteger reads decimal digits, which a number would round.
func parseInteger(text string) (integer, bool) {
	if len(text) > len("-9223372036854775808") {
		return integer{}, false
	}
	if strings.HasPrefix(text, "-") {
		v, err := strconv.ParseInt(text, 10, 64)
		return integer{uint64(v), v < 0}, err == nil
	}
	v, err := strconv.ParseUint(text, 10, 64)
	return integer{v, false}, err == nil
}

// check returns why the integer does not fit an item, or "". A negative one passes as an
// unsigned one of 8 bytes, as it does in Lua 5.3.
func (v integer) check(i item) string {
	width := 8 * min(i.size, 8)
	switch {
	case i.kind == unsigned:
		if bits.Len64(v.bits) > width {
			return "unsigned overflow"
		}
	case v.negative:
		if int64(v.bits) < -1<<(width-1) {
			return "integer overflow"
		}
	case i.size <= 8 && bits.Len64(v.bits) > width-1:
		return "integer overflow"
	}
	return ""
}

// value returns the integer as Lua has it: a number, or beyond 2^53 a string of its
// digits.
func (v integer) value(s *lua.State) (lua.Value, error) {
	var digits [20]byte
	if v.negative {
		if i := int64(v.bits); i < -exactInteger {
			return s.Bytes(strconv.AppendInt(digits[:0], i, 10))
		}
		return lua.Number(float64(int64(v.bits))), nil
	}
	if v.bits <= exactInteger {
		return lua.Number(float64(v.bits)), nil
	}
	return s.Bytes(strconv.AppendUint(digits[:0], v.bits, 10))
}
