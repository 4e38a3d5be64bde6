// Package decimal turns a float64 into the decimal digits that C's printf writes:
// correctly rounded from the exact value, ties to even. It has the range that programs
// print, in integer arithmetic; its callers ask strconv for the others.
package decimal

import (
	"math"
	"math/bits"
)

// MaxDigits is how many digits Significant gives at most.
const MaxDigits = 17

// maxScale is the greatest power of five whose product with a mantissa of 53 bits has 128
// bits or fewer.
const maxScale = 27

// pow10 has the powers of ten that a uint64 holds.
var pow10 = func() (table [20]uint64) {
	for i, power := 0, uint64(1); i < len(table); i, power = i+1, power*10 {
		table[i] = power
	}
	return table
}()

// pow5 has the powers of five that a uint64 holds.
var pow5 = func() (table [maxScale + 1]uint64) {
	for i, power := 0, uint64(1); i < len(table); i, power = i+1, power*5 {
		table[i] = power
	}
	return table
}()

// Significant returns the n most significant decimal digits of f as an integer of exactly
// n digits, and the power of ten of the first one: 1234.5 to four digits is 1234 and 3.
// It reports false for an f outside of about 1e-10 to 1e19, which is not looked at
// further. f must be positive and finite, and n from 1 to MaxDigits.
func Significant(f float64, n int) (digits uint64, exponent int, ok bool) {
	mantissa, binary := split(f)
	// The power of ten of the mantissa's lowest value: too small by one for some, never
	// too large.
	exponent = ((binary + 52) * 1233) >> 12
	for range 2 {
		digits, ok = scaled(mantissa, binary, n-1-exponent)
		if !ok || digits < pow10[n] {
			return digits, exponent, ok
		}
		exponent++
	}
	return 0, 0, false
}

// Fixed returns f with n digits after the point, as an integer: f times ten to the n. It
// reports false if that has more than 19 digits, or n is above 27. f must be positive or
// zero, and finite.
func Fixed(f float64, n int) (digits uint64, ok bool) {
	if n > maxScale {
		return 0, false
	}
	mantissa, binary := split(f)
	digits, ok = scaled(mantissa, binary, n)
	return digits, ok && digits < pow10[19]
}

// split returns f as mantissa times two to the binary.
func split(f float64) (mantissa uint64, binary int) {
	word := math.Float64bits(f)
	mantissa, binary = word&(1<<52-1), int(word>>52&0x7ff)-1075
	if binary == -1075 {
		return mantissa, -1074
	}
	return mantissa | 1<<52, binary
}

// scaled returns mantissa times two to the binary times ten to the scale, rounded.
func scaled(mantissa uint64, binary, scale int) (uint64, bool) {
	switch {
	case scale > maxScale:
		return 0, false
	case scale < 0:
		return divided(mantissa, binary, -scale)
	}
	high, low := bits.Mul64(mantissa, pow5[scale])
	shift := -binary - scale
	switch {
	case shift <= 0:
		if high != 0 || -shift > bits.LeadingZeros64(low) {
			return 0, false
		}
		return low << -shift, true
	case shift < 64:
		if high>>shift != 0 {
			return 0, false
		}
		quotient, remainder, half := high<<(64-shift)|low>>shift, low<<(64-shift), uint64(1)<<63
		return roundedUp(quotient, remainder > half || remainder == half && quotient&1 != 0)
	case shift == 64:
		return roundedUp(high, low > 1<<63 || low == 1<<63 && high&1 != 0)
	case shift < 128:
		quotient, remainder, half := high>>(shift-64), high<<(128-shift), uint64(1)<<63
		return roundedUp(quotient, remainder > half || remainder == half && (low != 0 || quotient&1 != 0))
	}
	return 0, true // below a half: the product has 116 bits at most
}

// divided returns mantissa times two to the binary, which is 1 or more, divided by ten to
// the power, which is 1 or more.
func divided(mantissa uint64, binary, power int) (uint64, bool) {
	if binary > 11 || power >= len(pow10) {
		return 0, false
	}
	whole, fraction := mantissa, uint64(0)
	if binary >= 0 {
		whole <<= binary
	} else {
		whole, fraction = mantissa>>-binary, mantissa<<(64+binary)
	}
	divisor := pow10[power]
	quotient, remainder, half := whole/divisor, whole%divisor, divisor/2
	return roundedUp(quotient, remainder > half || remainder == half && (fraction != 0 || quotient&1 != 0))
}

func roundedUp(quotient uint64, up bool) (uint64, bool) {
	if up {
		quotient++
	}
	return quotient, true
}
