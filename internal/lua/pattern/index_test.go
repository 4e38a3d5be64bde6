package pattern_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/pattern"
	"github.com/tidewire/tidewire/internal/testing/detector"
)

func TestIndex(t *testing.T) {
	long := strings.Repeat("ab", pattern.MaxNeedle) // longer than the standard library gets
	pieces := strings.Repeat("a", 2*pattern.Piece)
	for _, test := range []struct {
		rule    string
		subject string
		text    string
		at      int
		want    int
	}{
		{"nothing", "abc", "", 1, 1},
		{"nothing at the end", "abc", "", 3, 3},
		{"nothing in nothing", "", "", 0, 0},
		{"a byte", "abcb", "b", 0, 1},
		{"a byte further on", "abcb", "b", 2, 3},
		{"a byte that is not there", "abcb", "x", 0, -1},
		{"a text", "abcbc", "bc", 0, 1},
		{"a text further on", "abcbc", "bc", 2, 3},
		{"a text that is not there", "abcbc", "bd", 0, -1},
		{"a text longer than the subject", "abc", "abcd", 0, -1},
		{"a text longer than what is left", "abc", "abc", 1, -1},
		{"a NUL", "a\x00b\x00", "\x00", 2, 3},
		{"a byte in the second piece", strings.Repeat("a", pattern.Piece) + "b", "b", 0, pattern.Piece},
		{"a text over a border", strings.Repeat("a", pattern.Piece-1) + "bcd", "bc", 0, pattern.Piece - 1},
		{"a text at the end of the third piece", strings.Repeat("a", 3*pattern.Piece-3) + "bc", "bc", 5,
			3*pattern.Piece - 3},
		{"no text in three pieces", strings.Repeat("a", 3*pattern.Piece), "ab", 0, -1},
		{"a long text", "xx" + long, long, 0, 2},
		{"a long text at the end", strings.Repeat("ba", pattern.MaxNeedle-1) + "x" + long, long, 0,
			2*pattern.MaxNeedle - 1},
		{"a long text that is not there", strings.Repeat("ba", pattern.MaxNeedle-1), long, 0, -1},
		{"a long text in itself", long, long, 0, 0},
		{"a long text further on", long + long, long, 1, 2},
		{"a text of two pieces", "x" + pieces + "b", pieces[1:] + "b", 0, 2},
	} {
		var m pattern.Matcher
		if got, err := m.Index(test.subject, test.text, test.at); got != test.want || err != nil {
			t.Errorf("%s: at %d, %v; want %d", test.rule, got, err, test.want)
		}
	}
}

// Texts that are hard to look for take no more than linear work, and an error of Steps
// ends the search.
func TestIndexLongIsLinear(t *testing.T) {
	const size = 1 << 20
	for rule, text := range detector.SomeOf(map[string]string{
		"one byte":           strings.Repeat("a", size),
		"a byte in front":    "b" + strings.Repeat("a", size),
		"a byte at the end":  strings.Repeat("a", size) + "b",
		"a byte in the half": strings.Repeat("a", size/2) + "b" + strings.Repeat("a", size/2),
		"a period":           strings.Repeat("aab", size/3),
		"a period and more":  strings.Repeat("aab", size/3) + "b",
		"no period":          fibonacci(size),
	}) {
		subject := strings.Repeat(text[:len(text)-1]+"c", 3)
		total := 0
		m := pattern.Matcher{Steps: func(n int) error { total += n; return nil }}
		if at, err := m.Index(subject, text, 0); at != -1 || err != nil {
			t.Errorf("%s: at %d, %v", rule, at, err)
		}
		if total > 8*(len(subject)+len(text)) {
			t.Errorf("%s: work of %d for %d bytes", rule, total, len(subject)+len(text))
		}
		stop := errors.New("stop")
		for _, share := range []int{1, 3, 6, 9} {
			most, done := total/10*share, 0
			m := pattern.Matcher{Steps: func(n int) error {
				if done += n; done > most {
					return stop
				}
				return nil
			}}
			if at, err := m.Index(subject, text, 0); at != -1 || !errors.Is(err, stop) {
				t.Errorf("%s after %d of %d units: at %d, %v", rule, done, total, at, err)
			}
		}
	}
}

// fibonacci returns a text that repeats itself without a period.
func fibonacci(size int) string {
	last, text := "b", "a"
	for len(text) < size {
		last, text = text, text+last
	}
	return text[:size]
}

// All short texts of two letters are found in all of them, by the algorithm for long
// ones.
func TestIndexLongOfAll(t *testing.T) {
	var texts []string
	for size := 1; size <= 7; size++ {
		for bits := range 1 << size {
			text := make([]byte, size)
			for i := range text {
				text[i] = 'a' + byte(bits>>i&1)
			}
			texts = append(texts, string(text))
		}
	}
	var m pattern.Matcher
	for _, subject := range texts {
		for _, text := range texts {
			subject := subject + subject + text[1:] + subject
			if got, _ := m.IndexLong(subject, text, 0); got != strings.Index(subject, text) {
				t.Fatalf("%s in %s: at %d", text, subject, got)
			}
		}
	}
}

func FuzzIndexLong(f *testing.F) {
	f.Add("abracadabra", "abra", 3)
	f.Add("aaaaaaaabaaa", "aab", 0)
	f.Fuzz(func(t *testing.T, subject, text string, at int) {
		if text == "" || at < 0 || at > len(subject) {
			t.Skip()
		}
		// few different bytes, so that pieces repeat
		few := func(s string) string {
			return strings.Map(func(r rune) rune { return 'a' + r%3 }, s)
		}
		for _, pair := range [][2]string{{subject, text}, {few(subject), few(text)}} {
			at := min(at, len(pair[0]))
			want := strings.Index(pair[0][at:], pair[1])
			if want >= 0 {
				want += at
			}
			var m pattern.Matcher
			if got, err := m.IndexLong(pair[0], pair[1], at); got != want || err != nil {
				t.Errorf("%q in %q from %d: at %d, %v; want %d", pair[1], pair[0], at, got, err, want)
			}
			if got, err := m.Index(pair[0], pair[1], at); got != want || err != nil {
				t.Errorf("Index of %q in %q from %d: at %d, %v; want %d", pair[1], pair[0], at, got, err, want)
			}
		}
	})
}
