// Package bitlib is LuaJIT's library bit: operations on the bits of signed 32-bit
// numbers.
package bitlib

import (
	"math"
	"math/bits"

	"github.com/tidewire/tidewire/lua"
)

// Open opens the library in a state: the global bit.
func Open(s *lua.State) error {
	_, err := s.NewModule("bit", functions...)
	return err
}

var functions = []lua.Func{
	{Name: "tobit", Call: unary(func(x uint32) uint32 { return x })},
	{Name: "bnot", Call: unary(func(x uint32) uint32 { return ^x })},
	{Name: "bswap", Call: unary(bits.ReverseBytes32)},
	{Name: "band", Call: band},
	{Name: "bor", Call: bor},
	{Name: "bxor", Call: bxor},
	{Name: "lshift", Call: lshift},
	{Name: "rshift", Call: rshift},
	{Name: "arshift", Call: arshift},
	{Name: "rol", Call: rol},
	{Name: "ror", Call: ror},
	{Name: "tohex", Call: tohex},
}

// operand returns an argument's bits: rounded to a whole number, halves to even, and
// taken modulo 2^32. Beyond 2^51 they are the bits that the addition in BitOp's manual
// leaves in a sum's mantissa.
func operand(c *lua.Call, n int) uint32 {
	const magic = 1<<52 + 1<<51
	return uint32(math.Float64bits(c.Number(n) + magic))
}

// signed returns bits as a signed number.
func signed(c *lua.Call, x uint32) error { return c.ReturnNumber(float64(int32(x))) }

func unary(f func(x uint32) uint32) lua.GoFunction {
	return func(c *lua.Call) error { return signed(c, f(operand(c, 1))) }
}

func band(c *lua.Call) error {
	x := operand(c, 1)
	for i := 2; i <= c.Count(); i++ {
		x &= operand(c, i)
	}
	return signed(c, x)
}

func bor(c *lua.Call) error {
	x := operand(c, 1)
	for i := 2; i <= c.Count(); i++ {
		x |= operand(c, i)
	}
	return signed(c, x)
}

func bxor(c *lua.Call) error {
	x := operand(c, 1)
	for i := 2; i <= c.Count(); i++ {
		x ^= operand(c, i)
	}
	return signed(c, x)
}

// Shifts and rotations use the low 5 bits of the count.

func lshift(c *lua.Call) error { return signed(c, operand(c, 1)<<(operand(c, 2)&31)) }

func rshift(c *lua.Call) error { return signed(c, operand(c, 1)>>(operand(c, 2)&31)) }

func arshift(c *lua.Call) error { return signed(c, uint32(int32(operand(c, 1))>>(operand(c, 2)&31))) }

func rol(c *lua.Call) error {
	return signed(c, bits.RotateLeft32(operand(c, 1), int(operand(c, 2)&31)))
}

func ror(c *lua.Call) error {
	return signed(c, bits.RotateLeft32(operand(c, 1), -int(operand(c, 2)&31)))
}

// tohex writes the low digits of its argument, by default 8. A negative number of digits
// gives upper case. LuaJIT's formatter has 8 bits for the number of digits. One of their
// values means that there are as many as needed.
func tohex(c *lua.Call) error {
	x, count := operand(c, 1), int32(8)
	if c.Has(2) {
		count = int32(operand(c, 2))
	}
	if err := c.Err(); err != nil {
		return err
	}
	digits := "0123456789abcdef"
	if count < 0 {
		count, digits = -count, "0123456789ABCDEF"
	}
	if count < 8 {
		x &= 1<<(4*uint32(count)&31) - 1
	}
	width := int(count+1)&255 - 1
	if width < 0 {
		width = 1
	}
	var room [254]byte
	at := len(room)
	for ; x != 0 || at > len(room)-width; x >>= 4 {
		at--
		room[at] = digits[x&15]
	}
	return c.ReturnBytes(room[at:])
}
