package pattern

import (
	"math"
	"math/bits"
	"strings"
)

// maxText is the greatest length of an opText.
const maxText = 255

// compiler turns a pattern into nodes. Captures are not repeated in patterns of Lua, so
// that at each place it is known which are open: a capture that is not, and the like, is
// found here, and compiled to an opError.
type compiler struct {
	*Program

	opened  uint32      // the bits of the captures that are open
	classes [256]uint32 // of a letter whose class was added, its index + 1

	depth int // how deep a match may nest where the pattern has been read to

	steps   func(n int) error // nil for none
	counted int               // up to where in the source
	stopped error             // of steps
}

// compile compiles a pattern without an anchor. The error is one of steps.
func compile(pattern string, steps func(n int) error) (*Program, error) {
	if nul := strings.IndexByte(pattern, 0); nul >= 0 {
		pattern = pattern[:nul]
	}
	if len(pattern) > math.MaxInt32 {
		return &Program{nodes: []node{{op: opError}}, err: ErrTooComplex}, nil
	}
	p := &Program{source: pattern}
	p.nodes, p.sets = p.nodeRoom[:0], p.setRoom[:0]
	c := compiler{Program: p, steps: steps}
	if err := c.items(); err != "" {
		p.err = err
		p.nodes = append(p.nodes, node{op: opError})
	} else {
		p.nodes = append(p.nodes, node{op: opEnd})
	}
	p.unfinished = c.opened
	p.deep = c.depth >= maxDepth
	if !p.deep && c.stopped == nil {
		c.addHints()
	}
	return p, c.stopped
}

// counts counts the work on n bytes, or nodes, and reports whether it may go on.
func (c *compiler) counts(n int) bool {
	if c.steps != nil && c.stopped == nil {
		c.stopped = c.steps(n)
	}
	return c.stopped == nil
}

// errStopped ends the reading of a pattern that steps has stopped.
const errStopped Error = "stopped"

// maxNodes returns how many nodes a pattern is compiled to at most: one for each byte
// with a meaning, one for the text before it, and more for a long text.
func maxNodes(pattern string) int {
	count := 0
	for i := range len(pattern) {
		if meaningful[pattern[i]] {
			count++
		}
	}
	return 2*count + len(pattern)/maxText + 2
}

// meaningful has the bytes that may end a text within a pattern.
var meaningful = tableOf("$*+?.()[%-")

// items compiles the pattern up to its end, or to an error, which it returns.
func (c *compiler) items() Error {
	for at := 0; at < len(c.source); {
		if n := at - c.counted; n >= quantum {
			if c.counted = at; !c.counts(n) {
				return errStopped
			}
		}
		var err Error
		if at, err = c.item(at); err != "" {
			return err
		}
	}
	return ""
}

// item compiles the item at a place and returns where it ends.
func (c *compiler) item(at int) (end int, err Error) {
	switch c.source[at] {
	case '(':
		return c.open(at + 1)
	case ')':
		return at + 1, c.close()
	case '$':
		if at+1 == len(c.source) {
			c.add(node{op: opSubjectEnd})
			return at + 1, ""
		}
	case '[':
		set, end, err := c.readSet(at)
		if err != "" {
			return 0, err
		}
		return c.repeated(c.itemOf(set), end), ""
	case '.':
		return c.repeated(node{kind: kindAny}, at+1), ""
	case '%':
		if at+1 == len(c.source) {
			return 0, ErrEndsWithPercent
		}
		return c.escape(at + 1)
	}
	return c.text(at), ""
}

func (c *compiler) add(n node) { c.nodes = append(c.nodes, n) }

// open compiles a capture, whose '(' is before at.
func (c *compiler) open(at int) (end int, err Error) {
	if c.captures == MaxCaptures {
		return 0, ErrTooManyCaptures
	}
	op := opOpen
	if at < len(c.source) && c.source[at] == ')' {
		op = opPosition
		c.positions |= 1 << c.captures
		at++
	} else {
		c.opened |= 1 << c.captures
	}
	c.add(node{op: op, c: byte(c.captures)})
	c.captures++
	c.depth++
	return at, ""
}

