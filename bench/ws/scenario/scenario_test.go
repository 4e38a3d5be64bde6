package scenario

import (
	"regexp"
	"strings"
	"testing"
)

// A title counts in the singular and the plural, and has the largest unit that is whole.
func TestTitles(t *testing.T) {
	wrong := regexp.MustCompile(`\b1 connections|\b[2-9]\d* connection\b|\d{4}`)
	for _, s := range List {
		if wrong.MatchString(s.Title) {
			t.Errorf("%s has the title %q", s.Name, s.Title)
		}
	}
	for name, want := range map[string]string{
		"active-1":     "1 connection, 64 B, 4 in flight",
		"active-10000": "10,000 connections, 64 B, 4 in flight each",
		"receive-64k":  "receive 64 KiB, binary",
		"receive-1m":   "receive 1 MiB, binary",
		"receive-16m":  "receive 16 MiB, binary",
	} {
		if list, err := Named(name); err != nil || list[0].Title != want {
			t.Errorf("%s: %+v, error %v, want the title %q", name, list, err, want)
		}
	}
}

// Each flood over TLS is the one without, but for TLS.
func TestFloodsOverTLS(t *testing.T) {
	floods := 0
	for _, s := range List {
		plain, over := strings.CutSuffix(s.Name, "-wss")
		if !over || s.Kind != Messages {
			continue
		}
		floods++
		list, err := Named(plain)
		if err != nil || list[0].Serve != s.Serve || list[0].Role != s.Role || s.Growth || !s.TLS ||
			s.Title != list[0].Title+" over TLS" {
			t.Errorf("%+v is %+v over TLS, error %v", s, list, err)
		}
	}
	if floods != 5 {
		t.Errorf("%d floods over TLS, want 5: receive 32 B, 256 B and 1 KiB, send 32 B and 256 B", floods)
	}
}
