package pattern

import "strings"

// quantum is how much work a Matcher does between two calls of Steps.
const quantum = 1 << 12

// stretch is how many bytes a loop over the subject looks at before it counts them.
const stretch = 1 << 16

// Matcher looks for the matches of a Program in a subject, one after the other. The zero
// value is ready for Reset. It is not safe for concurrent use; a function that is called
// between two matches, and matches something itself, needs a Matcher of its own.
type Matcher struct {
	// Steps is called with the work done since the last call, again and again while a
	// match goes on. An error that it returns ends the match, and the Matcher returns it.
	// A unit of work takes about a nanosecond: a node of the pattern that is tried, a
	// byte of the subject that is compared with a set. Where the processor compares many
	// bytes at once, 16 of them are a unit. The same calls give the same work on every
	// machine. nil means that there is no bound.
	Steps func(n int) error

	program *Program
	subject string
	next    int // where the next match may begin; after the subject's end if there is none
	work    int // since Steps was called

	from, to int // of the last match
	capture  [MaxCaptures]struct{ from, to int }
	stack    [maxDepth - 1]choice
}

// choice is a repetition that has more ways to match, or, in a deep Program, whatever
// nests.
type choice struct {
	node int
	at   int // where the repetition ends now; of an optional item, where it begins
	low  int // the least at of an opStar
}

// Reset makes the next match the first one of a Program in a subject. The Matcher keeps
// the subject until it is reset again.
func (m *Matcher) Reset(p *Program, subject string) {
	m.program, m.subject, m.next = p, subject, 0
	m.work += len(p.source)
}

// Seek lets the next match begin at an index of the subject or later. With an index
// beyond the subject's length there is no next match.
func (m *Matcher) Seek(at int) { m.next = at }

// Next returns where the next match begins and ends, with from -1 if there is none. Those
// of gmatch and gsub follow each other: the next one begins at the end of the last one,
// or one byte after it if it was empty. A Program with an anchor matches where the
// Matcher was reset or sought to, and then no more. The error is an Error or that of
// Steps; there is no next match after it.
func (m *Matcher) Next() (from, to int, err error) {
	p := m.program
	at := m.next
	m.next = len(m.subject) + 1
	if err := m.count(1); err != nil {
		return -1, -1, err
	}
	for at <= len(m.subject) {
		if p.first.kind != kindAny && !p.anchored {
			if at, err = m.skip(at); at < 0 || err != nil {
				return -1, -1, err
			}
		}
		var end int
		switch p.shape {
		case shapeText:
			end = at + len(p.prefix)
		case shapeOne:
			if end = at + 1; end > len(m.subject) {
				return -1, -1, nil
			}
		case shapeStar:
			n := &p.nodes[0]
			end, err = m.span(n, at)
			if end-at < int(n.d) {
				end = -1
			}
		default:
			end, err = m.matchAt(at)
		}
		if err != nil {
			return -1, -1, err
		}
		if end >= 0 {
			m.from, m.to = at, end
			if !p.anchored {
				m.next = max(end, at+1)
			}
			return at, end, nil
		}
		if p.anchored {
			break
		}
		at++
	}
	return -1, -1, nil
}

// Position returns where the next match may begin, for a Seek after another Reset.
func (m *Matcher) Position() int { return m.next }

// Captures returns how many captures the pattern has.
func (m *Matcher) Captures() int { return m.program.captures }

// Capture returns capture number i of the last match, counted from 0: where it begins and
// ends, and whether it is a position capture, "()", whose value is from + 1. In a pattern
// without captures, the match itself is number 0. The error is an Error.
func (m *Matcher) Capture(i int) (from, to int, position bool, err error) {
	p := m.program
	switch {
	case i >= p.captures:
		if i != 0 {
			return 0, 0, false, ErrInvalidIndex
		}
		return m.from, m.to, false, nil
	case p.unfinished>>i&1 != 0:
		return 0, 0, false, ErrUnfinishedCapture
	}
	c := &m.capture[i]
	return c.from, c.to, p.positions>>i&1 != 0, nil
}

// skip returns the first place at or after a place where the Program can match, or -1.
func (m *Matcher) skip(at int) (int, error) {
	p, subject := m.program, m.subject
	if p.first.kind == kindByte {
		return m.Index(subject, p.prefix, at)
	}
	members := &p.sets[p.first.set]
	for {
		begin, end := at, min(at+stretch, len(subject))
		for at < end && !members.has(subject[at]) {
			at++
		}
		m.work += at - begin
		switch {
		case at < end:
			return at, nil
		case at == len(subject):
			if p.first.atEnd {
				return at, nil
			}
			return -1, nil
		}
		if err := m.count(0); err != nil {
			return -1, err
		}
	}
}

