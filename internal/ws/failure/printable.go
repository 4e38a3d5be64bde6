package failure

import (
	"fmt"
	"strings"
	"unicode"
)

// Printable makes one line of a peer's bytes, of at most this many and an ellipsis.
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

// Bounded returns s, or as much of it as fits into a line of a log: its beginning, an
// ellipsis and its length. It is for names and URLs that a script gave.
func Bounded(s string) string {
	const longest = 300 // any host with its port fits: RFC 1035 §2.3.4 has 255 for a name
	if len(s) <= longest {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(s[:longest], ""), len(s))
}

// IsTokenName reports whether a name in a URL's query is so long that it may be a token.
func IsTokenName(name string) bool { return len(name) >= 16 }

// ShortURL returns a URL, or a reference to one, as a log and a text for people may show
// it: without user name and password, and with an ellipsis for each value in its query or
// fragment, where tokens are, and for each name that may be one. Paths stay.
func ShortURL(url string) string {
	url = withoutUserinfo(url)
	at := strings.IndexAny(url, "?#")
	if at < 0 {
		return url
	}
	var b strings.Builder
	b.WriteString(url[:at])
	for rest := url[at:]; rest != ""; {
		b.WriteByte(rest[0]) // a separator
		rest = rest[1:]
		item := rest
		if end := strings.IndexAny(rest, "?#&;"); end >= 0 {
			item = rest[:end]
		}
		rest = rest[len(item):]
		name, _, hasValue := strings.Cut(item, "=")
		switch {
		case hasValue && IsTokenName(name):
			b.WriteString("…=…")
		case hasValue:
			b.WriteString(name + "=…")
		case item != "":
			b.WriteString("…") // a token may come without a name
		}
	}
	return b.String()
}

// withoutUserinfo takes off everything before the last "@" of the authority (RFC 3986
// §3.2).
func withoutUserinfo(url string) string {
	begin := strings.Index(url, "//") + 2
	if begin < 2 || begin > 2 && url[begin-3] != ':' {
		return url // a path alone
	}
	end := strings.IndexAny(url[begin:], "/?#")
	if end < 0 {
		end = len(url) - begin
	}
	at := strings.LastIndexByte(url[begin:begin+end], '@')
	return url[:begin] + url[begin+at+1:]
}
