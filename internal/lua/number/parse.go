package number

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
)

const (
	// maxExponent is a power that LuaJIT refuses to read, and a number of digits after
	// the point.
	maxExponent = 1 << 20

	// maxSignificant is how many digits decide how a decimal number is rounded; of those
	// after them it only counts whether one is not zero. The float with the longest
	// decimal form has 767. (And strconv, Go 1.26, misreads a whole number of more than
	// 800 digits that is close to a tie.)
	maxSignificant = 780

	// maxPiece is the greatest length in bytes of a text that strconv gets unchanged.
	maxPiece = maxSignificant
)

// Parse reads a number as LuaJIT does where a number is wanted and a string is given:
// decimal, hexadecimal (also with a fraction and a binary exponent) or 0b, with a sign
// and with white space around, and "inf", "infinity" and "nan" in any case. A number that
// is too large is infinite. Parse takes time in proportion to the length of s and
// allocates at most 1 KiB.
func Parse(s string) (value float64, ok bool) {
	if len(s)-1 < 15 { // up to 15 digits need no rounding
		whole := uint64(0)
		for i := 0; ; i++ {
			if i == len(s) {
				return float64(whole), len(s) > 0
			}
			digit := s[i] - '0'
			if digit > 9 {
				break
			}
			whole = whole*10 + uint64(digit)
		}
	}
	return parse(s)
}

func parse(s string) (value float64, ok bool) {
	s = trim(s)
	if s == "" {
		return 0, false
	}
	negative := s[0] == '-'
	if negative || s[0] == '+' {
		s = s[1:]
	}
	value, ok = parseUnsigned(s)
	if negative {
		value = -value
	}
	return value, ok
}

// ParseBase reads a whole number in a base from 2 to 36 as tonumber(s, base) does for a
// base other than 10, which is how C's strtoul reads it: a number too large for 64 bits
// is their greatest one, base 16 may have 0x in front, and the text ends at a NUL.
func ParseBase(s string, base int) (value float64, ok bool) {
	s = trimLeft(s)
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if base == 16 && len(s) > 2 && s[0] == '0' && lower(s[1]) == 'x' && digitOf(s[2]) < 16 {
		s = s[2:]
	}
	whole, overflow, at := uint64(0), false, 0
	for ; at < len(s); at++ {
		digit := digitOf(s[at])
		if digit >= base {
			break
		}
		high, low := bits.Mul64(whole, uint64(base))
		sum, carry := bits.Add64(low, uint64(digit), 0)
		whole, overflow = sum, overflow || high|carry != 0
	}
	rest := trimLeft(s[at:])
	if at == 0 || rest != "" && rest[0] != 0 {
		return 0, false
	}
	if overflow {
		whole = math.MaxUint64
	}
	value = float64(whole)
	if negative {
		value = -value
	}
	return value, true
}

// parseUnsigned reads a number without white space and sign.
func parseUnsigned(s string) (value float64, ok bool) {
	switch {
	case s == "":
		return 0, false
	case s[0] >= 'A':
		return parseName(s)
	case s[0] == '0' && len(s) > 1 && lower(s[1]) == 'x':
		return parseHex(s[2:])
	case s[0] == '0' && len(s) > 1 && lower(s[1]) == 'b':
		return parseBinary(s[2:])
	}
	return parseDecimal(s)
}

func parseName(s string) (value float64, ok bool) {
	switch {
	case equalsFolded(s, "inf"), equalsFolded(s, "infinity"):
		return math.Inf(1), true
	case equalsFolded(s, "nan"):
		return math.NaN(), true
	}
	return 0, false
}

func parseBinary(s string) (value float64, ok bool) {
	whole := uint64(0)
	for i := range len(s) {
		digit := s[i] - '0'
		if digit > 1 || whole>>63 != 0 {
			return 0, false
		}
		whole = whole<<1 | uint64(digit)
	}
	return float64(whole), s != ""
}

// layout says where the parts of a numeral are: digits with a point among or around them,
// and an exponent.
type layout struct {
	first    int // the first digit other than zero, or end
	end      int // of the digits and the point
	point    int // or end
	exponent int
}

// layoutOf looks at a text that is to be digits, a point and an exponent, which begins
// with the letter. It reports false if it is not.
func layoutOf(s string, base int, letter byte) (found layout, ok bool) {
	at, points := 0, 0
	for ; at < len(s); at++ {
		if s[at]-'0' <= 9 || base == 16 && digitOf(s[at]) < 16 {
			continue
		}
		if s[at] != '.' || points == 1 {
			break
		}
		found.point, points = at, 1
	}
	found.end = at
	if points == 0 {
		found.point = at
	}
	for found.first < at && (s[found.first] == '0' || s[found.first] == '.') {
		found.first++
	}
	switch {
	case at == points: // no digits
		return found, false
	case at == len(s):
		return found, true
	case lower(s[at]) != letter:
		return found, false
	}
	found.exponent, ok = parseExponent(s[at+1:])
	return found, ok
}

// places returns how many digits are after the point, without the zeros at the end.
func (found layout) places(s string) int {
	last := found.end - 1
	for last > found.point && s[last] == '0' {
		last--
	}
	return max(last-found.point, 0)
}

