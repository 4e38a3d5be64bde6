package encoding

import (
	"fmt"
	"strconv"
)

// A mistake is something wrong with a text that comes from elsewhere: the function
// returns nil and its words.
type mistake struct {
	at    int // the byte, from 1
	story string
}

func (e *mistake) Error() string { return fmt.Sprintf("byte %d: %s", e.at, e.story) }

// wrong is the mistake of a byte at an index.
func wrong(at int, c byte, expected string) *mistake {
	return &mistake{at + 1, fmt.Sprintf("expected %s, got %s", expected, shown(c))}
}

// shown shows a byte.
func shown(c byte) string {
	if c < 0x80 && strconv.IsPrint(rune(c)) {
		return "'" + string(rune(c)) + "'"
	}
	return fmt.Sprintf("byte 0x%02X", c)
}
