package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Bounds of a pattern match.
const (
	// maxPatternSteps is how many steps one call of find, match, gsub or a gmatch iterator may take: about a second's
	// worth, and ten times what a sound pattern needs for the largest message.
	maxPatternSteps = 200_000_000

	// stepsBetweenChecks is how often a match looks whether the state is being interrupted.
	stepsBetweenChecks = 1 << 14

	// maxPatternDepth is how deep captures and repetitions may recurse, as in LuaJIT.
	maxPatternDepth = 200

	// maxCaptures is how many captures a pattern may have (LUA_MAXCAPTURES).
	maxCaptures = 32
)

// The lengths of captures that are not a piece of the subject.
const (
	captureUnclosed = -1
	capturePosition = -2
)

// matcher matches a Lua pattern (Lua 5.1 manual, §5.4.1) against subject. It backtracks by recursion, as the reference
// implementation does, so that it finds the same match; other than that one it counts its steps.
type matcher struct {
	L       *lua.LState // to raise errors in, and to learn of an interrupt
	subject string
	pattern string
	steps   int
	depth   int
	level   int // captures begun so far
	capture [maxCaptures]struct{ start, length int }
}

// newMatcher does not take a pattern's anchor away: gmatch has none. A pattern ends at its first NUL, as in LuaJIT.
func newMatcher(L *lua.LState, subject, pattern string) matcher {
	if nul := strings.IndexByte(pattern, 0); nul >= 0 {
		pattern = pattern[:nul]
	}
	return matcher{L: L, subject: subject, pattern: pattern}
}

// matchAt returns the end of the match that begins at start, or -1.
func (m *matcher) matchAt(start int) int {
	m.level, m.depth = 0, 0
	return m.match(start, 0)
}

// search returns the first match that begins at start or later; from is -1 if there is none.
func (m *matcher) search(start int) (from, to int) {
	literal, jump := m.firstLiteral()
	for at := start; at <= len(m.subject); at++ {
		if jump {
			next := strings.IndexByte(m.subject[at:], literal)
			if next < 0 {
				return -1, -1
			}
			at += next
		}
		if end := m.matchAt(at); end >= 0 {
			return at, end
		}
	}
	return -1, -1
}

// firstLiteral returns the byte that every match begins with, if the pattern begins with one.
func (m *matcher) firstLiteral() (literal byte, ok bool) {
	p := m.pattern
	if p == "" || strings.IndexByte("()[.%$", p[0]) >= 0 {
		return 0, false
	}
	return p[0], len(p) == 1 || strings.IndexByte("*?-", p[1]) < 0
}

// match matches pattern[p:] at subject[s:] and returns the end of the match, or -1.
func (m *matcher) match(s, p int) int {
	m.depth++
	if m.depth > maxPatternDepth {
		m.fail("pattern too complex")
	}
	end := m.items(s, p)
	m.depth--
	return end
}

// items is match's loop: an item that can only match in one way takes no recursion.
func (m *matcher) items(s, p int) int {
	for p < len(m.pattern) {
		m.step()
		switch m.pattern[p] {
		case '(':
			if p+1 < len(m.pattern) && m.pattern[p+1] == ')' {
				return m.open(s, p+2, capturePosition)
			}
			return m.open(s, p+1, captureUnclosed)
		case ')':
			return m.close(s, p+1)
		case '$':
			if p+1 == len(m.pattern) {
				if s == len(m.subject) {
					return s
				}
				return -1
			}
		case '%':
			if p+1 < len(m.pattern) {
				switch escaped := m.pattern[p+1]; {
				case escaped == 'b':
					if s = m.balance(s, p+2); s < 0 {
						return -1
					}
					p += 4
					continue
				case escaped == 'f':
					end := m.frontier(s, p+2)
					if end < 0 {
						return -1
					}
					p = end
					continue
				case isDigit(escaped):
					if s = m.reference(s, escaped); s < 0 {
						return -1
					}
					p += 2
					continue
				}
			}
		}
		end := m.itemEnd(p)
		var suffix byte
		if end < len(m.pattern) {
			suffix = m.pattern[end]
		}
		switch suffix {
		case '*':
			return m.longest(s, p, end)
		case '-':
			return m.shortest(s, p, end)
		}
		matches := s < len(m.subject) && m.single(m.subject[s], p, end)
		switch {
		case suffix == '+' && matches:
			return m.longest(s+1, p, end)
		case suffix == '?':
			if matches {
				if found := m.match(s+1, end+1); found >= 0 {
					return found
				}
			}
			p = end + 1
		case matches:
			s, p = s+1, end
		default:
			return -1
		}
	}
	return s
}

