// Package number writes and reads Lua's numbers as text, as LuaJIT does: tostring,
// concatenation, tonumber and the strings that arithmetic takes. Its functions may be
// called from several goroutines at once.
package number

import (
	"math"
	"strconv"

	"github.com/tidewire/tidewire/internal/lua/decimal"
)

// MaxText is how many bytes Append adds at most: a sign, 14 digits and a point, and an
// exponent of three digits.
const MaxText = 21

// digits is how many significant digits a number is written with: C's "%.14g".
const digits = 14

// Append appends f as Lua writes a number where a string is wanted (C's "%.14g"). A NaN
// has no sign, as in LuaJIT, but a zero has: "-0".
func Append(dst []byte, f float64) []byte {
	if whole := int64(f); float64(whole) == f && -1e14 < f && f < 1e14 && (whole != 0 || !math.Signbit(f)) {
		if whole < 0 {
			dst, whole = append(dst, '-'), -whole
		}
		return decimal.AppendUint(dst, uint64(whole))
	}
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case f == 0: // a positive zero is a whole number
		return append(dst, "-0"...)
	case f < 0:
		dst, f = append(dst, '-'), -f
	}
	if math.IsInf(f, 1) {
		return append(dst, "inf"...)
	}
	significant, exponent, ok := decimal.Significant(f, digits)
	if !ok {
		return strconv.AppendFloat(dst, f, 'g', digits, 64)
	}
	return decimal.AppendGeneral(dst, significant, digits, exponent)
}
