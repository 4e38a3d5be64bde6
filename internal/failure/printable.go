package failure

import (
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
