package secrets_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/secrets"
)

func TestMask(t *testing.T) {
	mask := secrets.Mask{}.With("joe.doe", "pass word", "v=1&token=a%2Fb%20cdef&barevalue;other=second+one"+
		"&auth=Bearer%20the%20wordtoken&a=b=behindtwo&j={%22t%22:%22in%5C%22json%22,%22l%22:[%22listed%22]}"+
		"&SixteenBytesName=&shortname=1&next=%2Fp%3Fkey%3Dnestedtoken&say=he%20said%20%22no%22%20%3Cto/it%3E",
		map[string][]string{"Authorization": {"Bearer eyJhbGci", "Basic YW5uYS1hOm90aGVyIHBhc3M="}, "X-Mode": {"on"},
			"Cookie": {"sid=cookievalue; b=c"}, "Origin": {"https://peer.test"}})
	for text, want := range map[string]string{
		"the server answered 401":          "the server answered 401",
		"no user joe.doe":                  "no user …",
		"wrong password pass word":         "wrong password …",
		"Basic am9lLmRvZTpwYXNzIHdvcmQ=":   "Basic …",
		"a%2Fb%20cdef or a/b cdef":         "… or …",
		"a%2fb%20CDEF":                     "…",
		"a%2Fb+cdef":                       "…",
		`a\/b cdef`:                        "…",
		"barevalue, second one":            "…, …",
		"second+one, SECOND%20ONE":         "…, …",
		"Bearer eyJhbGci":                  "…",
		"token eyJhbGci is old":            "token … is old",
		"mode on, v=1":                     "mode on, v=1",
		"no token wordtoken":               "no token …",
		"no token behindtwo":               "no token …",
		`in"json, in\"json, listed`:        "…, …, …",
		"no sixteenbytesname, shortname":   "no …, shortname",
		"no nestedtoken":                   "no …",
		"no session cookievalue":           "no session …",
		"anna-a has not other pass":        "… has not …",
		`he said "no" <to/it>`:             "…",
		`"he said \"no\" <to/it>"`:         `"…"`,
		`he said \"no\" \u003cto/it\u003e`: "…",
		`he said \"no\" <to\/it>`:          "…",
		"he+said+%22no%22+%3cto%2fit%3e":   "…",
		"at ws://peer.test/":               "at ws://peer.test/",
		"origin https://peer.test":         "origin …",
		"cut: cookieval":                   "cut: …",
		"not cut: cookieval.":              "not cut: cookieval.",
		"cut: cookie":                      "cut: …",
		"cut: cooki":                       "cut: cooki",
		"WordTokenWordToken":               "…",
		"XXXX\xffÄ":                        "XXXX\xffÄ",
	} {
		if got := mask.Hide(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	for name, mask := range map[string]secrets.Mask{
		"zero": {}, "of nothing": secrets.Mask{}.With("", "", "", nil),
		"of short ones": secrets.Mask{}.With("", "", "a=b&c", nil),
	} {
		if got := mask.Hide("a text"); got != "a text" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Masks of one chain grow and leave those before them as they are.
func TestMaskOfSeveralRequests(t *testing.T) {
	first := secrets.Mask{}.With("", "", "t=first-one", nil)
	second, other := first.With("", "", "t=second-one", nil), first.With("", "", "t=other-one", nil)
	for _, c := range []struct {
		mask secrets.Mask
		want string
	}{
		{first, "… second-one other-one"}, {second, "… … other-one"}, {other, "… second-one …"},
	} {
		if got := c.mask.Hide("first-one second-one other-one"); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// No secret is left, and no text grows much, however it is cut.
func FuzzMask(f *testing.F) {
	f.Add("token-of-mine", "no token-of-mine here", 9)
	f.Add("aaaaaaab", "aaaaaaaaaaab", 11)
	f.Add("abcde\xe2", "abcde", 100)
	f.Add("\x80\xa6abcd", "abcd", 100)
	f.Add("\xff\"%2f\\/", "\xff\\\"%2F", 4)
	f.Fuzz(func(t *testing.T, secret, text string, cut int) {
		mask := secrets.Mask{}.With("", secret, "q="+secret, nil)
		whole := text + secret + text
		if cut < 0 || cut > len(whole) {
			cut = len(whole)
		}
		hidden := mask.Hide(whole[:cut])
		if len(secret) >= 6 && !meetsEllipsis(secret) && strings.Contains(hidden, secret) {
			t.Errorf("%q hides %q as %q", secret, whole[:cut], hidden)
		}
		if len(hidden) > 3*cut {
			t.Errorf("%d bytes become %d", cut, len(hidden))
		}
	})
}

// meetsEllipsis reports whether a secret may be made up of "…" and what is beside it.
func meetsEllipsis(secret string) bool {
	const ellipsis = "…"
	for i := 1; i < len(ellipsis); i++ {
		if strings.HasPrefix(secret, ellipsis[i:]) || strings.HasSuffix(secret, ellipsis[:i]) {
			return true
		}
	}
	return strings.Contains(secret, ellipsis)
}
