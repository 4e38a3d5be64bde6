package pattern_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/pattern"
)

// reference matches by continuations, in another way than a Matcher: each item calls the
// rest of the pattern with the place where it ended itself, and the captures so far.
type reference struct {
	subject, pattern string
	budget           int
	gaveUp           bool
}

type span struct{ from, to int } // to is -1 while open, -2 for a position

// match calls done with the end of each way to match pattern[p:] at s, the preferred
// first, until it returns true.
func (r *reference) match(s, p int, caught []span, done func(s int, caught []span) bool) bool {
	if r.budget--; r.budget < 0 {
		r.gaveUp = true
		return true
	}
	if p == len(r.pattern) {
		return done(s, caught)
	}
	with := func(more ...span) []span { return append(caught[:len(caught):len(caught)], more...) }
	switch rest := r.pattern[p:]; {
	case strings.HasPrefix(rest, "()"):
		return r.match(s, p+2, with(span{s, -2}), done)
	case rest[0] == '(':
		return r.match(s, p+1, with(span{s, -1}), done)
	case rest[0] == ')':
		closed := slices.Clone(caught)
		for i := len(closed) - 1; i >= 0; i-- {
			if closed[i].to == -1 {
				closed[i].to = s
				return r.match(s, p+1, closed, done)
			}
		}
		panic("the matcher should have refused this pattern")
	case rest == "$":
		return s == len(r.subject) && done(s, caught)
	case strings.HasPrefix(rest, "%b"):
		end := balanced(r.subject[s:], rest[2], rest[3])
		return end > 0 && r.match(s+end, p+4, caught, done)
	case strings.HasPrefix(rest, "%f"):
		size := itemSize(rest[2:])
		padded := "\x00" + r.subject + "\x00"
		return !fits(padded[s], rest[2:2+size]) && fits(padded[s+1], rest[2:2+size]) &&
			r.match(s, p+2+size, caught, done)
	case len(rest) > 1 && rest[0] == '%' && '0' <= rest[1] && rest[1] <= '9':
		c := caught[rest[1]-'1']
		return c.to >= 0 && strings.HasPrefix(r.subject[s:], r.subject[c.from:c.to]) &&
			r.match(s+c.to-c.from, p+2, caught, done)
	}
	size := itemSize(r.pattern[p:])
	item, after := r.pattern[p:p+size], p+size
	one := func(at int) bool { return at < len(r.subject) && fits(r.subject[at], item) }
	repeat := byte(0)
	if after < len(r.pattern) {
		repeat = r.pattern[after]
	}
	most := 0
	for one(s + most) {
		most++
	}
	switch repeat {
	case '*', '+':
		least := map[byte]int{'*': 0, '+': 1}[repeat]
		for n := most; n >= least; n-- {
			if r.match(s+n, after+1, caught, done) {
				return true
			}
		}
		return false
	case '-':
		for n := 0; n <= most; n++ {
			if r.match(s+n, after+1, caught, done) {
				return true
			}
		}
		return false
	case '?':
		return one(s) && r.match(s+1, after+1, caught, done) || r.match(s, after+1, caught, done)
	}
	return one(s) && r.match(s+1, after, caught, done)
}

func balanced(text string, opening, closing byte) int {
	if text == "" || text[0] != opening {
		return 0
	}
	depth := 1
	for i := 1; i < len(text); i++ {
		if text[i] == closing {
			depth--
		} else if text[i] == opening {
			depth++
		}
		if depth == 0 {
			return i + 1
		}
	}
	return 0
}

// itemSize is the length of the item at the start of a pattern that the matcher has
// accepted.
func itemSize(p string) int {
	switch {
	case p[0] == '%':
		return 2
	case p[0] != '[':
		return 1
	}
	at := 1
	if p[at] == '^' {
		at++
	}
	for first := true; first || p[at] != ']'; first = false {
		if p[at] == '%' {
			at++
		}
		at++
	}
	return at + 1
}

