package handshake_test

import (
	"testing"

	"github.com/tidewire/tidewire/internal/ws/handshake"
)

func TestMask(t *testing.T) {
	mask := handshake.NewMask("joe.doe", "pass word", "v=1&token=a%2Fb%20cdef&barevalue;other=second+one",
		map[string][]string{"Authorization": {"Bearer eyJhbGci"}, "X-Mode": {"on"}})
	for text, want := range map[string]string{
		"the server answered 401":        "the server answered 401",
		"no user joe.doe":                "no user …",
		"wrong password pass word":       "wrong password …",
		"Basic am9lLmRvZTpwYXNzIHdvcmQ=": "Basic …",
		"a%2Fb%20cdef or a/b cdef":       "… or …",
		"barevalue, second one":          "…, …",
		"Bearer eyJhbGci":                "…",
		"token eyJhbGci is old":          "token … is old",
		"mode on, v=1":                   "mode on, v=1",
	} {
		if got := mask.Hide(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	for name, mask := range map[string]handshake.Mask{
		"zero": {}, "of nothing": handshake.NewMask("", "", "", nil), "of short ones": handshake.NewMask("", "", "a=b&c", nil),
	} {
		if got := mask.Hide("a text"); got != "a text" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
