package luasyntax

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

const (
	// maxLevels bounds the parser's recursion: blocks, expressions and runs of labels within each other. LuaJIT's own.
	maxLevels = 200

	// maxLinks bounds what the parser builds in a loop and the tree still holds as a depth: a+b+c, a.b.c, f()()(), elseif.
	// LuaJIT, which has no tree, needs no such bound. Whoever recurses over the tree needs one, as Go ends a process whose
	// stack passes 1 GiB.
	maxLinks = 100_000

	tooManyLevels = "chunk has too many syntax levels"
)

// A parser goes down the grammar, a method for each rule. After an error every token is tokenEOF, which ends all loops, so
// that only Parse looks for the error.
type parser struct {
	lexer    lexer
	tok      token
	ahead    token // the one after tok, if hasAhead
	hasAhead bool
	lastLine int // of the last token that was consumed

	function function
	level    int // of maxLevels
	links    int // of maxLinks: the longest way down through links in what was parsed since openLinks
}

// A function is what the parser knows of the one it is in.
type function struct {
	line   int // 0 for the chunk
	vararg bool
}

// next consumes the token.
func (p *parser) next() {
	p.lastLine = p.lexer.line
	if p.hasAhead {
		p.tok, p.hasAhead = p.ahead, false
		return
	}
	p.tok = p.lexer.scan()
}

// lookAhead returns the kind of the token after the current one. As in LuaJIT the current line is then that of the former.
func (p *parser) lookAhead() tokenKind {
	if !p.hasAhead {
		p.ahead, p.hasAhead = p.lexer.scan(), true
	}
	return p.ahead.kind
}

// fail notes what is wrong with the current token, if it is the first error.
func (p *parser) fail(message string) { p.stop(message, p.tok.near()) }

// exceed notes that a limit is passed, which no token is to blame for.
func (p *parser) exceed(message string) { p.stop(message, "") }

func (p *parser) stop(message, near string) {
	p.lexer.fail(message, near)
	p.tok, p.hasAhead = token{kind: tokenEOF}, false
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

// expectClosing consumes the token that closes what was opened on a line.
func (p *parser) expectClosing(closing, opened tokenKind, line int) {
	if p.tok.kind != closing && line != p.lexer.line {
		p.fail(fmt.Sprintf("'%s' expected (to close '%s' at line %d)", closing, opened, line))
	}
	p.expect(closing)
}

// expectName consumes a name and returns it.
func (p *parser) expectName() string {
	if !p.tok.kind.isName() {
		p.want(tokenName)
	}
	name := p.tok.text
	if p.tok.kind == "goto" {
		name = "goto"
	}
	p.next()
	return name
}

// expectNames consumes one or more names.
func (p *parser) expectNames() []string {
	names := []string{p.expectName()}
	for p.accept(",") {
		names = append(names, p.expectName())
	}
	return names
}

// enter goes down a level; leave comes back.
func (p *parser) enter() {
	p.level++
	if p.level >= maxLevels {
		p.exceed(tooManyLevels)
	}
}

func (p *parser) leave() { p.level-- }

// openLinks begins a chain, link lengthens it and closeLinks ends it. In between p.links is the chain's own depth; what
// else is parsed adds nothing to it but takes part in the maximum.
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

// put says on which line the instruction of a node is, whose last token was the last one consumed.
func (p *parser) put(node ast.PositionHolder, line int) {
	node.SetLine(line)
	node.SetLastLine(p.lastLine)
}

// load says that the value of an expression is needed now. Names and fields, which are put without a line until then, are
// loaded on the line of the last token that was consumed.
func (p *parser) load(exprs ...ast.Expr) {
	for _, expr := range exprs {
		if expr.Line() == 0 {
			expr.SetLine(p.lastLine)
		}
	}
}