func fits(c byte, item string) bool {
	switch {
	case item == ".":
		return true
	case item[0] == '%' && len(item) == 2:
		return referenceClass(c, item[1])
	case len(item) == 1:
		return item[0] == c
	}
	set := item[1 : len(item)-1]
	rest, negated := strings.CutPrefix(set, "^")
	for rest != "" {
		switch {
		case rest[0] == '%' && len(rest) > 1:
			if referenceClass(c, rest[1]) {
				return !negated
			}
			rest = rest[2:]
		case len(rest) > 2 && rest[1] == '-':
			if rest[0] <= c && c <= rest[2] {
				return !negated
			}
			rest = rest[3:]
		default:
			if rest[0] == c {
				return !negated
			}
			rest = rest[1:]
		}
	}
	return negated
}

func referenceClass(c, letter byte) bool {
	members := map[byte]string{
		'a': "A-Za-z", 'd': "0-9", 'l': "a-z", 'u': "A-Z", 'w': "0-9A-Za-z", 'x': "0-9A-Fa-f", 's': "\t-\r -  ",
		'c': "\x00-\x1f\x7f-\x7f", 'p': "!-/:-@[-`{-~", 'g': "!-~", 'z': "\x00-\x00",
	}
	ranges, known := members[letter|0x20]
	if !known || letter < 'A' {
		return c == letter
	}
	in := false
	for i := 0; i+2 < len(ranges); i += 3 {
		in = in || ranges[i] <= c && c <= ranges[i+2]
	}
	return in == (letter >= 'a')
}

// Each prefix of each pattern is matched as the reference matches it, or refused by an
// Error.
func TestPrefixes(t *testing.T) {
	for _, test := range rules {
		for end := range min(len(test.pattern), 300) + 1 {
			checkReference(t, test.subject[:min(len(test.subject), 40)], test.pattern[:end])
		}
	}
}

// The Matcher finds the same matches as the reference, with the same captures.
func FuzzPattern(f *testing.F) {
	for _, test := range rules {
		f.Add(test.subject, test.pattern)
	}
	f.Fuzz(func(t *testing.T, subject, source string) {
		if len(subject) > 40 || len(source) > 30 {
			t.Skip()
		}
		checkReference(t, subject, source)
	})
}

func checkReference(t *testing.T, subject, source string) {
	got := find(subject, source)
	if isError(got) {
		return
	}
	source, _, _ = strings.Cut(source, "\x00")
	rest, anchored := strings.CutPrefix(source, "^")
	r := reference{subject: subject, pattern: rest, budget: 100_000}
	want := "none"
	// The reference may panic at a mistake in the pattern that a Matcher does not reach,
	// because it sees that the subject cannot match so far.
	defer func() {
		if reason := recover(); reason != nil && got != "none" {
			t.Errorf("%q in %q: %s, and the reference panics: %v", source, subject, got, reason)
		}
	}()
	for at := 0; at <= len(subject) && want == "none"; at++ {
		r.match(at, 0, nil, func(s int, caught []span) bool {
			want = fmt.Sprintf("%d-%d", at, s)
			for _, c := range caught {
				switch c.to {
				case -1:
					want = fmt.Sprintf("%d-%d %v", at, s, pattern.ErrUnfinishedCapture)
					return true
				case -2:
					want += fmt.Sprintf(" @%d", c.from+1)
				default:
					want += " " + subject[c.from:c.to]
				}
			}
			return true
		})
		if anchored {
			break
		}
	}
	if !r.gaveUp && got != want {
		t.Errorf("%q in %q: %s, want %s", source, subject, got, want)
	}
}

func isError(result string) bool {
	return slices.ContainsFunc([]error{
		pattern.ErrEndsWithPercent, pattern.ErrMissingBracket, pattern.ErrTooManyCaptures, pattern.ErrInvalidCapture,
		pattern.ErrUnbalanced, pattern.ErrMissingSet, pattern.ErrInvalidIndex, pattern.ErrTooComplex,
	}, func(err error) bool {
		var wrong pattern.Error
		return errors.As(err, &wrong) && result == wrong.Error()
	})
}