// step counts a step. Far too many raise; now and then it looks whether the state is being interrupted.
func (m *matcher) step() {
	m.steps++
	if m.steps%stepsBetweenChecks == 0 {
		m.pause()
	}
}

func (m *matcher) pause() {
	if m.steps > maxPatternSteps {
		Errorf(m.L, "pattern matching took more than %d steps", maxPatternSteps)
	}
	raiseIfInterrupted(m.L)
}

// raiseIfInterrupted unwinds as the VM would at its next instruction.
func raiseIfInterrupted(L *lua.LState) {
	ctx := L.Context()
	if ctx == nil {
		return
	}
	select {
	case <-ctx.Done():
		L.Error(lua.LString(ctx.Err().Error()), 1)
	default:
	}
}

func (m *matcher) fail(text string) { Errorf(m.L, "%s", text) }

// itemEnd returns where the single-character item that begins at p ends.
func (m *matcher) itemEnd(p int) int {
	first := m.pattern[p]
	p++
	switch first {
	case '%':
		if p == len(m.pattern) {
			m.fail("malformed pattern (ends with '%')")
		}
		return p + 1
	case '[':
		if p < len(m.pattern) && m.pattern[p] == '^' {
			p++
		}
		for more := true; more; more = p >= len(m.pattern) || m.pattern[p] != ']' { // a ']' right at the start is a member
			if p >= len(m.pattern) {
				m.fail("malformed pattern (missing ']')")
			}
			if m.pattern[p] == '%' {
				p++
			}
			p++
		}
		return p + 1
	}
	return p
}

// single reports whether c matches the item pattern[p:end].
func (m *matcher) single(c byte, p, end int) bool {
	switch m.pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pattern[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	}
	return m.pattern[p] == c
}

// inSet reports whether c is in the set whose '[' is at p and whose ']' is at last.
func (m *matcher) inSet(c byte, p, last int) bool {
	p++
	found := true
	if m.pattern[p] == '^' {
		found = false
		p++
	}
	for ; p < last; p++ {
		switch {
		case m.pattern[p] == '%':
			p++
			if inClass(c, m.pattern[p]) {
				return found
			}
		case p+2 < last && m.pattern[p+1] == '-':
			if m.pattern[p] <= c && c <= m.pattern[p+2] {
				return found
			}
			p += 2
		case m.pattern[p] == c:
			return found
		}
	}
	return !found
}

// longest matches the item pattern[p:end] as often as it goes, then less often until the rest matches.
func (m *matcher) longest(s, p, end int) int {
	most := s
	for most < len(m.subject) && m.single(m.subject[most], p, end) {
		m.step()
		most++
	}
	if end+1 == len(m.pattern) {
		return most
	}
	for ; most >= s; most-- {
		if found := m.match(most, end+1); found >= 0 {
			return found
		}
	}
	return -1
}

// shortest matches the item as rarely as it goes.
func (m *matcher) shortest(s, p, end int) int {
	for {
		if found := m.match(s, end+1); found >= 0 {
			return found
		}
		if s >= len(m.subject) || !m.single(m.subject[s], p, end) {
			return -1
		}
		s++
	}
}

func (m *matcher) open(s, p, length int) int {
	if m.level >= maxCaptures {
		m.fail("too many captures")
	}
	m.capture[m.level].start, m.capture[m.level].length = s, length
	m.level++
	end := m.match(s, p)
	if end < 0 {
		m.level--
	}
	return end
}

func (m *matcher) close(s, p int) int {
	i := m.level - 1
	for i >= 0 && m.capture[i].length != captureUnclosed {
		i--
	}
	if i < 0 {
		m.fail("invalid pattern capture")
	}
	m.capture[i].length = s - m.capture[i].start
	end := m.match(s, p)
	if end < 0 {
		m.capture[i].length = captureUnclosed
	}
	return end
}

