package format

import (
	"math"

	"github.com/tidewire/tidewire/internal/lua/decimal"
	"github.com/tidewire/tidewire/internal/lua/number"
)

// MaxNumber is how many bytes AppendNumber adds at most: 309 digits, a sign, a point and
// 99 digits after it.
const MaxNumber = 410

// AppendNumber appends f as a directive of the kind Number has it.
func (d Directive) AppendNumber(dst []byte, f float64) []byte {
	switch d.Verb {
	case 'd', 'i':
		return d.appendSigned(dst, number.Int64(f))
	case 'u', 'x', 'X', 'o':
		return d.appendUnsigned(dst, number.Uint64(f))
	case 'c':
		start := len(dst)
		return d.pad(append(dst, byte(number.Int32(f))), start)
	}
	return d.appendFloat(dst, f)
}

// StringSize returns how many bytes AppendString adds for a string of so many bytes.
func (d Directive) StringSize(length int) int {
	if d.precision >= 0 {
		length = min(length, int(d.precision))
	}
	return max(length, int(d.width))
}

// AppendString appends s as %s has it.
func (d Directive) AppendString(dst []byte, s string) []byte {
	if d.precision >= 0 && int(d.precision) < len(s) {
		s = s[:d.precision]
	}
	if d.width == 0 {
		return append(dst, s...)
	}
	start := len(dst)
	return d.pad(append(dst, s...), start)
}

// AppendQuoted appends s as %q has it: so that Lua reads it back.
func AppendQuoted(dst []byte, s string) []byte {
	return append(AppendEscaped(append(dst, '"'), s), '"')
}

// EscapedPiece returns the beginning of s, about size bytes, that AppendEscaped may be
// given alone: the byte after it has no influence on an escape.
func EscapedPiece(s string, size int) string {
	if len(s) <= size {
		return s
	}
	if s[size]-'0' <= 9 && escaped[s[size-1]] {
		size++
	}
	return s[:size]
}

// EscapedSize returns how many bytes AppendEscaped adds.
func EscapedSize(s string) int {
	size := len(s)
	for i := range len(s) {
		switch c := s[i]; {
		case !escaped[c]:
		case c == '"', c == '\\', c == '\n':
			size++
		case i+1 < len(s) && s[i+1]-'0' <= 9, c >= 100:
			size += 3
		case c >= 10:
			size += 2
		default:
			size++
		}
	}
	return size
}

// AppendEscaped appends s as %q has it between the quotes.
func AppendEscaped(dst []byte, s string) []byte {
	copied := 0
	for i := range len(s) {
		c := s[i]
		if !escaped[c] {
			continue
		}
		dst = append(dst, s[copied:i]...)
		copied = i + 1
		dst = append(dst, '\\')
		switch {
		case c == '"', c == '\\', c == '\n':
			dst = append(dst, c)
		case i+1 < len(s) && s[i+1]-'0' <= 9, c >= 100: // a digit would count as one of the escape's
			dst = append(dst, '0'+c/100, '0'+c/10%10, '0'+c%10)
		case c >= 10:
			dst = append(dst, '0'+c/10, '0'+c%10)
		default:
			dst = append(dst, '0'+c)
		}
	}
	return append(dst, s[copied:]...)
}

// escaped has the bytes that AppendEscaped does not append as they are.
var escaped = func() (table [256]bool) {
	for c := range 32 {
		table[c] = true
	}
	table['"'], table['\\'], table[127] = true, true, true
	return table
}()

// pad fills dst from start on up to the width, with spaces.
func (d Directive) pad(dst []byte, start int) []byte {
	missing := int(d.width) - (len(dst) - start)
	switch {
	case missing <= 0:
		return dst
	case d.flags&flagLeft != 0:
		return append(dst, spaces[:missing]...)
	}
	return insert(dst, start, spaces[:missing])
}

// padZero is pad for a number whose digits begin at digits: with the flag 0 it puts zeros
// before them.
func (d Directive) padZero(dst []byte, start, digits int) []byte {
	if missing := int(d.width) - (len(dst) - start); missing > 0 && d.flags&(flagZero|flagLeft) == flagZero {
		return insert(dst, digits, zeros[:missing])
	}
	return d.pad(dst, start)
}

