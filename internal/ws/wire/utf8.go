package wire

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// UTF8 checks a text that arrives in pieces (RFC 3629, RFC 6455 §8.1). The zero value is
// ready for a new text.
type UTF8 struct {
	partial [utf8.UTFMax]byte // a character cut by the end of the last piece
	n       int
}

// Feed checks the next piece and reports whether the text may still become valid: it is
// false at the first byte that no valid text has in its place, even in the middle of a
// character.
func (u *UTF8) Feed(p []byte) bool {
	for u.n > 0 && len(p) > 0 {
		u.partial[u.n] = p[0]
		u.n++
		p = p[1:]
		if head := u.partial[:u.n]; utf8.FullRune(head) {
			if r, size := utf8.DecodeRune(head); r == utf8.RuneError && size == 1 {
				return false
			}
			u.n = 0
		}
	}
	for {
		p = p[asciiPrefix(p):]
		if len(p) == 0 {
			return true
		}
		// FullRune reports true at the first bad byte of a sequence.
		if !utf8.FullRune(p) {
			u.n = copy(u.partial[:], p)
			return true
		}
		for len(p) > 0 && p[0] >= utf8.RuneSelf && utf8.FullRune(p) {
			r, size := utf8.DecodeRune(p)
			if r == utf8.RuneError && size == 1 {
				return false
			}
			p = p[size:]
		}
	}
}

// Done reports whether the text may end here, and makes u ready for the next text.
func (u *UTF8) Done() bool {
	whole := u.n == 0
	u.n = 0
	return whole
}

// ValidUTF8 reports whether p is valid UTF-8. On short ASCII texts it takes a third of
// utf8.Valid's time.
func ValidUTF8(p []byte) bool {
	rest := p[asciiPrefix(p):]
	return len(rest) == 0 || utf8.Valid(rest)
}

// high has the bit that no ASCII character has, in each of eight bytes.
const high = 0x8080808080808080

// asciiPrefix returns how many bytes at the start of p are ASCII.
func asciiPrefix(p []byte) int {
	i := 0
	// 64 bytes a round: the slice of constant length lets the compiler drop every bounds
	// check inside.
	for ; len(p)-i >= 64; i += 64 {
		w := p[i : i+64 : i+64]
		if (word(w[0:])|word(w[8:])|word(w[16:])|word(w[24:])|
			word(w[32:])|word(w[40:])|word(w[48:])|word(w[56:]))&high != 0 {
			break
		}
	}
	for ; len(p)-i >= 8; i += 8 {
		if found := word(p[i:]) & high; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	if i == len(p) {
		return i
	}
	if len(p) >= 8 { // the last bytes again, together with some that are known
		if found := word(p[len(p)-8:]) & high; found != 0 {
			return len(p) - 8 + bits.TrailingZeros64(found)/8
		}
		return len(p)
	}
	for i < len(p) && p[i] < utf8.RuneSelf {
		i++
	}
	return i
}

func word(p []byte) uint64 { return binary.LittleEndian.Uint64(p) }
