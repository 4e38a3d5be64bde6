package format

import (
	"bytes"
	"math"
	"strconv"

	"github.com/tidewire/tidewire/internal/lua/decimal"
)

// The functions of this file append a float that is neither negative nor special, without
// a sign and without padding.

// appendFixed appends f as %f has it.
func (d Directive) appendFixed(dst []byte, f float64, precision int) []byte {
	if whole, ok := decimal.Fixed(f, precision); ok {
		dst = appendPoint(dst, whole, precision)
	} else {
		dst = strconv.AppendFloat(dst, f, 'f', precision, 64)
	}
	if precision == 0 && d.flags&flagAlternative != 0 {
		dst = append(dst, '.')
	}
	return dst
}

// appendPoint appends a whole number with a point before its last digits.
func appendPoint(dst []byte, whole uint64, places int) []byte {
	start := len(dst)
	dst = decimal.AppendUint(dst, whole)
	if places == 0 {
		return dst
	}
	if missing := places + 1 - (len(dst) - start); missing > 0 {
		dst = insert(dst, start, zeros[:missing])
	}
	return insert(dst, len(dst)-places, ".")
}

// appendScientific appends f as %e has it.
func (d Directive) appendScientific(dst []byte, f float64, precision int) []byte {
	start := len(dst)
	dst, exponent := appendDigits(dst, f, precision+1)
	if precision > 0 || d.flags&flagAlternative != 0 {
		dst = insert(dst, start+1, ".")
	}
	return decimal.AppendExponent(dst, d.exponentLetter(), exponent)
}

// appendGeneral appends f as %g has it.
func (d Directive) appendGeneral(dst []byte, f float64, precision int) []byte {
	if d.flags&flagAlternative == 0 && !d.isUpper() && precision <= decimal.MaxDigits && f != 0 {
		if digits, exponent, ok := decimal.Significant(f, precision); ok {
			return decimal.AppendGeneral(dst, digits, precision, exponent)
		}
	}
	start := len(dst)
	dst, exponent := appendDigits(dst, f, precision)
	scientific := exponent < -4 || exponent >= precision
	point := 1
	if !scientific {
		if exponent < 0 {
			dst = insert(dst, start, zeros[:-exponent])
		}
		point = max(exponent, 0) + 1
	}
	if d.flags&flagAlternative == 0 {
		for len(dst) > start+point && dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	if len(dst) > start+point || d.flags&flagAlternative != 0 {
		dst = insert(dst, start+point, ".")
	}
	if scientific {
		dst = decimal.AppendExponent(dst, d.exponentLetter(), exponent)
	}
	return dst
}

// appendDigits appends the n most significant digits of f, and returns the power of ten
// that the first one counts.
func appendDigits(dst []byte, f float64, n int) ([]byte, int) {
	if n <= decimal.MaxDigits && f != 0 {
		if digits, exponent, ok := decimal.Significant(f, n); ok {
			return decimal.AppendUint(dst, digits), exponent
		}
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', n-1, 64)
	letter := start + bytes.IndexByte(dst[start:], 'e')
	exponent, _ := strconv.Atoi(string(dst[letter+1:]))
	if n == 1 {
		return dst[:letter], exponent
	}
	return append(dst[:start+1], dst[start+2:letter]...), exponent
}

// appendHex appends f as %a has it, without its 0x. Unlike Go it writes no more digits of
// the exponent than needed, and rounds up to 2.
func (d Directive) appendHex(dst []byte, f float64) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'x', int(d.precision), 64)
	dst = append(dst[:start], dst[start+len("0x"):]...)
	letter := start + bytes.IndexByte(dst[start:], 'p')
	exponent, _ := strconv.Atoi(string(dst[letter+1:]))
	dst = dst[:letter]
	if _, exact := math.Frexp(f); f != 0 && exponent > exact-1 {
		dst[start] = '2'
		exponent--
	}
	if len(dst) == start+1 && d.flags&flagAlternative != 0 {
		dst = append(dst, '.')
	}
	dst = append(dst, 'p', '+')
	if exponent < 0 {
		dst[len(dst)-1], exponent = '-', -exponent
	}
	dst = decimal.AppendUint(dst, uint64(exponent))
	if d.isUpper() {
		for i := start; i < len(dst); i++ {
			if dst[i] >= 'a' {
				dst[i] &^= 0x20
			}
		}
	}
	return dst
}

func (d Directive) exponentLetter() byte {
	if d.isUpper() {
		return 'E'
	}
	return 'e'
}
