package docs_test

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/engine"
)

// The manual lists addresses that $private contains, and others that it does not contain.
func TestPrivateIsWhatTheManualSays(t *testing.T) {
	policy, err := engine.NewPolicy(nil, []string{"$private"})
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(read(t, "docs/lua-api.md"), "`$private` is exactly this:")
	text, _, _ = strings.Cut(text, "A refusal comes as")
	inside, outside, found := strings.Cut(text, "So it is not all")
	if !found {
		t.Fatal("docs/lua-api.md: the list is not found")
	}
	for _, c := range []struct {
		text   string
		denied bool
		least  int
	}{{inside, true, 17}, {outside, false, 7}} {
		quoted := regexp.MustCompile("`([0-9a-f][0-9a-f.:/]*|::1?)`").FindAllStringSubmatch(c.text, -1)
		if len(quoted) < c.least {
			t.Errorf("%d addresses and networks, want %d: %q", len(quoted), c.least, quoted)
		}
		for _, q := range quoted {
			literal, _, _ := strings.Cut(q[1], "/")
			addr, err := netip.ParseAddr(literal)
			if err != nil {
				t.Fatal(err)
			}
			if err := policy(t.Context(), "host.example", netip.AddrPortFrom(addr, 443)); (err != nil) != c.denied {
				t.Errorf("%s: %v, want denied %t", q[1], err, c.denied)
			}
		}
	}
}
