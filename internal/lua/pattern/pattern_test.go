package pattern_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/pattern"
)

// find returns the first match as "from-to" of Go indices and its captures, each as text
// or as @ and a position; or "none"; or the error.
func find(subject, source string) string {
	var m pattern.Matcher
	m.Reset(pattern.Compile(source), subject)
	from, to, err := m.Next()
	switch {
	case err != nil:
		return err.Error()
	case from < 0:
		return "none"
	}
	return fmt.Sprintf("%d-%d", from, to) + captures(&m, subject)
}

func captures(m *pattern.Matcher, subject string) (list string) {
	for i := range m.Captures() {
		from, to, position, err := m.Capture(i)
		switch {
		case err != nil:
			return " " + err.Error()
		case position:
			list += fmt.Sprintf(" @%d", from+1)
		default:
			list += " " + subject[from:to]
		}
	}
	return list
}

var rules = []struct {
	rule    string
	subject string
	pattern string
	want    string
}{
	{"an empty pattern matches at once", "abc", "", "0-0"},
	{"a byte", "abc", "b", "1-2"},
	{"a text", "a nice text", "text", "7-11"},
	{"a text that is not there", "a nice text", "texts", "none"},
	{"a text of more bytes than a node holds", strings.Repeat("a", 500) + "b", strings.Repeat("a", 400) + "b",
		"100-501"},
	{"a dot is any byte", "\x00\xff", "..", "0-2"},
	{"a dot needs a byte", "", ".", "none"},
	{"a class", "ab1", "%d", "2-3"},
	{"a class's complement", "ab1", "%D", "0-1"},
	{"no byte above 127 has a class", "\xe4", "%a", "none"},
	{"a NUL by its class", "a\x00b", "%z", "1-2"},
	{"an escaped byte is itself", "a.b", "%.", "1-2"},
	{"an escaped letter without a class, too", "xyz", "%y", "1-2"},
	{"a set", "xyzabc", "[cba]", "3-4"},
	{"a set's complement", "abcx", "[^cba]", "3-4"},
	{"a range", "xyz5", "[0-9]", "3-4"},
	{"a range that is empty", "b", "[c-a]", "none"},
	{"a class in a set", "-_x", "[%a]", "2-3"},
	{"a '-' at a set's end", "a-", "[b-]", "1-2"},
	{"a '-' at a set's start", "a-", "[-b]", "1-2"},
	{"a '-' behind a class", "z-", "[%d-b]", "1-2"},
	{"a range that ends at a '%'", "!", "[ -%x]", "0-1"},
	{"a ']' at a set's start", "a]", "[]]", "1-2"},
	{"and at its complement's", "]a", "[^]]", "1-2"},
	{"an escaped ']'", "a]", "[b%]]", "1-2"},
	{"a '^' within a set", "a^", "[b^]", "1-2"},
	{"a set of one byte", "a,b", "[,]", "1-2"},
	{"a set of all bytes but one", ",,b", "[^,]", "2-3"},
	{"a set of all bytes", "a", "[%a%A]", "0-1"},
	{"a set of none", "a", "[^%a%A]", "none"},
	{"as often as it goes", "xaaab", "a*", "0-0"},
	{"and once at least", "xaaab", "a+", "1-4"},
	{"any byte once at least", "abc", ".+", "0-3"},
	{"and there is none", "", ".+", "none"},
	{"less often if the rest needs it", "aaa", "a*a", "0-3"},
	{"less often than that", "aaab", "a*ab", "0-4"},
	{"any byte as often as it goes", "a.b.c", "(.*)%.", "0-4 a.b"},
	{"a byte as often as it goes", "==x", "=*x", "0-3"},
	{"all but a byte as often as it goes", "ab,c", "[^,]*", "0-2"},
	{"a set as often as it goes", "a_1-", "[%w_]*", "0-3"},
	{"as rarely as it goes", "aaab", "a-b", "0-4"},
	{"not at all", "b", "a-b", "0-1"},
	{"any byte as rarely as it goes", "<a><b>", "<(.-)>", "0-3 a"},
	{"a set as rarely as it goes", "a1b2;", "%w-(%d);", "0-5 2"},
	{"all as rarely as it goes, and the end", "ab", "^(.-)$", "0-2 ab"},
	{"perhaps", "color", "colou?r", "0-5"},
	{"perhaps, and it is there", "colour", "colou?r", "0-6"},
	{"perhaps, but the rest needs it", "ab", "a?ab", "0-2"},
	{"perhaps, and the rest takes both", "aa", "a?(a-)$", "0-2 a"},
	{"perhaps, and not again", "aab", "a?b", "1-3"},
	{"a '*' at the start is itself", "a*", "*", "1-2"},
	{"a repeated '*'", "a**", "**", "0-0"},
	{"a '*' behind a capture is itself", "ab*", "(b)*", "1-3 b"},
	{"a '+' behind %b is itself", "()+", "%b()+", "0-3"},
	{"a '?' behind %1 is itself", "aa?", "(a)%1?", "0-3 a"},
	{"a '-' behind a '*' is itself", "aa-", "a*-", "0-3"},
	{"an anchor", "abc", "^a", "0-1"},
	{"an anchor that does not hold", "abc", "^b", "none"},
	{"an anchor alone", "abc", "^", "0-0"},
	{"a second '^' is itself", "^a", "^^a", "0-2"},
	{"a '^' elsewhere is itself", "a^b", "a^", "0-2"},
	{"the end", "abc", "c$", "2-3"},
	{"the end alone", "abc", "$", "3-3"},
	{"not the end", "abc", "b$", "none"},
	{"a '$' elsewhere is itself", "a$b", "$b", "1-3"},
	{"an escaped '$' at the end", "a$", "%$", "1-2"},
	{"a capture", "key = value", "(%w+)%s*=%s*(%w+)", "0-11 key value"},
	{"captures within captures", "abc", "((a)(b(c)))", "0-3 abc a bc c"},
	{"an empty capture", "abc", "(b-)b", "1-2 "},
	{"a position", "abc", "()b()", "1-2 @2 @3"},
	{"a position at the end", "abc", "c()$", "2-3 @4"},
	{"a '$' in front of a position is itself", "abc", "$()", "none"},
	{"32 captures", strings.Repeat("x", 32), strings.Repeat("(x)", 32), "0-32" + strings.Repeat(" x", 32)},
	{"a reference", "say 'it' \"is\"", `(["'])(.-)%1`, "4-8 ' it"},
	{"a reference to an empty capture", "abab", "(x*)ab%1", "0-2 "},
	{"a reference after a retry", "aab=ab", "(%a+)=%1", "1-6 ab"},
	{"a reference beyond the end", "abcab", "(abc)%1", "none"},
	{"a reference to a position matches nothing", "aa", "()a%1", "none"},
	{"a balanced text", "f(a(b)c)d)", "%b()", "1-8"},
	{"a balanced text that does not end", "((x)", "%b()", "1-4"},
	{"balanced by one byte", "'a'b'", "%b''", "0-3"},
	{"nothing is balanced", "((", "%b()", "none"},
	{"a balanced text must begin at once", "x()", "^%b()", "none"},
	{"a frontier", "THE (quick) fox", "%f[%a]%a+%f[%A]", "0-3"},
	{"a frontier inside", "a1", "%f[%d]", "1-1"},
	{"a frontier at the end", "ab", "%f[%z]", "2-2"},
	{"a frontier with a complement", "ab ", "%f[^%a]", "2-2"},
	{"no frontier", "ab", "%f[%d]", "none"},
	{"a NUL ends the pattern", "ab", "a\x00)", "0-1"},
	{"a trimmed text", "  a b  ", "^%s*(.-)%s*$", "0-7 a b"},
	{"a trimmed text of white space", "   ", "^%s*(.-)%s*$", "0-3 "},
	{"a date", "on 2024-01-02T03:04", "(%d+)-(%d+)-(%d+)T(%d+):(%d+)", "3-19 2024 01 02 03 04"},

	// A place that cannot match is skipped; one that must be tried is not.
	{"the first item may be missing", "bbab", "a*b", "0-1"},
	{"a capture in front of a text", "xxabc", "((ab)c)", "2-5 abc ab"},
	{"a position in front of a text", "xxabc", "()abc", "2-5 @3"},
	{"all repeated, then the end", "abc", "%d*$", "3-3"},
	{"all but a byte, first", "aab", "[^a]", "2-3"},
	{"a frontier first", "  ab", "%f[%w]", "2-2"},
	{"a reference first", "ab", "()(x*)%2b", "1-2 @2 "},

	// Errors, at the moment that the match is there.
	{"a '%' at the end", "x", "%", string(pattern.ErrEndsWithPercent)},
	{"a '%' at the end that is reached", "ab", "a%", string(pattern.ErrEndsWithPercent)},
	{"a '%' at the end that is not reached", "bc", "a%", "none"},
	{"a '%' in front of a NUL", "x", "%\x00", string(pattern.ErrEndsWithPercent)},
	{"a '[' alone", "x", "[", string(pattern.ErrMissingBracket)},
	{"a '[' that is not reached", "x", "a[", "none"},
	{"a set that does not end", "x", "[a", string(pattern.ErrMissingBracket)},
	{"a set with a ']' that is a member", "x", "[]", string(pattern.ErrMissingBracket)},
	{"and its complement", "x", "[^]", string(pattern.ErrMissingBracket)},
	{"a set with an escaped ']'", "x", "[a%]", string(pattern.ErrMissingBracket)},
	{"a set that ends with a '%'", "x", "[a%", string(pattern.ErrMissingBracket)},
	{"a set that ends with a '-'", "x", "[a-", string(pattern.ErrMissingBracket)},
	{"a ')' too many", "x", ")", string(pattern.ErrInvalidCapture)},
	{"a ')' too many behind a capture", "x", "(x))", string(pattern.ErrInvalidCapture)},
	{"a ')' behind a position", "x", "())", string(pattern.ErrInvalidCapture)},
	{"a '(' that is not closed", "x", "(x", "0-1 unfinished capture"},
	{"a '(' that is not closed, and no match", "x", "(y", "none"},
	{"33 captures", "x", strings.Repeat("(", 33), string(pattern.ErrTooManyCaptures)},
	{"33 positions", "x", strings.Repeat("()", 33), string(pattern.ErrTooManyCaptures)},
	{"a balance without bytes", "x", "%b", string(pattern.ErrUnbalanced)},
	{"a balance of one byte", "x", "%bx", string(pattern.ErrUnbalanced)},
	{"a frontier without a set", "x", "%f", string(pattern.ErrMissingSet)},
	{"a frontier of something else", "x", "%fa", string(pattern.ErrMissingSet)},
	{"a frontier of a set that does not end", "x", "%f[a", string(pattern.ErrMissingBracket)},
	{"a reference to nothing", "x", "%1", string(pattern.ErrInvalidIndex)},
	{"a reference to number 0", "x", "(x)%0", string(pattern.ErrInvalidIndex)},
	{"a reference to a capture that is open", "x", "(x%1)", string(pattern.ErrInvalidIndex)},
	{"a reference to a later capture", "x", "(x)%2(x)", string(pattern.ErrInvalidIndex)},

	// 200 levels.
	{"199 repetitions", "", repeat("a*", 199), "0-0"},
	{"200 repetitions", "", repeat("a*", 200), string(pattern.ErrTooComplex)},
	{"200 repetitions and no match", "b", repeat("a*", 200) + "c", string(pattern.ErrTooComplex)},
	{"200 items once at least", repeat("ab", 200), repeat("a+b", 200), string(pattern.ErrTooComplex)},
	{"200 that fail before", "aab", "a+a+b" + repeat("a+", 198), "none"},
	{"199 as rarely as it goes", "aa", repeat("a-", 199), "0-0"},
	{"200 as rarely as it goes", "aa", repeat("a-", 200), string(pattern.ErrTooComplex)},
	{"200 perhaps, and none is there", "b", repeat("a?", 200) + "b", "0-1"},
	{"199 perhaps, and all are there", repeat("a", 199), repeat("a?", 199), "0-199"},
	{"200 perhaps, and all are there", repeat("a", 200), repeat("a?", 200), string(pattern.ErrTooComplex)},
	{"one that is back at its start counts", "a", "a*a" + repeat("b*", 199), string(pattern.ErrTooComplex)},
	{"captures and repetitions", "", repeat("()", 30) + repeat("a*", 169), "0-0" + repeat(" @1", 30)},
	{"captures count two levels", "", repeat("(a*)", 32) + repeat("a*", 104), string(pattern.ErrTooComplex)},
	{"one less", "", repeat("(a*)", 32) + repeat("a*", 103), "0-0" + repeat(" ", 32)},
	{"texts do not count", strings.Repeat("ab", 500), strings.Repeat("[a]b", 500), "0-1000"},
}

