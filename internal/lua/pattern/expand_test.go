package pattern_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/pattern"
)

// gsub is string.gsub with a template.
func gsub(w io.StringWriter, subject, source, template string) error {
	var m pattern.Matcher
	m.Reset(pattern.Compile(source), subject)
	copied := 0
	for {
		from, to, err := m.Next()
		if err != nil {
			return err
		}
		if from < 0 {
			_, err := w.WriteString(subject[copied:])
			return err
		}
		if _, err := w.WriteString(subject[copied:from]); err != nil {
			return err
		}
		if err := m.Expand(w, template); err != nil {
			return err
		}
		copied = to
	}
}

var templates = []struct {
	rule     string
	subject  string
	pattern  string
	template string
	want     string
}{
	{"no escape", "abc", "b", "<x>", "a<x>c"},
	{"nothing", "abc", "b", "", "ac"},
	{"the match", "hello world", "%w+", "<%0>", "<hello> <world>"},
	{"captures", "hello world", "(%w+) (%w+)", "%2 %1", "world hello"},
	{"the match is capture 1 without captures", "abc", "b", "<%1>", "a<b>c"},
	{"a position", "abc", "()b", "%1", "a2c"},
	{"a position of more digits", strings.Repeat("a", 1234) + "b", "()b", "%1", strings.Repeat("a", 1234) + "1235"},
	{"an empty capture", "abc", "b()(x*)", "%1%2", "a3c"},
	{"an escaped '%'", "abc", "b", "100%%", "a100%c"},
	{"any other byte is itself", "abc", "b", "%x%-", "ax-c"},
	{"a '%' at the end is a NUL", "abc", "b", "x%", "ax\x00c"},
	{"a NUL is itself", "abc", "b", "\x00", "a\x00c"},
	{"empty matches", "abc", "", "-", "-a-b-c-"},
	{"empty matches behind others", "hello world", "o*", "x", "xhxexlxlxx xwxxrxlxdx"},
	{"an anchor", "aaa", "^a", "b", "baa"},
	{"nine captures", "abcdefghi", strings.Repeat("(.)", 9), "%9%8%7%6%5%4%3%2%1", "ihgfedcba"},
	{"a number that is no capture", "abc", "b", "%2", string(pattern.ErrInvalidIndex)},
	{"a number behind the captures", "abc", "(b)", "%2", string(pattern.ErrInvalidIndex)},
	{"an unfinished capture", "abc", "(b", "%1", string(pattern.ErrUnfinishedCapture)},
	{"an unfinished capture that is not asked for", "abc", "(b", "x", "axc"},
}

func TestExpand(t *testing.T) {
	for _, test := range templates {
		var b strings.Builder
		got := ""
		if err := gsub(&b, test.subject, test.pattern, test.template); err != nil {
			got = err.Error()
		} else {
			got = b.String()
		}
		if got != test.want {
			t.Errorf("%s: %q with %q for %q: %q, want %q", test.rule, test.subject, test.template, test.pattern, got,
				test.want)
		}
	}
}

// bounded refuses to grow beyond a size.
type bounded struct {
	strings.Builder
	size int
}

var errFull = errors.New("full")

func (b *bounded) WriteString(s string) (int, error) {
	if b.Len()+len(s) > b.size {
		return 0, errFull
	}
	return b.Builder.WriteString(s)
}

// At each size that is too small the writer's error comes back, and the written text is
// the front of the whole.
func TestExpandStopsWhereTheWriterDoes(t *testing.T) {
	for _, test := range templates {
		var whole strings.Builder
		if gsub(&whole, test.subject, test.pattern, test.template) != nil || whole.Len() > 100 {
			continue
		}
		for size := range whole.Len() {
			b := bounded{size: size}
			if err := gsub(&b, test.subject, test.pattern, test.template); !errors.Is(err, errFull) {
				t.Errorf("%s at %d bytes: %v", test.rule, size, err)
			}
			if !strings.HasPrefix(whole.String(), b.String()) {
				t.Errorf("%s at %d bytes: %q is not how %q begins", test.rule, size, b.String(), whole.String())
			}
		}
	}
}

// A long template counts as work.
func TestExpandCounts(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	m := pattern.Matcher{Steps: func(int) error {
		if calls++; calls == 10 {
			return stop
		}
		return nil
	}}
	m.Reset(pattern.Compile("b"), "abc")
	if _, _, err := m.Next(); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := m.Expand(&b, strings.Repeat("%0", 1_000_000)); !errors.Is(err, stop) || b.Len() > 50_000 {
		t.Errorf("%d bytes, then %v", b.Len(), err)
	}
}

// Expanding is like replacing the escapes one by one.
func FuzzExpand(f *testing.F) {
	for _, test := range templates {
		f.Add(test.subject, test.template)
	}
	f.Fuzz(func(t *testing.T, subject, template string) {
		var m pattern.Matcher
		m.Reset(pattern.Compile("(.)()(.)"), subject)
		from, to, err := m.Next()
		if from < 0 || err != nil {
			t.Skip()
		}
		want, wantErr := "", error(nil)
		for rest := template; rest != ""; rest = rest[1:] {
			if rest[0] != '%' {
				want += rest[:1]
				continue
			}
			rest += "\x00"
			rest = rest[1:]
			switch c := rest[0]; c {
			case '0':
				want += subject[from:to]
			case '1':
				want += subject[from : from+1]
			case '2':
				want += "2"
			case '3':
				want += subject[from+1 : to]
			case '4', '5', '6', '7', '8', '9':
				wantErr = pattern.ErrInvalidIndex
			default:
				want += rest[:1]
			}
			if wantErr != nil {
				break
			}
			if len(rest) > 1 {
				rest = rest[:len(rest)-1]
			}
		}
		var b strings.Builder
		if err := m.Expand(&b, template); !errors.Is(err, wantErr) || err == nil && b.String() != want {
			t.Errorf("%q with %q: %q, %v; want %q, %v", subject, template, b.String(), err, want, wantErr)
		}
	})
}