// close compiles the end of the capture that was opened last.
func (c *compiler) close() Error {
	if c.opened == 0 {
		return ErrInvalidCapture
	}
	last := bits.Len32(c.opened) - 1
	c.opened &^= 1 << last
	c.add(node{op: opClose, c: byte(last)})
	c.depth++
	return ""
}

// escape compiles an item that begins with the '%' before at.
func (c *compiler) escape(at int) (end int, err Error) {
	letter := c.source[at]
	switch {
	case letter == 'b':
		if at+2 >= len(c.source) {
			return 0, ErrUnbalanced
		}
		c.add(node{op: opBalance, c: c.source[at+1], d: c.source[at+2]})
		return at + 3, ""
	case letter == 'f':
		if at+1 == len(c.source) || c.source[at+1] != '[' {
			return 0, ErrMissingSet
		}
		set, end, err := c.readSet(at + 1)
		if err != "" {
			return 0, err
		}
		c.add(node{op: opFrontier, arg: set})
		return end, ""
	case '0' <= letter && letter <= '9':
		return at + 1, c.reference(int(letter) - '1')
	case classes[letter] != nil:
		return c.repeated(node{kind: kindSet, arg: c.addClass(letter)}, at+1), ""
	}
	return c.repeated(node{kind: kindByte, c: letter}, at+1), ""
}

func (c *compiler) reference(capture int) Error {
	switch {
	case capture < 0, capture >= c.captures, c.opened>>capture&1 != 0:
		return ErrInvalidIndex
	case c.positions>>capture&1 != 0:
		c.add(node{op: opFail})
	default:
		c.add(node{op: opReference, c: byte(capture)})
	}
	return ""
}

// repeated compiles an item of one byte, as often as the suffix at a place says.
func (c *compiler) repeated(n node, at int) (end int) {
	var suffix byte
	if at < len(c.source) {
		suffix = c.source[at]
	}
	switch suffix {
	case '*':
		n.op = opStar
	case '+':
		n.op, n.d = opStar, 1
	case '-':
		n.op = opLazy
	case '?':
		n.op = opOptional
	default:
		n.op = opAny + opcode(n.kind)
		c.add(n)
		return at
	}
	c.depth++
	c.add(n)
	return at + 1
}

// text compiles bytes that match themselves, up to one with a meaning. One that is
// repeated is an item of its own.
func (c *compiler) text(at int) (end int) {
	end = at + 1 // a ']', '^' or '*' out of its place is a text, too
	for end < len(c.source) && end-at < maxText && !meaningful[c.source[end]] {
		end++
	}
	if end < len(c.source) && strings.IndexByte("*+-?", c.source[end]) >= 0 {
		if end--; end == at {
			return c.repeated(node{kind: kindByte, c: c.source[at]}, at+1)
		}
	}
	if end == at+1 {
		c.add(node{op: opByte, c: c.source[at]})
	} else {
		c.add(node{op: opText, arg: uint32(at), c: byte(end - at)})
	}
	return end
}

// readSet reads the set whose '[' is at a place. It returns the index of the set, and
// where it ends.
func (c *compiler) readSet(at int) (index uint32, end int, err Error) {
	source := c.source
	at++
	complement := at < len(source) && source[at] == '^'
	if complement {
		at++
	}
	end, err = setEnd(source, at)
	if err != "" {
		return 0, 0, err
	}
	var members set
	for ; at < end; at++ {
		if n := at - c.counted; n >= stretch {
			if c.counted = at; !c.counts(n) {
				return 0, 0, errStopped
			}
		}
		switch first := source[at]; {
		case first == '%': // there is a byte after it, or this would not be the end
			at++
			if class := classes[source[at]]; class != nil {
				members.addAll(class)
			} else {
				members.add(source[at])
			}
		case at+2 < end && source[at+1] == '-':
			members.addRange(first, source[at+2])
			at += 2
		default:
			members.add(first)
		}
	}
	if complement {
		members.invert()
	}
	return c.addSet(&members), end + 1, ""
}

// setEnd returns the place of the ']' of a set whose first member is at a place. A ']'
// there is a member.
func setEnd(source string, at int) (int, Error) {
	for first := at; at < len(source); at++ {
		switch {
		case source[at] == ']' && at > first:
			return at, ""
		case source[at] == '%':
			at++
		}
	}
	return 0, ErrMissingBracket
}