// balance matches %bxy, whose x is at p.
func (m *matcher) balance(s, p int) int {
	if p+1 >= len(m.pattern) {
		m.fail("unbalanced pattern")
	}
	opening, closing := m.pattern[p], m.pattern[p+1]
	if s >= len(m.subject) || m.subject[s] != opening {
		return -1
	}
	depth := 1
	for s++; s < len(m.subject); s++ {
		m.step()
		switch m.subject[s] {
		case closing:
			if depth--; depth == 0 {
				return s + 1
			}
		case opening:
			depth++
		}
	}
	return -1
}

// frontier matches %f[set], whose set begins at p, and returns the set's end. Before the first and after the last byte
// there is a NUL.
func (m *matcher) frontier(s, p int) int {
	if p >= len(m.pattern) || m.pattern[p] != '[' {
		m.fail("missing '[' after '%f' in pattern")
	}
	end := m.itemEnd(p)
	var before, after byte
	if s > 0 {
		before = m.subject[s-1]
	}
	if s < len(m.subject) {
		after = m.subject[s]
	}
	if m.inSet(before, p, end-1) || !m.inSet(after, p, end-1) {
		return -1
	}
	return end
}

// reference matches %1 and the like: what a capture has caught.
func (m *matcher) reference(s int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= m.level || m.capture[i].length == captureUnclosed {
		m.fail("invalid capture index")
	}
	if m.capture[i].length < 0 {
		return -1
	}
	caught := m.subject[m.capture[i].start:][:m.capture[i].length]
	if !strings.HasPrefix(m.subject[s:], caught) {
		return -1
	}
	return s + len(caught)
}

// caught returns capture i of a match; the match itself stands for the first one of a pattern without captures.
func (m *matcher) caught(i, from, to int) lua.LValue {
	if i >= m.level {
		if i != 0 {
			m.fail("invalid capture index")
		}
		return lua.LString(m.subject[from:to])
	}
	c := m.capture[i]
	switch c.length {
	case captureUnclosed:
		m.fail("unfinished capture")
	case capturePosition:
		return lua.LNumber(c.start + 1)
	}
	return lua.LString(m.subject[c.start:][:c.length])
}

// pushAll pushes the captures, or the match itself if the pattern has none, and returns how many.
func (m *matcher) pushAll(from, to int) int {
	count := max(m.level, 1)
	for i := range count {
		m.L.Push(m.caught(i, from, to))
	}
	return count
}

// pushCaptures pushes the captures and returns how many.
func (m *matcher) pushCaptures(from, to int) int {
	if m.level == 0 {
		return 0
	}
	return m.pushAll(from, to)
}

// The bits of classes.
const (
	classAlpha = 1 << iota
	classControl
	classDigit
	classLower
	classPunctuation
	classSpace
	classUpper
	classHex
	classGraph
)

// classOf has the classes of each byte in the C locale: none above 127.
var classOf = func() (table [256]uint16) {
	for i := range table {
		c := byte(i)
		lower, upper := 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z'
		hex := isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
		graph := 33 <= c && c <= 126
		for class, member := range map[uint16]bool{
			classAlpha:       lower || upper,
			classControl:     c < 32 || c == 127,
			classDigit:       isDigit(c),
			classLower:       lower,
			classPunctuation: graph && !lower && !upper && !isDigit(c),
			classSpace:       c == ' ' || 9 <= c && c <= 13,
			classUpper:       upper,
			classHex:         hex,
			classGraph:       graph,
		} {
			if member {
				table[i] |= class
			}
		}
	}
	return table
}()

// inClass reports whether c is in the class %letter; any other byte after a '%' stands for itself.
func inClass(c, letter byte) bool {
	var class uint16
	switch letter | 0x20 {
	case 'a':
		class = classAlpha
	case 'c':
		class = classControl
	case 'd':
		class = classDigit
	case 'g':
		class = classGraph
	case 'l':
		class = classLower
	case 'p':
		class = classPunctuation
	case 's':
		class = classSpace
	case 'u':
		class = classUpper
	case 'w':
		class = classAlpha | classDigit
	case 'x':
		class = classHex
	case 'z':
		return (c == 0) == (letter == 'z')
	}
	if class == 0 {
		return letter == c
	}
	return (classOf[c]&class != 0) == (letter&0x20 != 0)
}
