package stringlib

import (
	"bytes"
	"testing"
)

// flipCase changes the letters of ASCII and nothing else, wherever in a word of eight
// bytes they are, and whatever is around.
func TestFlipCase(t *testing.T) {
	for _, first := range []byte{'a', 'A'} {
		for b := range 256 {
			for _, around := range []byte{0, 'a', 'Z', 0x7f, 0x80, 0xff} {
				for at := range 19 {
					text := bytes.Repeat([]byte{around}, 19)
					text[at] = byte(b)
					want := bytes.Clone(text)
					for i, c := range want {
						if first <= c && c < first+26 {
							want[i] = c ^ 0x20
						}
					}
					flipCase(text, first)
					if !bytes.Equal(text, want) {
						t.Fatalf("from %c: %q, want %q", first, text, want)
					}
				}
			}
		}
	}
}
