// Package number writes and reads Lua's numbers as text, as LuaJIT does: tostring,
// concatenation, tonumber and the strings that arithmetic takes. Its functions may be
// called from several goroutines at once.
package number

import (
	"math"
	"strconv"

	"github.com/tidewire/tidewire/lua/internal/decimal"
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
		return appendInt(dst, whole)
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
	return appendGeneral(dst, significant, exponent)
}

// appendInt appends a whole number of up to 14 digits.
func appendInt(dst []byte, whole int64) []byte {
	var text [digits + 1]byte
	at := len(text)
	rest := uint64(max(whole, -whole))
	for rest >= 100 {
		pair := rest % 100 * 2
		rest /= 100
		at -= 2
		text[at], text[at+1] = pairs[pair], pairs[pair+1]
	}
	at--
	text[at] = pairs[rest*2+1]
	if rest >= 10 {
		at--
		text[at] = pairs[rest*2]
	}
	if whole < 0 {
		at--
		text[at] = '-'
	}
	return append(dst, text[at:]...)
}

// appendGeneral appends a number of 14 significant digits whose first one counts ten to
// the exponent. Zeros at the end of a fraction are left away.
func appendGeneral(dst []byte, significant uint64, exponent int) []byte {
	// zeros before the digits, so that 0.000123 is a piece of text; one byte of room for
	// the point
	var text [6 + digits + 1]byte
	const first = 5
	copy(text[:], "00000")
	for at := first + digits - 2; at >= first; at -= 2 {
		pair := significant % 100 * 2
		significant /= 100
		text[at], text[at+1] = pairs[pair], pairs[pair+1]
	}
	end := first + digits
	for end > first+1 && text[end-1] == '0' {
		end--
	}
	switch {
	case exponent < -4 || exponent >= digits:
		dst = append(dst, text[first])
		if end > first+1 {
			dst = append(dst, '.')
			dst = append(dst, text[first+1:end]...)
		}
		return appendExponent(dst, exponent)
	case exponent < 0:
		dst = append(dst, '0', '.')
		return append(dst, text[first+exponent+1:end]...)
	}
	point := first + exponent + 1
	if end <= point {
		return append(dst, text[first:point]...)
	}
	copy(text[point+1:], text[point:end])
	text[point] = '.'
	return append(dst, text[first:end+1]...)
}

// appendExponent appends an exponent of two digits, as C writes it.
func appendExponent(dst []byte, exponent int) []byte {
	sign := byte('+')
	if exponent < 0 {
		sign, exponent = '-', -exponent
	}
	return append(dst, 'e', sign, pairs[2*exponent], pairs[2*exponent+1])
}

// pairs has the decimal digits of 0 to 99, two for each.
const pairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839" +
	"4041424344454647484950515253545556575859606162636465666768697071727374757677787980" +
	"81828384858687888990919293949596979899"
