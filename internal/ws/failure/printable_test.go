package failure_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/failure"
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

// Tokens are in queries, and sometimes in fragments; a path stays.
func TestShortURL(t *testing.T) {
	for url, want := range map[string]string{
		"ws://h/a/b":                      "ws://h/a/b",
		"ws://h/a?":                       "ws://h/a?",
		"ws://h/a?token=secret":           "ws://h/a?token=…",
		"ws://h?token=secret&&b=&c":       "ws://h?token=…&&b=…&…",
		"ws://h/?secret":                  "ws://h/?…",
		"ws://h/?a=b=c;d=e?f=g":           "ws://h/?a=…;d=…?f=…",
		"ws://h/#access_token=secret&x=1": "ws://h/#access_token=…&x=…",
		"ws://h/a#secret":                 "ws://h/a#…",
		"ws://u:secret@h:1/p@q?r@s":       "ws://h:1/p@q?…",
		"ws://u:p@ss@h":                   "ws://h",
		"//u:secret@h/a":                  "//h/a",
		"/a//b@c?d=e":                     "/a//b@c?d=…",
		"?token=secret":                   "?token=…",
		"?Exactly15bytes1=x&16bytesAreAToken=1&16bytesAreAToken=": "?Exactly15bytes1=…&…=…&…=…",
		"": "",
	} {
		if got := failure.ShortURL(url); got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
}
