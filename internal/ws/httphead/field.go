package httphead

import (
	"fmt"
	"strings"
)

// CheckName reports why a header field cannot have this name: it is not a token (RFC 9110
// §5.1).
func CheckName(name string) error {
	if !IsToken(name) {
		return fmt.Errorf("%q: a header name is one or more letters, digits and !#$%%&'*+-.^_`|~", name)
	}
	return nil
}

// CheckValue reports why the field of a name cannot have this value: it holds control
// bytes (RFC 9110 §5.5). The text never contains the value, which may be a secret.
func CheckValue(name, value string) error {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("%s: its value has control byte %#02x at offset %d", name, c, i)
		}
	}
	return nil
}

// IsToken reports whether s is a token (RFC 9110 §5.6.2).
func IsToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		alphanumeric := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !alphanumeric && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
