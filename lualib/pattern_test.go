package lualib

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// reference matches by continuations, in another way than matcher: each item calls the rest of the pattern with where
// it ended, and what the captures hold is passed along rather than kept and taken back.
type reference struct {
	subject, pattern string
	budget           int
	gaveUp           bool
}

type span struct{ from, to int } // to is -1 while open, -2 for a position

// match calls done with the end of each way to match pattern[p:] at s, the preferred first, until it returns true.
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
		return !fits(padded[s], rest[2:2+size]) && fits(padded[s+1], rest[2:2+size]) && r.match(s, p+2+size, caught, done)
	case len(rest) > 1 && rest[0] == '%' && isDigit(rest[1]):
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

// itemSize is the length of the item at the start of a pattern that the matcher has accepted.
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

// FuzzPattern holds the matcher to the reference: the same match, and the same captures.
func FuzzPattern(f *testing.F) {
	for _, pattern := range []string{"(a*(.)%w(%s*))", "%f[%w]%w+", "%b()", "([^,]*),?", "(.-)%1$", "[]%-a-c^]+", "()a-()", "[^]]?x", "%z%D"} {
		f.Add("the (quick) a,b, abab \x00]x-", pattern)
	}
	L := lua.NewState()
	f.Cleanup(L.Close)
	f.Fuzz(func(t *testing.T, subject, pattern string) {
		if len(subject) > 40 || len(pattern) > 20 || strings.Contains(pattern, "\x00") {
			t.Skip()
		}
		m := newMatcher(L, subject, pattern)
		end, captures, refused := tryMatch(&m)
		if refused {
			t.Skip()
		}
		r := reference{subject: subject, pattern: pattern, budget: 100_000}
		wantEnd, want := -1, ""
		defer func() { recover() }() //nolint:errcheck // a pattern that is bad behind the point where ours gave up
		r.match(0, 0, nil, func(s int, caught []span) bool {
			wantEnd = s
			for _, c := range caught {
				if c.to == -2 {
					want += fmt.Sprintf("@%d ", c.from+1)
				} else {
					want += fmt.Sprintf("%d-%d ", c.from, c.to)
				}
			}
			return true
		})
		if r.gaveUp {
			t.Skip()
		}
		if end != wantEnd || end >= 0 && captures != want {
			t.Errorf("%q at the start of %q: ends at %d with %s, want %d with %s", pattern, subject, end, captures, wantEnd, want)
		}
	})
}

// tryMatch matches at the subject's start. refused says that the pattern raised.
func tryMatch(m *matcher) (end int, captures string, refused bool) {
	defer func() {
		if recover() != nil {
			refused = true
		}
	}()
	end = m.matchAt(0)
	for _, c := range m.capture[:m.level] {
		switch {
		case c.length == capturePosition:
			captures += fmt.Sprintf("@%d ", c.start+1)
		case end >= 0 && c.length == captureUnclosed:
			captures += fmt.Sprintf("%d--1 ", c.start)
		default:
			captures += fmt.Sprintf("%d-%d ", c.start, c.start+c.length)
		}
	}
	return end, captures, false
}

func TestPatternStepsAreBounded(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	err := L.GPCall(func(L *lua.LState) int {
		m := newMatcher(L, strings.Repeat("a", 100_000), ".-b")
		m.steps = maxPatternSteps // as if it had been at it for long
		m.search(0)
		return 0
	}, lua.LNil)
	if err == nil || !strings.Contains(err.Error(), "pattern matching took more than 200000000 steps") {
		t.Errorf("error %v, want that it took too many steps", err)
	}
}

// A match of a day is ended by the state's context: nothing but the look at it can end this one in time.
func TestPatternIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	L := lua.NewState()
	defer L.Close()
	L.SetContext(ctx)
	time.AfterFunc(10*time.Millisecond, cancel)
	err := L.GPCall(func(L *lua.LState) int {
		m := newMatcher(L, strings.Repeat("a", 5_000), ".-.-.-.-.-b")
		m.steps = math.MinInt / 2 // no bound comes before
		m.search(0)
		return 0
	}, lua.LNil)
	if err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("error %v, want the context's", err)
	}
}

// What FormatNumber writes, ParseNumber reads: to 14 digits, and whole numbers to the last one.
func FuzzNumber(f *testing.F) {
	for _, number := range []float64{0, 1, -1.5, 1e14, 99999999999999, 0.1 + 0.2, 5e-324, math.MaxFloat64, 1 << 53} {
		f.Add(number)
	}
	f.Fuzz(func(t *testing.T, number float64) {
		if math.IsNaN(number) {
			t.Skip()
		}
		text := FormatNumber(number)
		want, err := strconv.ParseFloat(strconv.FormatFloat(number, 'e', 13, 64), 64)
		got, ok := ParseNumber(text)
		if !ok || got != want && err == nil {
			t.Errorf("%v is written as %s, which reads %v, want %v", number, text, got, want)
		}
		d, size, ok := parseDirective("%.17g")
		if exact, parsed := ParseNumber(string(d.appendFloat(nil, number))); !ok || size != 5 || !parsed || exact != number {
			t.Errorf("%%.17g of %v reads %v", number, exact)
		}
		if hex, parsed := ParseNumber(string(directive{precision: -1, verb: 'a'}.appendFloat(nil, number))); !parsed || hex != number {
			t.Errorf("%%a of %v reads %v", number, hex)
		}
	})
}