func repeat(s string, count int) string { return strings.Repeat(s, count) }

func TestRules(t *testing.T) {
	for _, test := range rules {
		if got := find(test.subject, test.pattern); got != test.want {
			t.Errorf("%s: %.60q in %.60q: %s, want %s", test.rule, test.pattern, test.subject, got, test.want)
		}
	}
}

// Whatever follows it, a match begins where each byte of the subject is tried in turn.
func TestEachClass(t *testing.T) {
	for letter := range 256 {
		for c := range 256 {
			want := "none"
			if referenceClass(byte(c), byte(letter)) {
				want = "0-1"
			}
			switch letter {
			case 0, 'b', 'f', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
				continue
			}
			if got := find(string([]byte{byte(c)}), string([]byte{'%', byte(letter)})); got != want {
				t.Errorf("%%%c of byte %d: %s, want %s", letter, c, got, want)
			}
		}
	}
}

// all returns the matches of gmatch or gsub.
func all(m *pattern.Matcher, p *pattern.Program, subject string) (list string) {
	m.Reset(p, subject)
	for {
		from, to, err := m.Next()
		switch {
		case err != nil:
			return list + err.Error()
		case from < 0:
			return list
		}
		list += fmt.Sprintf("%d-%d ", from, to)
	}
}

func TestNext(t *testing.T) {
	for _, test := range []struct {
		rule    string
		subject string
		pattern string
		want    string
	}{
		{"one after the other", "one two", "%a+", "0-3 4-7 "},
		{"empty matches between bytes and at the end", "abc", "", "0-0 1-1 2-2 3-3 "},
		{"an empty match behind another", "ab,cd", "%a*", "0-2 2-2 3-5 5-5 "},
		{"the subject is empty", "", "a*", "0-0 "},
		{"an anchor matches once", "aaa", "^a", "0-1 "},
		{"an anchor and nothing", "baa", "^a", ""},
		{"any bytes match once", "abc", ".+", "0-3 "},
		{"each byte", "abc", ".", "0-1 1-2 2-3 "},
		{"each byte but one", "a,b", "[^,]", "0-1 2-3 "},
		{"each byte of a set", "a1b2", "%d", "1-2 3-4 "},
		{"each run of a byte", "axxbx", "x+", "1-3 4-5 "},
		{"matches do not overlap", "aaaa", "aa", "0-2 2-4 "},
		{"the end is one match", "ab", "$", "2-2 "},
		{"an error ends it", "xa", "a%", "malformed pattern (ends with '%')"},
	} {
		var m pattern.Matcher
		if got := all(&m, pattern.Compile(test.pattern), test.subject); got != test.want {
			t.Errorf("%s: %q in %q: %s, want %s", test.rule, test.pattern, test.subject, got, test.want)
		}
		if from, _, err := m.Next(); from >= 0 || err != nil {
			t.Errorf("%s: another match at %d after the last one, error %v", test.rule, from, err)
		}
	}
}

