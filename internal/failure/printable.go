package failure

import (
	"fmt"
	"strings"
	"unicode"
)

// Printable makes one line of what a peer sent, of at most this many bytes and an ellipsis.
func Printable(s string, longest int) string {
	cut := len(s) > longest
	if cut {
		s = s[:longest]
	}
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if cut {
		s += "…"
	}
	return s
}

// Bounded returns s, or what fits into a line of a log: its beginning, an ellipsis and its length. It is for names and URLs
// that a script gave.
func Bounded(s string) string {
	const longest = 300 // any host with its port fits: RFC 1035 §2.3.4 has 255 for a name
	if len(s) <= longest {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(s[:longest], ""), len(s))
}
