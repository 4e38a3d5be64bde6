package named_test

import (
	"slices"
	"testing"

	"github.com/tidewire/tidewire/bench/internal/named"
)

func TestOf(t *testing.T) {
	list := []string{"a", "b", "c"}
	name := func(s string) string { return s }
	for names, want := range map[string][]string{
		"": list, "b": {"b"}, "c,a": {"c", "a"}, " c , a": {"c", "a"}, "a,b,a": {"a", "b"},
	} {
		if got, err := named.Of("letter", list, name, names); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, error %v, want %q", names, got, err, want)
		}
	}
	const want = `no letter is named "d": -list shows their names`
	if _, err := named.Of("letter", list, name, "a,d"); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