// matchAt returns the end of the match that begins at a place, or -1.
func (m *Matcher) matchAt(begin int) (end int, err error) {
	p, subject := m.program, m.subject
	nodes := p.nodes
	at, pc, top := begin, 0, 0
	resumed := 0 // the node that the match went on with after the last failure
	for {
		n := &nodes[pc]
		switch n.op {
		case opAny:
			if at < len(subject) {
				at++
				pc++
				continue
			}
		case opByte:
			if at < len(subject) && subject[at] == n.c {
				at++
				pc++
				continue
			}
		case opNotByte:
			if at < len(subject) && subject[at] != n.c {
				at++
				pc++
				continue
			}
		case opSet:
			if at < len(subject) && p.sets[n.arg].has(subject[at]) {
				at++
				pc++
				continue
			}
		case opText:
			text := p.source[n.arg:][:n.c]
			if strings.HasPrefix(subject[at:], text) {
				at += len(text)
				pc++
				continue
			}
		case opStar:
			low := at + int(n.d)
			high, err := m.span(n, at)
			if err == nil {
				high, err = m.latest(n, high, low)
			}
			if err != nil {
				return -1, err
			}
			if high >= low {
				if high > low || p.deep {
					if top == len(m.stack) {
						return -1, ErrTooComplex
					}
					m.stack[top] = choice{node: pc, at: high, low: low}
					top++
				}
				at = high
				pc++
				continue
			}
		case opLazy:
			next, err := m.earliest(n, at)
			if err != nil {
				return -1, err
			}
			if next >= 0 {
				if top == len(m.stack) {
					return -1, ErrTooComplex
				}
				m.stack[top] = choice{node: pc, at: next}
				top++
				at = next
				pc++
				continue
			}
		case opOptional:
			if at < len(subject) && m.matches(n, subject[at]) && m.admits(n.next, at+1) {
				if m.admits(n.next, at) {
					if top == len(m.stack) {
						return -1, ErrTooComplex
					}
					m.stack[top] = choice{node: pc, at: at}
					top++
				}
				at++
			}
			pc++
			continue
		case opOpen, opPosition, opClose:
			if n.op == opClose {
				m.capture[n.c].to = at
			} else {
				m.capture[n.c].from = at
			}
			if p.deep {
				if top == len(m.stack) {
					return -1, ErrTooComplex
				}
				m.stack[top] = choice{node: pc}
				top++
			}
			pc++
			continue
		case opSubjectEnd:
			if at == len(subject) {
				pc++
				continue
			}
		case opBalance:
			next, err := m.balance(n, at)
			if err != nil {
				return -1, err
			}
			if next >= 0 {
				at = next
				pc++
				continue
			}
		case opFrontier:
			if m.frontier(&p.sets[n.arg], at) {
				pc++
				continue
			}
		case opReference:
			c := &m.capture[n.c]
			captured := subject[c.from:c.to]
			if len(captured) <= len(subject)-at {
				m.work += len(captured) / 16
				if subject[at:at+len(captured)] == captured {
					at += len(captured)
					pc++
					continue
				}
			}
		case opError:
			return -1, p.err
		case opEnd:
			return at, m.count(pc - resumed + 1)
		}

		// The node failed: go on with the newest choice that has another way.
		if err := m.count(pc - resumed + 1); err != nil {
			return -1, err
		}
		at, pc, top, err = m.back(top)
		if pc < 0 || err != nil {
			return -1, err
		}
		resumed = pc
	}
}

// back takes the newest choice on the stack that has another way, and returns where in
// the subject and at which node it goes on, and the new top of the stack. If there is
// none, the node is -1.
func (m *Matcher) back(top int) (at, pc, newTop int, err error) {
	p, subject := m.program, m.subject
	for ; top > 0; top-- {
		c := &m.stack[top-1]
		n := &p.nodes[c.node]
		switch n.op {
		case opStar:
			at, err = m.latest(n, c.at-1, c.low)
			if at < c.low && err == nil {
				continue
			}
			c.at = at
			if at == c.low && !p.deep {
				top--
			}
			return at, c.node + 1, top, err
		case opLazy:
			if c.at == len(subject) || !m.matches(n, subject[c.at]) {
				continue
			}
			at, err = m.earliest(n, c.at+1)
			if at < 0 && err == nil {
				continue
			}
			c.at = at
			return at, c.node + 1, top, err
		case opOptional:
			return c.at, c.node + 1, top - 1, nil
		}
	}
	return 0, -1, 0, nil
}

