package pattern

import "math/bits"

// set is a set of bytes.
type set [4]uint64

func (s *set) has(c byte) bool { return s[c>>6]>>(c&63)&1 != 0 }

func (s *set) add(c byte) { s[c>>6] |= 1 << (c & 63) }

func (s *set) addRange(first, last byte) {
	if first > last {
		return
	}
	for i := first >> 6; i <= last>>6; i++ {
		word := ^uint64(0)
		if i == first>>6 {
			word <<= first & 63
		}
		if i == last>>6 {
			word &= ^uint64(0) >> (63 - last&63)
		}
		s[i] |= word
	}
}

func (s *set) addAll(other *set) {
	for i, word := range other {
		s[i] |= word
	}
}

func (s *set) invert() {
	for i := range s {
		s[i] = ^s[i]
	}
}

func (s *set) size() int {
	return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) + bits.OnesCount64(s[2]) + bits.OnesCount64(s[3])
}

// least returns the least member of a set that is not empty.
func (s *set) least() byte {
	for i, word := range s {
		if word != 0 {
			return byte(64*i + bits.TrailingZeros64(word))
		}
	}
	return 0
}

// classes has the set that each letter after a '%' names, those of the C locale: no byte
// above 127 has a class. A letter without a set matches itself. Constant.
var classes = func() (table [256]*set) {
	for letter, ranges := range map[byte]string{
		'a': "AZaz", 'c': "\x00\x1f\x7f\x7f", 'd': "09", 'g': "!~", 'l': "az", 'p': "!/:@[`{~", 's': "\t\r  ",
		'u': "AZ", 'w': "09AZaz", 'x': "09AFaf", 'z': "\x00\x00",
	} {
		class, complement := new(set), new(set)
		for i := 0; i < len(ranges); i += 2 {
			class.addRange(ranges[i], ranges[i+1])
		}
		*complement = *class
		complement.invert()
		table[letter], table[letter&^0x20] = class, complement
	}
	return table
}()