// A '^' is a byte in gmatch.
func TestCompileGmatch(t *testing.T) {
	var m pattern.Matcher
	if got := all(&m, pattern.CompileGmatch("^a"), "a^a^a"); got != "1-3 3-5 " {
		t.Errorf("matches %s", got)
	}
}

func TestSeek(t *testing.T) {
	for _, test := range []struct {
		rule    string
		pattern string
		at      int
		want    int
	}{
		{"from the start", "l", 0, 2},
		{"from a match on", "l", 3, 3},
		{"behind the last one", "l", 4, -1},
		{"nothing at the end", "", 5, 5},
		{"beyond the end", "", 6, -1},
		{"an anchor holds there", "^l", 3, 3},
		{"an anchor does not hold there", "^h", 1, -1},
		{"a frontier sees what is in front", "%f[%a]", 1, -1},
	} {
		var m pattern.Matcher
		m.Reset(pattern.Compile(test.pattern), "hello")
		m.Seek(test.at)
		if from, _, err := m.Next(); from != test.want || err != nil {
			t.Errorf("%s: at %d, %v; want %d", test.rule, from, err, test.want)
		}
	}
}

// A gmatch may go on with another Matcher, or after this one did something else.
func TestPosition(t *testing.T) {
	var m pattern.Matcher
	p, at, got := pattern.CompileGmatch("%a*"), 0, ""
	for {
		m.Reset(p, "ab,c")
		m.Seek(at)
		from, to, err := m.Next()
		if err != nil {
			t.Fatal(err)
		}
		if from < 0 {
			break
		}
		got += fmt.Sprintf("%d-%d ", from, to)
		at = m.Position()
	}
	if want := "0-2 2-2 3-4 4-4 "; got != want {
		t.Errorf("matches %s, want %s", got, want)
	}
}