// count counts work, and calls Steps if there is enough of it.
func (m *Matcher) count(work int) error {
	m.work += work
	if m.work < quantum {
		return nil
	}
	return m.report()
}

// report is not inlined, so that count is.
//
//go:noinline
func (m *Matcher) report() error {
	work := m.work
	m.work = 0
	if m.Steps == nil {
		return nil
	}
	return m.Steps(work)
}

// matches reports whether a repeated item of one byte matches c.
func (m *Matcher) matches(n *node, c byte) bool {
	switch n.kind {
	case kindByte:
		return c == n.c
	case kindNotByte:
		return c != n.c
	case kindSet:
		return m.program.sets[n.arg].has(c)
	}
	return true
}

// admits reports whether the item after a repetition can match at a place.
func (m *Matcher) admits(next hint, at int) bool {
	switch next.kind {
	case kindByte:
		return at < len(m.subject) && m.subject[at] == next.c
	case kindSet:
		if at < len(m.subject) {
			return m.program.sets[next.set].has(m.subject[at])
		}
		return next.atEnd
	}
	return true
}

// span returns where an item of one byte that begins at a place ends if it matches as
// often as it goes.
func (m *Matcher) span(n *node, at int) (end int, err error) {
	subject := m.subject
	for {
		begin, limit := at, min(at+stretch, len(subject))
		switch n.kind {
		case kindAny:
			return len(subject), nil
		case kindByte:
			for at < limit && subject[at] == n.c {
				at++
			}
			m.work += at - begin
		case kindNotByte:
			if next := strings.IndexByte(subject[at:limit], n.c); next >= 0 {
				at += next
			} else {
				at = limit
			}
			m.work += (at - begin) / 16
		case kindSet:
			members := &m.program.sets[n.arg]
			for at < limit && members.has(subject[at]) {
				at++
			}
			m.work += at - begin
		}
		if at < limit || at == len(subject) {
			return at, nil
		}
		if err := m.count(0); err != nil {
			return at, err
		}
	}
}

// latest returns the last place from high down to low where the rest can match after n,
// or one below low.
func (m *Matcher) latest(n *node, high, low int) (int, error) {
	next, at := n.next, high
	if next.kind == kindAny {
		return at, nil
	}
	for {
		begin, limit := at, max(at-stretch, low)
		for at >= limit && !m.admits(next, at) {
			at--
		}
		m.work += begin - at
		if at >= limit || at < low {
			return at, nil
		}
		if err := m.count(0); err != nil {
			return -1, err
		}
	}
}

// earliest returns the first place from at on where the rest can match after n, if n
// matches each byte up to there; if there is none, -1.
func (m *Matcher) earliest(n *node, at int) (int, error) {
	next := n.next
	switch {
	case next.kind == kindAny:
		return at, nil
	case next.kind == kindByte && n.kind == kindAny:
		return m.indexByte(m.subject, next.c, at)
	}
	for {
		begin, limit := at, min(at+stretch, len(m.subject))
		for !m.admits(next, at) {
			if at == len(m.subject) || !m.matches(n, m.subject[at]) {
				m.work += at - begin
				return -1, nil
			}
			if at++; at == limit {
				break
			}
		}
		m.work += at - begin
		if at < limit || m.admits(next, at) {
			return at, nil
		}
		if err := m.count(0); err != nil {
			return -1, err
		}
	}
}

// balance returns the end of the balanced text that begins at a place, or -1.
func (m *Matcher) balance(n *node, at int) (end int, err error) {
	subject := m.subject
	if at >= len(subject) || subject[at] != n.c {
		return -1, nil
	}
	depth := 1
	for at++; at < len(subject); {
		begin, limit := at, min(at+stretch, len(subject))
		for ; at < limit; at++ {
			switch subject[at] {
			case n.d:
				if depth--; depth == 0 {
					m.work += at - begin
					return at + 1, nil
				}
			case n.c:
				depth++
			}
		}
		if err := m.count(at - begin); err != nil {
			return -1, err
		}
	}
	return -1, nil
}

// frontier reports whether a set begins at a place: before the first and after the last
// byte of the subject there is a NUL.
func (m *Matcher) frontier(members *set, at int) bool {
	var before, after byte
	if at > 0 {
		before = m.subject[at-1]
	}
	if at < len(m.subject) {
		after = m.subject[at]
	}
	return !members.has(before) && members.has(after)
}