const (
	spaces = "                                                                                                   "
	zeros  = "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
)

func insert(dst []byte, at int, text string) []byte {
	dst = append(dst, text...)
	copy(dst[at+len(text):], dst[at:])
	copy(dst[at:], text)
	return dst
}

// appendSign appends the sign, or the space, before a number.
func (d Directive) appendSign(dst []byte, negative bool) []byte {
	switch {
	case negative:
		return append(dst, '-')
	case d.flags&flagPlus != 0:
		return append(dst, '+')
	case d.flags&flagSpace != 0:
		return append(dst, ' ')
	}
	return dst
}

func (d Directive) appendSigned(dst []byte, value int64) []byte {
	start := len(dst)
	magnitude := uint64(value)
	if value < 0 {
		magnitude = -magnitude
	}
	dst = d.appendSign(dst, value < 0)
	digits := len(dst)
	return d.finishInt(decimal.AppendUint(dst, magnitude), start, digits)
}

func (d Directive) appendUnsigned(dst []byte, value uint64) []byte {
	start := len(dst)
	alternative := d.flags&flagAlternative != 0 && value != 0
	switch d.Verb {
	case 'x', 'X':
		letters := lowerHex
		if d.Verb == 'X' {
			letters = upperHex
		}
		if alternative {
			dst = append(dst, '0', d.Verb)
		}
		digits := len(dst)
		return d.finishInt(appendPowerOfTwo(dst, value, 4, letters), start, digits)
	case 'o':
		if d.flags&flagAlternative != 0 && d.precision == 0 {
			d.precision = 1
		}
		dst = appendPowerOfTwo(dst, value, 3, lowerHex)
		if alternative && int(d.precision) <= len(dst)-start {
			dst = insert(dst, start, "0")
		}
		return d.finishInt(dst, start, start)
	}
	return d.finishInt(decimal.AppendUint(dst, value), start, start)
}

const (
	lowerHex = "0123456789abcdef"
	upperHex = "0123456789ABCDEF"
)

func appendPowerOfTwo(dst []byte, value uint64, bits int, letters string) []byte {
	var text [22]byte
	at := len(text)
	for {
		at--
		text[at] = letters[value&(1<<bits-1)]
		if value >>= bits; value == 0 {
			return append(dst, text[at:]...)
		}
	}
}

// finishInt fills an integer up. A precision is the least number of digits, and switches
// the flag 0 off.
func (d Directive) finishInt(dst []byte, start, digits int) []byte {
	if d.precision < 0 {
		if d.width == 0 {
			return dst
		}
		return d.padZero(dst, start, digits)
	}
	if d.precision == 0 && len(dst) == digits+1 && dst[digits] == '0' {
		dst = dst[:digits]
	}
	if missing := int(d.precision) - (len(dst) - digits); missing > 0 {
		dst = insert(dst, digits, zeros[:missing])
	}
	return d.pad(dst, start)
}

func (d Directive) appendFloat(dst []byte, f float64) []byte {
	start := len(dst)
	dst = d.appendSign(dst, math.Signbit(f) && !math.IsNaN(f))
	digits := len(dst)
	if f-f != 0 { // infinite or NaN
		name := "inf"
		switch {
		case math.IsNaN(f) && d.isUpper():
			name = "NAN"
		case math.IsNaN(f):
			name = "nan"
		case d.isUpper():
			name = "INF"
		}
		return d.pad(append(dst, name...), start)
	}
	f = math.Abs(f)
	precision := int(d.precision)
	if precision < 0 {
		precision = 6
	}
	switch d.Verb {
	case 'f', 'F':
		dst = d.appendFixed(dst, f, precision)
	case 'e', 'E':
		dst = d.appendScientific(dst, f, precision)
	case 'g', 'G':
		dst = d.appendGeneral(dst, f, max(precision, 1))
	default:
		dst = append(dst, '0', d.Verb+'x'-'a')
		digits += 2
		dst = d.appendHex(dst, f)
	}
	if d.width == 0 {
		return dst
	}
	return d.padZero(dst, start, digits)
}

func (d Directive) isUpper() bool { return d.Verb&0x20 == 0 }