// power returns which power of the base the first digit other than zero counts.
func (found layout) power() int {
	if found.first < found.point {
		return found.point - found.first - 1
	}
	return found.point - found.first
}

func parseExponent(s string) (exponent int, ok bool) {
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	for i := range len(s) {
		digit := s[i] - '0'
		if digit > 9 {
			return 0, false
		}
		exponent = exponent*10 + int(digit)
		if exponent >= maxExponent {
			return 0, false
		}
	}
	if negative {
		exponent = -exponent
	}
	return exponent, s != ""
}

func parseDecimal(s string) (value float64, ok bool) {
	if value, ok = parseShort(s); ok {
		return value, true
	}
	found, ok := layoutOf(s, 10, 'e')
	switch {
	case !ok:
		return 0, false
	case found.first == found.end:
		return 0, true
	case found.places(s) >= maxExponent:
		return 0, false
	case len(s) <= maxPiece:
		return parseFloat(s)
	}
	var reduced [maxSignificant + 32]byte
	text, more := collect(reduced[:0], s[found.first:found.end])
	power := found.exponent + found.power() - maxSignificant + 1
	if more {
		text, power = append(text, '1'), power-1
	}
	text = append(text, 'e')
	return parseFloat(string(strconv.AppendInt(text, int64(power), 10)))
}

// parseShort reads digits, perhaps with a point, if no rounding but that of one division
// is needed.
func parseShort(s string) (value float64, ok bool) {
	if len(s) > 16 {
		return 0, false
	}
	whole, point := uint64(0), -1
	for i := range len(s) {
		digit := s[i] - '0'
		switch {
		case digit <= 9:
			whole = whole*10 + uint64(digit)
		case s[i] == '.' && point < 0:
			point = i
		default:
			return 0, false
		}
	}
	switch {
	case whole >= 1<<53:
		return 0, false
	case point < 0:
		return float64(whole), true
	}
	return float64(whole) / powers[len(s)-1-point], len(s) > 1
}

// powers has powers of ten that a float64 holds exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// collect appends the first maxSignificant digits of s, which may have a point, filled up
// with zeros. more reports whether one of the digits after them is not zero.
func collect(dst []byte, s string) (digits []byte, more bool) {
	at := 0
	for ; at < len(s) && len(dst) < maxSignificant; at++ {
		if s[at] != '.' {
			dst = append(dst, s[at])
		}
	}
	for len(dst) < maxSignificant {
		dst = append(dst, '0')
	}
	for ; at < len(s); at++ {
		if s[at] != '0' && s[at] != '.' {
			return dst, true
		}
	}
	return dst, false
}

// parseHex reads digits, a point and a binary exponent.
func parseHex(s string) (value float64, ok bool) {
	found, ok := layoutOf(s, 16, 'p')
	switch {
	case !ok:
		return 0, false
	case found.first == found.end:
		return 0, true
	case found.places(s) >= maxExponent:
		return 0, false
	}
	mantissa, rest, count := uint64(0), uint64(0), 0
	for _, c := range []byte(s[found.first:found.end]) {
		switch {
		case c == '.':
		case count < 15: // 60 bits: room is left for the one that stands for the rest
			mantissa = mantissa<<4 | uint64(digitOf(c))
			count++
		case c != '0':
			rest = 1
		}
	}
	exponent := found.exponent + 4*(found.power()-count+1)
	return scaled(mantissa<<1|rest, exponent-1), true
}

// scaled returns mantissa times two to the exponent, rounded once. mantissa is not zero,
// and its lowest bit may represent more bits below.
func scaled(mantissa uint64, exponent int) float64 {
	const lowest, highest = -1074, 971 // the exponents of a mantissa of 53 bits
	spare := bits.LeadingZeros64(mantissa) - 1
	mantissa, exponent = mantissa<<spare, exponent-spare
	drop := max(10, lowest-exponent)
	if drop > 63 {
		return 0
	}
	half := uint64(1) << (drop - 1)
	kept, below := mantissa>>drop, mantissa&(half<<1-1)
	if below > half || below == half && kept&1 != 0 {
		kept++
	}
	exponent += drop
	if exponent > highest {
		return math.Inf(1)
	}
	return math.Ldexp(float64(kept), exponent)
}

// parseFloat reads text that is known to be a number.
func parseFloat(s string) (value float64, ok bool) {
	value, err := strconv.ParseFloat(s, 64)
	return value, err == nil || math.IsInf(value, 0)
}

func trim(s string) string {
	s = trimLeft(s)
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func trimLeft(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	return s
}

func isSpace(c byte) bool { return c == ' ' || c-'\t' < 5 }

func lower(c byte) byte { return c | 0x20 }

// equalsFolded compares s with a word of small letters, whatever its case.
func equalsFolded(s, word string) bool {
	if len(s) != len(word) {
		return false
	}
	for i := range len(word) {
		if lower(s[i]) != word[i] {
			return false
		}
	}
	return true
}

// digitOf returns the value of a digit. Letters are the digits above 9. The value is 36
// or more for any other byte.
func digitOf(c byte) int {
	if digit := c - '0'; digit <= 9 {
		return int(digit)
	}
	if letter := lower(c) - 'a'; letter < 26 {
		return int(letter) + 10
	}
	return 36
}
