package syntax

import (
	"math"
	"strconv"
	"strings"
)

// maxExponent bounds the number after the e or p of a numeral, as in LuaJIT: 0e1048576 is
// malformed.
const maxExponent = 1 << 20

// ParseNumber returns the value of a numeral as Lua source may spell it: decimal,
// hexadecimal (with a fraction and a binary exponent, too) or 0b. It has no sign and no
// white space. A value that is too large is infinite, as in C. The suffixes LL, ULL and
// i, by which LuaJIT knows C's integers and complex numbers, are refused: there are no
// such values here.
func ParseNumber(text string) (value float64, ok bool) {
	if value, ok := shortInteger(text); ok {
		return value, true
	}
	digits, exponent := strings.ToLower(text), "e"
	switch {
	case digits == "", !isNumeric(digits): // texts that only strconv reads: inf, nan, underscores
		return 0, false
	case digits[0] == '+', digits[0] == '-':
		return 0, false
	case strings.HasPrefix(digits, "0b"):
		bits, err := strconv.ParseUint(digits[2:], 2, 64)
		return float64(bits), err == nil
	case strings.HasPrefix(digits, "0x"):
		exponent = "p"
		if !strings.Contains(digits, exponent) {
			digits += "p0" // strconv wants it spelled out
		}
	}
	if _, power, found := strings.Cut(digits, exponent); found {
		if n, err := strconv.Atoi(power); err != nil || max(n, -n) >= maxExponent {
			return 0, false
		}
	}
	value, err := strconv.ParseFloat(digits, 64)
	return value, err == nil || math.IsInf(value, 1)
}

// shortInteger reads decimal digits, as most numerals are, that a float64 holds exactly.
func shortInteger(text string) (value float64, ok bool) {
	const most = 15
	if text == "" || len(text) > most {
		return 0, false
	}
	n := int64(0)
	for i := range len(text) {
		if !isDigit(text[i]) {
			return 0, false
		}
		n = n*10 + int64(text[i]-'0')
	}
	return float64(n), true
}

// isNumeric reports whether a text has nothing that occurs in no numeral.
func isNumeric(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case isDigit(c), 'a' <= c && c <= 'f', c == 'x', c == 'p', c == '.', c == '+', c == '-':
		default:
			return false
		}
	}
	return true
}
