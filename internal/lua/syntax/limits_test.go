package syntax_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/lua/syntax"
	"github.com/tidewire/tidewire/internal/testing/detector"
)

// Each way down ends where LuaJIT's does: the depth given is the last one accepted.
func TestLevels(t *testing.T) {
	for _, test := range detector.Some([]struct {
		name  string
		nest  func(depth int) string
		depth int
	}{
		{"parentheses", around("x = ", "(", "1", ")"), 197},
		{"do", around("", "do ", "", "end "), 198},
		{"while", around("", "while x do ", "", "end "), 198},
		{"repeat", around("", "repeat ", "", "until x "), 198},
		{"if", around("", "if x then ", "", "end "), 198},
		{"else", around("", "if x then else ", "", "end "), 198},
		{"generic for", around("", "for k in x do ", "", "end "), 198},
		{"functions", around("x = ", "function() return ", "1", " end"), 98},
		{"unary operators", around("x = ", "not ", "1", ""), 197},
		{"concatenation", around("x = ", "y .. ", "y", ""), 197},
		{"powers", around("x = ", "y ^ ", "y", ""), 197},
		{"tables", around("x = ", "{", "", "}"), 198},
		{"arguments", around("x = ", "f(", "1", ")"), 197},
		{"indices", around("x = ", "a[", "1", "]"), 197},
		{"labels", around("", "::a:: ", "", ""), 199},
		{"labels in a block", func(depth int) string { return "do " + strings.Repeat("::a:: ", depth) + "end" }, 198},
	}) {
		if _, err := syntax.Parse([]byte(test.nest(test.depth)), "s", syntax.Options{}); err != nil {
			t.Errorf("%s: %d levels: %v", test.name, test.depth, err)
		}
		for _, depth := range []int{test.depth + 1, 1_000_000} {
			wantError(t, test.name, test.nest(depth), "s:1: chunk has too many syntax levels")
		}
	}
}

func TestVariableNames(t *testing.T) {
	targets := func(count int) string { return strings.Repeat("a, ", count-1) + "a = 1" }
	for _, test := range []struct {
		before, after string
		count         int
		want          string
	}{
		{"", "", 199, "s:1: main function has more than 200 variable names"},
		{"do do ", " end end", 197, "s:1: main function has more than 200 variable names"},
		{"local function f()\n\n", " end", 198, "s:3: function at line 1 has more than 200 variable names"},
	} {
		if _, err := syntax.Parse([]byte(test.before+targets(test.count)+test.after), "s",
			syntax.Options{}); err != nil {
			t.Errorf("%d targets: %v", test.count, err)
		}
		wantError(t, "targets", test.before+targets(test.count+1)+test.after, test.want)
	}
}

// Chains that LuaJIT parses in a loop may be long, but the tree is no deeper than a
// consumer can recurse, also where long chains are nested.
func TestLinks(t *testing.T) {
	const most = 10_000
	for name, chain := range map[string]func(length int) string{
		"sums":         around("x = 0", " + y", "", ""),
		"conjunctions": around("x = y", " and y", "", ""),
		"fields":       around("x = y", ".z", "", ""),
		"calls":        around("f", "{}", "", ""),
		"methods":      around("x", ":m''", "", ""),
		"elseif": func(length int) string {
			return "if x then " + strings.Repeat("elseif y then ", length) +
				"end"
		},
		"names": func(length int) string {
			return "function x" + strings.Repeat(".z", length) + "() end"
		},
		"a chain in a chain": func(length int) string {
			return "x = a + f[1" + strings.Repeat(" + y", length-2) + "]"
		},
	} {
		if _, err := syntax.Parse([]byte(chain(most)), "s", syntax.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantError(t, name, chain(most+1), "s:1: chunk has too many syntax levels")
	}
	sum := "0" + strings.Repeat(" + y", most*2/3)
	if _, err := syntax.Parse([]byte("x = {"+sum+", "+sum+"} x = "+sum), "s", syntax.Options{}); err != nil {
		t.Errorf("side by side: %v", err)
	}
}

// Sources that are bad for a parser which copies its results, or looks far ahead, take no
// more than their share. The bound is some hundred times the time that each takes.
func TestLinearTime(t *testing.T) {
	const size, bound = 512 << 10, 5 * time.Second
	for _, part := range detector.Some([]string{
		"x=[", "[=", "]=", "--[", "[[", "--[=", "\\", "'\\\n", "\"\\z", "1e+", "0x", "\r\n", "::", "goto ", "f{a,",
		"a\x00", "..", "é",
		"x=[[]=]]=]]", "x=[=[]]]]=]",
	}) {
		for _, before := range []string{"", "x='", "--[[", "x=[==["} {
			start := time.Now()
			_, _ = syntax.Parse([]byte(before+strings.Repeat(part, size/len(part))), "s", syntax.Options{})
			if took := time.Since(start); took > bound {
				t.Errorf("%q and then %q took %v", before, part, took)
			}
		}
	}
}

// around returns a function that puts depth times left and right around inner.
func around(before, left, inner, right string) func(depth int) string {
	return func(depth int) string {
		return before + strings.Repeat(left, depth) + inner + strings.Repeat(right, depth)
	}
}

func wantError(t *testing.T, name, source, want string) {
	t.Helper()
	if _, err := syntax.Parse([]byte(source), "s", syntax.Options{}); err == nil || err.Error() != want {
		t.Errorf("%s: got %v, want %s", name, err, want)
	}
}
