package failure_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/failure"
)

func TestBounded(t *testing.T) {
	fits := strings.Repeat("a", 300)
	for s, want := range map[string]string{
		"":                             "",
		"wss://peer.test/ü":            "wss://peer.test/ü",
		fits:                           fits,
		fits + "b":                     fits + "… (301 bytes)",
		fits[:299] + "ü":               fits[:299] + "… (301 bytes)", // no half of a letter
		strings.Repeat("b", 1_000_000): strings.Repeat("b", 300) + "… (1000000 bytes)",
	} {
		if got := failure.Bounded(s); got != want {
			t.Errorf("of %d bytes: got %q, want %q", len(s), got, want)
		}
	}
}