// addClass is addSet for the class that a letter names. Each class has only one set.
func (c *compiler) addClass(letter byte) (index uint32) {
	if c.classes[letter] == 0 {
		c.classes[letter] = c.addSet(classes[letter]) + 1
	}
	return c.classes[letter] - 1
}

func (c *compiler) addSet(members *set) (index uint32) {
	c.sets = append(c.sets, *members)
	return uint32(len(c.sets) - 1)
}

// itemOf returns an item that matches the bytes of the set that was added last.
func (c *compiler) itemOf(index uint32) node {
	members := c.sets[index]
	switch members.size() {
	case 1:
		return node{kind: kindByte, c: members.least()}
	case 255:
		members.invert()
		return node{kind: kindNotByte, c: members.least()}
	case 256:
		return node{kind: kindAny}
	}
	return node{kind: kindSet, arg: index}
}

// front is the set of bytes that a part of a pattern can match first.
type front struct {
	set   set
	any   bool // nothing is known
	atEnd bool
}

// addHints gives each repetition the hint of the nodes after it, and the Program its own.
// It goes from the last node to the first.
func (c *compiler) addHints() {
	var behind front
	for i := len(c.nodes) - 1; i >= 0; i-- {
		n := &c.nodes[i]
		switch n.op {
		case opStar, opLazy, opOptional:
			n.next = c.hintOf(&behind)
		}
		c.putFront(&behind, n)
		if i%quantum == quantum-1 && !c.counts(quantum) {
			return
		}
	}
	c.first = c.hintOf(&behind)
	if c.first.kind == kindByte {
		c.prefix = c.prefixOf(c.first.c)
	}
	if len(c.nodes) == 2 && c.nodes[1].op == opEnd {
		switch c.nodes[0].op {
		case opText:
			c.shape = shapeText
		case opAny, opByte, opNotByte, opSet:
			c.shape = shapeOne
		case opStar:
			c.shape = shapeStar
		}
	}
}

// prefixOf returns the text that each match begins with, whose first byte is known.
func (c *compiler) prefixOf(first byte) string {
	i := 0
	for c.nodes[i].op == opOpen || c.nodes[i].op == opPosition {
		i++
	}
	if n := &c.nodes[i]; n.op == opText {
		return c.source[n.arg:][:n.c]
	}
	return bytesOf[first : int(first)+1]
}

// bytesOf has each byte at its own index.
var bytesOf = func() string {
	var table [256]byte
	for i := range table {
		table[i] = byte(i)
	}
	return string(table[:])
}()

// putFront turns f, the front of the nodes after a node, into that of all of them.
func (c *compiler) putFront(f *front, n *node) {
	switch n.op {
	case opEnd, opError, opReference:
		*f = front{any: true, atEnd: true}
	case opSubjectEnd:
		*f = front{atEnd: true}
	case opFail:
		*f = front{}
	case opText:
		*f = front{}
		f.set.add(c.source[n.arg])
	case opBalance:
		*f = front{}
		f.set.add(n.c)
	case opFrontier:
		members := c.sets[n.arg]
		*f = front{set: members, atEnd: members.has(0)}
	case opAny, opByte, opNotByte, opSet:
		*f = front{}
		c.putItem(f, n, kind(n.op-opAny))
	case opStar, opLazy, opOptional:
		if n.op == opStar && n.d > 0 {
			*f = front{}
		}
		c.putItem(f, n, n.kind)
	}
}

// putItem adds the bytes that an item of one byte matches.
func (c *compiler) putItem(f *front, n *node, kind kind) {
	switch kind {
	case kindAny:
		f.any = true
	case kindByte:
		f.set.add(n.c)
	case kindNotByte:
		had := f.set.has(n.c)
		f.set = set{}
		if !had {
			f.set.add(n.c)
		}
		f.set.invert()
	case kindSet:
		f.set.addAll(&c.sets[n.arg])
	}
}

// hintOf returns a front as a hint.
func (c *compiler) hintOf(f *front) hint {
	switch {
	case f.any:
		return hint{kind: kindAny, atEnd: f.atEnd}
	case !f.atEnd && f.set.size() == 1:
		return hint{kind: kindByte, c: f.set.least()}
	}
	return hint{kind: kindSet, atEnd: f.atEnd, set: c.addSet(&f.set)}
}