func TestCaptureOfNone(t *testing.T) {
	var m pattern.Matcher
	m.Reset(pattern.Compile("b+"), "abbc")
	if _, _, err := m.Next(); err != nil {
		t.Fatal(err)
	}
	if from, to, position, err := m.Capture(0); from != 1 || to != 3 || position || err != nil {
		t.Errorf("capture 0 is %d-%d, %v, %v; want the match", from, to, position, err)
	}
	if _, _, _, err := m.Capture(1); !errors.Is(err, pattern.ErrInvalidIndex) {
		t.Errorf("capture 1: %v", err)
	}
}

func TestIsPlain(t *testing.T) {
	for _, c := range "^$*+?.([%-" {
		if pattern.IsPlain("a" + string(c)) {
			t.Errorf("%c is plain", c)
		}
	}
	for _, text := range []string{"", "abc", "a)b", "a]b", "a\x00b", "\xff"} {
		if !pattern.IsPlain(text) {
			t.Errorf("%q is not plain", text)
		}
	}
}

// A match allocates nothing.
func TestMatchDoesNotAllocate(t *testing.T) {
	var m pattern.Matcher
	m.Steps = func(int) error { return nil }
	subject := strings.Repeat("key = value, (a (b)) 'x' 12; ", 200)
	for _, source := range []string{"%w+", "(%w+) = (%w+)", "%b()", "(['\"])(.-)%1", "%f[%d]%d+", "a?.-;", "value"} {
		p := pattern.Compile(source)
		if count := testing.AllocsPerRun(5, func() {
			m.Reset(p, subject)
			for from := 0; from >= 0; from, _, _ = m.Next() {
			}
		}); count != 0 {
			t.Errorf("%s: %v allocations", source, count)
		}
	}
}

