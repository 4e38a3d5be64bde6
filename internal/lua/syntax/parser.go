package syntax

import (
	"fmt"
	"strings"
)

const (
	// maxLevels bounds the parser's recursion: blocks, expressions and runs of labels
	// within each other. LuaJIT's own.
	maxLevels = 200

	// maxLinks bounds chains that the parser builds in a loop, but whose links nest in
	// the tree: a+b+c, a.b.c, f()()(), elseif. LuaJIT, which has no tree, needs no such
	// bound. A recursion over the tree needs one: a link takes up to 800 bytes of Go's
	// stack, which no limit of a state counts.
	maxLinks = 10_000

	tooManyLevels = "chunk has too many syntax levels"
)

// A parser goes down the grammar, a method for each rule. After an error every token is
// tokenEOF, which ends all loops, so that only Parse looks for the error.
type parser struct {
	lexer    lexer
	tok      token
	ahead    token // the one after tok, if hasAhead
	hasAhead bool
	lastLine int // of the last token that was consumed
	last     int // where the last token that was consumed starts

	function *Function // the one being parsed
	bindings []binding // the locals that are declared here, the newest last
	noName   word      // where a name was expected

	placed func(expr Expr, start int) // may be nil

	level int // of maxLevels
	links int // of maxLinks: the longest way down through links since openLinks
}

// positioned is any node.
type positioned interface{ node() *Node }

// next consumes the token.
func (p *parser) next() {
	p.lastLine, p.last = p.lexer.line, p.tok.start
	if p.hasAhead {
		p.tok, p.hasAhead = p.ahead, false
		return
	}
	p.tok = p.lexer.scan()
}

// lookAhead returns the kind of the token after the current one. As in LuaJIT the current
// line is then that of the former.
func (p *parser) lookAhead() tokenKind {
	if !p.hasAhead {
		p.ahead, p.hasAhead = p.lexer.scan(), true
	}
	return p.ahead.kind
}

// fail notes an error at the current token, if it is the first one.
func (p *parser) fail(message string) { p.stop(message, p.near()) }

// exceed notes that a limit is passed, which no token is to blame for.
func (p *parser) exceed(message string) { p.stop(message, "") }

func (p *parser) stop(message, near string) {
	p.lexer.failAt(message, near, p.tok.start)
	p.endSource()
}

func (p *parser) endSource() { p.tok, p.hasAhead = token{kind: tokenEOF}, false }

// near is the text of the current token that an error there shows, "" for nothing.
func (p *parser) near() string {
	switch p.tok.kind {
	case tokenName:
		return p.tok.word.text
	case tokenNumber:
		number := lexer{source: p.lexer.source, at: p.tok.start}
		return string(number.numeral())
	case tokenString:
		if !p.take(len(p.tok.text)) {
			return ""
		}
		opening := openingQuote(p.lexer.source[p.tok.start:])
		return untilNUL(opening + p.tok.text + strings.ReplaceAll(opening, "[", "]"))
	}
	return string(p.tok.kind)
}

// take uses up memory. It reports false if there is none left, which ends the source.
func (p *parser) take(bytes int) bool {
	ok := p.lexer.take(bytes)
	if !ok {
		p.endSource()
	}
	return ok
}

// accept consumes the token if it is of a kind.
func (p *parser) accept(kind tokenKind) bool {
	if p.tok.kind != kind {
		return false
	}
	p.next()
	return true
}

// want fails unless the token is of a kind.
func (p *parser) want(kind tokenKind) {
	if p.tok.kind != kind {
		p.fail(fmt.Sprintf("'%s' expected", kind))
	}
}

// expect consumes a token of a kind.
func (p *parser) expect(kind tokenKind) {
	p.want(kind)
	p.next()
}

// expectClosing consumes the token that closes a block or bracket opened on a line.
func (p *parser) expectClosing(closing, opened tokenKind, line int) {
	if p.tok.kind != closing && line != p.lexer.line {
		p.fail(fmt.Sprintf("'%s' expected (to close '%s' at line %d)", closing, opened, line))
	}
	p.expect(closing)
}

// expectName consumes a name and returns it.
func (p *parser) expectName() *word {
	if !p.tok.kind.isName() {
		p.fail("'<name>' expected")
		return &p.noName
	}
	name := p.tok.word
	p.next()
	return name
}

// enter goes down a level; leave comes back.
func (p *parser) enter() {
	p.level++
	if p.level >= maxLevels {
		p.exceed(tooManyLevels)
	}
}

func (p *parser) leave() { p.level-- }

// openLinks begins a chain, link lengthens it and closeLinks ends it. In between p.links
// is the chain's own depth; other code adds nothing to it but takes part in the maximum.
func (p *parser) openLinks() (outer int) {
	outer, p.links = p.links, 0
	return outer
}

func (p *parser) link() {
	p.links++
	if p.links > maxLinks {
		p.exceed(tooManyLevels)
	}
}

func (p *parser) closeLinks(outer int) { p.links = max(outer, p.links) }

// put sets the line of a node's instruction. The node's last token is the last one
// consumed.
func (p *parser) put(n positioned, line int) {
	p.take(sizeOf(n))
	at := n.node()
	at.line = int32(line)
	at.lastLine = int32(p.lastLine)
}

// place notes where an expression begins.
func (p *parser) place(expr Expr, start int) {
	if p.placed != nil {
		p.placed(expr, start)
	}
}

// load says that the value of an expression is needed now. Names and fields, which are
// put without a line until then, are loaded on the line of the last token that was
// consumed.
func (p *parser) load(exprs ...Expr) {
	for _, expr := range exprs {
		if at := expr.node(); at.line == 0 {
			at.line = int32(p.lastLine)
		}
	}
}
