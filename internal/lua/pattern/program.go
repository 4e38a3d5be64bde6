// Package pattern matches Lua's patterns (Lua 5.1 manual §5.4.1) as LuaJIT does: the same
// matches, the same errors at the same moments, and no more than 200 nested repetitions
// and captures. It knows no Lua values: a string function of a VM is a loop around a
// Matcher.
//
// A pattern is compiled once to a Program, and a Matcher runs it without recursion and
// without allocating. The work is counted as it is done, so that the owner of the Matcher
// can end a match that takes too long.
package pattern

import (
	"strings"
	"unsafe"
)

// Bounds of a pattern.
const (
	// MaxCaptures is how many captures a pattern may have (LUA_MAXCAPTURES).
	MaxCaptures = 32

	// maxDepth is how deep captures and repetitions may nest, as in LuaJIT.
	maxDepth = 200
)

// Error is an error of the pattern itself, in LuaJIT's words. A Matcher returns it when a
// match reaches the place that is wrong.
type Error string

// The errors of patterns and of replacements.
const (
	ErrEndsWithPercent   Error = "malformed pattern (ends with '%')"
	ErrMissingBracket    Error = "malformed pattern (missing ']')"
	ErrTooManyCaptures   Error = "too many captures"
	ErrInvalidCapture    Error = "invalid pattern capture"
	ErrUnbalanced        Error = "unbalanced pattern"
	ErrMissingSet        Error = "missing '[' after '%f' in pattern"
	ErrInvalidIndex      Error = "invalid capture index"
	ErrUnfinishedCapture Error = "unfinished capture"
	ErrTooComplex        Error = "pattern too complex"
)

// Error implements error.
func (e Error) Error() string { return string(e) }

// Program is a compiled pattern. It is constant: several goroutines may use it at once.
type Program struct {
	pattern  string
	source   string // the pattern up to the first NUL, without its anchor
	nodes    []node // the last one is opEnd or opError
	sets     []set
	err      Error // of the opError
	anchored bool

	// deep is set if a match could nest too deep. Nothing is skipped then, because a
	// place that is skipped could have to fail.
	deep bool

	shape      shape
	first      hint   // of a match
	prefix     string // beginning of each match, if first is of kindByte
	captures   int    // how many there are
	positions  uint32 // the bits of those that are positions
	unfinished uint32 // the bits of those that are never closed

	// Room for the nodes and sets of most patterns. It is last and has no pointers, so
	// that the garbage collector does not look at it.
	nodeRoom [nodeRoom]node
	setRoom  [setRoom]set
}

const (
	nodeRoom = 12
	setRoom  = 5
)

// node is one step of a Program.
type node struct {
	op   opcode
	kind kind   // of an item of one byte
	c    byte   // to match; or the length of a text, or the number of a capture
	d    byte   // the other byte of opBalance; or how often opStar matches at least
	arg  uint32 // the index of a set; or where in the source a text begins
	next hint   // of the rest of the pattern, after a repetition
}

type opcode uint8

const (
	opEnd opcode = iota
	opAny
	opByte
	opNotByte
	opSet
	opText
	opStar
	opLazy
	opOptional
	opOpen
	opPosition
	opClose
	opSubjectEnd
	opBalance
	opFrontier
	opReference
	opFail
	opError
)

// shape names the Programs of one item, which need no more than a search for where it
// begins.
type shape uint8

const (
	shapeOther shape = iota // whatever nodes there are
	shapeText               // an opText
	shapeOne                // a byte
	shapeStar               // an opStar
)

// kind says which bytes an item of one byte matches.
type kind uint8

const (
	kindAny kind = iota
	kindByte
	kindNotByte
	kindSet
)

// hint is a condition for a match: it begins with a byte of a kind or, if atEnd is set,
// it is empty at the end of the subject. kindAny may always match. kindNotByte does not
// occur.
type hint struct {
	kind  kind
	c     byte
	atEnd bool
	set   uint32 // its index
}

// Compile compiles a pattern, which ends at its first NUL, as in LuaJIT. It does not
// fail: a wrong pattern may match something before the wrong place is reached. It takes
// time in proportion to the pattern's length, and no more memory than Size says.
func Compile(pattern string) *Program {
	p, _ := CompileSteps(pattern, nil) // which fails by steps alone
	return p
}

// CompileGmatch is Compile for gmatch, whose patterns have no anchor: a '^' is a byte
// like any other.
func CompileGmatch(pattern string) *Program {
	p, _ := CompileGmatchSteps(pattern, nil) // which fails by steps alone
	return p
}

// CompileSteps is Compile for a long pattern: it calls steps again and again with how
// many bytes it has read since the last call. An error of steps ends it, and is returned.
func CompileSteps(pattern string, steps func(n int) error) (*Program, error) {
	rest, anchored := strings.CutPrefix(pattern, "^")
	p, err := compile(rest, steps)
	p.pattern, p.anchored = pattern, anchored
	if anchored {
		p.shape = shapeOther
	}
	return p, err
}

// CompileGmatchSteps is CompileSteps for gmatch: see CompileGmatch.
func CompileGmatchSteps(pattern string, steps func(n int) error) (*Program, error) {
	return compile(pattern, steps)
}

// Size returns how many bytes of memory Compile takes for the pattern at most.
func Size(pattern string) int {
	size := int(unsafe.Sizeof(Program{}))
	if nodes := maxNodes(pattern); nodes > setRoom/2 {
		size += nodes * int(3*unsafe.Sizeof(node{})+6*unsafe.Sizeof(set{})) // 3 for slices that grow by doubling
	}
	return size
}

// IsPlain reports whether a pattern has none of the bytes that make it more than a text
// to look for. A NUL within does not end it then.
func IsPlain(pattern string) bool {
	for i := range len(pattern) {
		if special[pattern[i]] {
			return false
		}
	}
	return true
}

// special has the bytes that make a text a pattern.
var special = tableOf("^$*+?.([%-")

// tableOf makes a table of the bytes of a text.
func tableOf(text string) (table [256]bool) {
	for _, c := range []byte(text) {
		table[c] = true
	}
	return table
}