// Compile takes no more memory than Size says.
func TestSize(t *testing.T) {
	for _, source := range []string{
		"", "a", "%a%d%s", "[a]", strings.Repeat("%a-", 10), strings.Repeat("a", 10_000),
		strings.Repeat("[a-z]?", 5_000),
		strings.Repeat("a*", 7_000), strings.Repeat("%f[a]", 3_000), "[" + strings.Repeat("x", 100_000) + "]",
		strings.Repeat("(", 1000), strings.Repeat("ab.", 2000), "a[bc]*d[ef]?g",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		pattern.Compile(source)
		runtime.ReadMemStats(&after)
		if got, bound := after.TotalAlloc-before.TotalAlloc,
			uint64(pattern.Size(source))+1024; got > bound { // rounding up
			t.Errorf("%.20q takes %d bytes, more than %d", source, got, bound)
		}
	}
}

func TestCache(t *testing.T) {
	var c pattern.Cache
	if first, second := c.Get("a+"), c.Get("a+"); first != second {
		t.Error("a pattern is compiled again")
	}
	if c.Get("^a") == c.GetGmatch("^a") {
		t.Error("gmatch has an anchor")
	}
	if c.Get("a+") != c.GetGmatch("a+") {
		t.Error("a pattern is compiled again for gmatch")
	}
	long := strings.Repeat("a", 1000)
	if first, second := c.Get(long), c.Get(long); first == second {
		t.Error("a long pattern is kept")
	}
	var m pattern.Matcher
	for i := range 10_000 { // more than there is room for, again and again
		text := fmt.Sprintf("(x)%d", i%300)
		if got := all(&m, c.Get(text), "-x"+text[3:]); got != fmt.Sprintf("1-%d ", len(text)-1) {
			t.Fatalf("%s matches %s", text, got)
		}
	}
}
