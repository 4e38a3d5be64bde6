package decimal

// AppendUint appends a whole number.
func AppendUint(dst []byte, whole uint64) []byte {
	if whole < 10 {
		return append(dst, '0'+byte(whole))
	}
	var text [20]byte
	at := len(text)
	for whole >= 100 {
		pair := whole % 100 * 2
		whole /= 100
		at -= 2
		text[at], text[at+1] = pairs[pair], pairs[pair+1]
	}
	if whole >= 10 {
		at -= 2
		text[at], text[at+1] = pairs[whole*2], pairs[whole*2+1]
	} else {
		at--
		text[at] = '0' + byte(whole)
	}
	return append(dst, text[at:]...)
}

// AppendGeneral appends the result of Significant for n digits as C's %g does: with an
// exponent if that is below -4 or n or more, and without zeros at the end of a fraction.
func AppendGeneral(dst []byte, digits uint64, n, exponent int) []byte {
	var text [MaxDigits + 2]byte // a point goes in, and a digit in front if n is odd
	for at := n; at > 0; at -= 2 {
		pair := digits % 100 * 2
		digits /= 100
		text[at-1], text[at] = pairs[pair], pairs[pair+1]
	}
	// The digits are in text[1 : n+1].
	end := n + 1
	for end > 2 && text[end-1] == '0' {
		end--
	}
	switch {
	case exponent < -4 || exponent >= n:
		text[0] = text[1]
		if end == 2 {
			dst = append(dst, text[0])
		} else {
			text[1] = '.'
			dst = append(dst, text[:end]...)
		}
		return AppendExponent(dst, 'e', exponent)
	case exponent < 0:
		dst = append(dst, "0.000"[:1-exponent]...)
		return append(dst, text[1:end]...)
	case end <= exponent+2: // nothing after the point
		return append(dst, text[1:exponent+2]...)
	}
	copy(text[:], text[1:exponent+2])
	text[exponent+1] = '.'
	return append(dst, text[:end]...)
}

// AppendExponent appends an exponent of two digits or more, as C writes it.
func AppendExponent(dst []byte, letter byte, exponent int) []byte {
	sign := byte('+')
	if exponent < 0 {
		sign, exponent = '-', -exponent
	}
	dst = append(dst, letter, sign)
	if exponent >= 100 {
		dst = append(dst, '0'+byte(exponent/100))
		exponent %= 100
	}
	return append(dst, pairs[2*exponent], pairs[2*exponent+1])
}

// pairs has the decimal digits of 0 to 99, two for each.
const pairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839" +
	"4041424344454647484950515253545556575859606162636465666768697071727374757677787980" +
	"81828384858687888990919293949596979899"
