package pattern_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/pattern"
	"github.com/tidewire/tidewire/internal/testing/detector"
)

// work returns the work that Next does, until it is over or there was so much of it.
func work(t *testing.T, subject, source string, most int) (total int) {
	t.Helper()
	enough := errors.New("enough")
	m := pattern.Matcher{Steps: func(n int) error {
		if total += n; total > most {
			return enough
		}
		return nil
	}}
	m.Reset(pattern.Compile(source), subject)
	if _, _, err := m.Next(); err != nil && !errors.Is(err, enough) {
		t.Fatal(err)
	}
	return total
}

// The steps counted are within a small factor of the count of bytes and nodes.
func TestWork(t *testing.T) {
	for _, test := range detector.Some([]struct {
		rule    string
		subject string
		pattern string
		want    int
	}{
		{"a long set is read once", strings.Repeat("x", 20_000), "[" + strings.Repeat("a", 1e6) + "]", 1_020_000},
		{"a set is looked for", strings.Repeat("x", 1e6), "[ab]", 1e6},
		{"a set as often as it goes", strings.Repeat("x", 1e6), "^%a*$", 1e6},
		{"a byte as often as it goes", strings.Repeat("x", 1e6), "^x*$", 1e6},
		{"a byte is looked for, 16 at once", strings.Repeat("x", 16e6), "y", 1e6},
		{"so is a text", strings.Repeat("x", 16e6), "yz", 1e6},
		{"so is the end of all bytes but one", strings.Repeat("x", 16e6), "^[^y]*$", 1e6},
		{"so is the end of any bytes", strings.Repeat("x", 16e6), "^.-y", 1e6},
		{"any bytes are not looked at", strings.Repeat("x", 16e6), "^.*$", 0},
		{"but from the end for what is behind", strings.Repeat("x", 1e6), "^.*y", 1e6},
		{"a balanced text", "(" + strings.Repeat("x", 1e6), "^%b()", 1e6},
		{"all pieces of a subject", strings.Repeat("a", 2000), "a*b", 2000 * 2000},
		{"as rarely as it goes", strings.Repeat("a", 2000), "a-b", 2000 * 2000 / 2},
		{"any bytes and a reference to them", strings.Repeat("a", 2000) + "c", "^(a*)%1b", 2000 * 2000 / 128},
		{"balanced texts that do not end", strings.Repeat("(", 2000), "%b()", 2000 * 2000 / 2},
		{"exponential", strings.Repeat("a", 30), strings.Repeat("a?", 30) + strings.Repeat("a", 30) + "b", 10e6},
	}) {
		got := work(t, test.subject, test.pattern, 10e6)
		if got < test.want/2-pattern.Quantum || got > 3*test.want+pattern.Quantum {
			t.Errorf("%s: work of %d, want about %d", test.rule, got, test.want)
		}
	}
}

// Steps is called often enough: never is more done between two calls than one look at a
// stretch of the subject.
func TestStepsAreSmall(t *testing.T) {
	subject := strings.Repeat("(ab", 1<<19)
	for _, source := range detector.Some([]string{
		"%d", "^[%a(]*$", "^.-%d", "^.*%d", "%b()", "x", "xy", "^[^x]*$", "^%(*.-%(*$", "[^()ab]", "(.)%1%1%1", "%a-%d",
		strings.Repeat("(ab", 1<<16) + "x",
	}) {
		total, largest := 0, 0
		enough := errors.New("enough")
		m := pattern.Matcher{Steps: func(n int) error {
			largest = max(largest, n)
			if total += n; total > 20e6 {
				return enough
			}
			return nil
		}}
		p := pattern.Compile(source)
		m.Reset(p, subject)
		if err := m.Steps(0); err != nil {
			t.Fatal(err)
		}
		for from, err := 0, error(nil); from >= 0 && err == nil; from, _, err = m.Next() {
		}
		if bound := pattern.Stretch + pattern.Quantum + len(source); largest > bound {
			t.Errorf("%.30q: %d units at once, more than %d", source, largest, bound)
		}
	}
}

// An error of Steps ends a match wherever it comes, and Next returns it.
func TestStepsEndsMatch(t *testing.T) {
	subject := strings.Repeat("(ab", 1<<18)
	stop := errors.New("stop")
	for _, source := range detector.Some([]string{
		"%d", "^[%a(]*$", "^.-%d", "^.*%d", "%b()", "^[^x]*$", "^%(*.-%(*$", "(.)%1%1%1", "%a-%d", "a-[(][^b]-%d",
		"ab[(]-%d",
	}) {
		whole := work(t, subject, source, 5e6)
		for _, share := range []int{0, 2, 5, 9} {
			total := 0
			m := pattern.Matcher{Steps: func(n int) error {
				if total += n; total > whole*share/10 {
					return stop
				}
				return nil
			}}
			m.Reset(pattern.Compile(source), subject)
			if from, to, err := m.Next(); !errors.Is(err, stop) || from != -1 || to != -1 {
				t.Errorf("%s after %d of %d units: %d-%d, %v", source, total, whole, from, to, err)
			}
			if from, _, err := m.Next(); from >= 0 || err != nil {
				t.Errorf("%s goes on at %d, %v", source, from, err)
			}
		}
	}
}

// Small matches are counted, too: the remainder of one is kept for the next.
func TestWorkOfSmallMatches(t *testing.T) {
	total := 0
	m := pattern.Matcher{Steps: func(n int) error { total += n; return nil }}
	p := pattern.Compile("%d")
	for range 100_000 {
		m.Reset(p, "abcdefgh")
		if _, _, err := m.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if total < 800_000 {
		t.Errorf("work of %d for 800,000 bytes", total)
	}
}
