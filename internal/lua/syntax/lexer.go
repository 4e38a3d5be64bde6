package syntax

import (
	"bytes"
	"fmt"
	"strings"
)

// A lexer cuts source into tokens. After an error it returns tokenEOF alone: a parser
// that reads on comes to an end by itself, and the first error stays.
type lexer struct {
	source    []byte
	name      string
	at        int // index of the next byte
	start     int // index of the first byte of the token that is being read
	startLine int // its line
	line      int // of the next byte, which is that of the last token's end
	err       error

	meter   meter
	step    func(steps int) error
	counted int  // up to where step was called
	columns bool // errors have one
	words   map[string]*word
	decoded strings.Builder // the string being read, if it has escape sequences
}

func newLexer(source []byte, name string, opts Options) lexer {
	return lexer{
		source: source,
		name:   name,
		line:   max(opts.FirstLine, 1),
		meter:  newMeter(opts.Charge),
		step:   opts.Step,

		columns: opts.Place != nil,
		words:   make(map[string]*word),
	}
}

// fail notes an error at the current line, if it is the first. near is left out if it is
// "".
func (x *lexer) fail(message, near string) { x.failAt(message, near, x.start) }

// failAt is fail with the start of the token that is to blame.
func (x *lexer) failAt(message, near string, start int) {
	if x.err != nil || !x.take(4*len(near)) { // near, the message and the caller's addition to it
		return
	}
	column := 0
	if near != "" {
		message += " near '" + near + "'"
		column = x.columnOf(start)
	}
	x.end(&Error{Name: x.name, Line: x.line, Column: column, Message: message})
}

// columnOf returns the column of an offset on the current line, 0 if it is on another or
// nobody wants to know: a line may be as long as the source.
func (x *lexer) columnOf(start int) int {
	here := x.startLine == x.line
	if start != x.start {
		here = !bytes.ContainsAny(x.source[start:x.at], "\r\n")
	}
	if !x.columns || !here {
		return 0
	}
	return start - bytes.LastIndexAny(x.source[:start], "\r\n")
}

// take uses up memory. It reports false if there is none left, which ends the source.
func (x *lexer) take(bytes int) bool {
	err := x.meter.take(bytes)
	if err != nil {
		x.end(err)
	}
	return err == nil
}

// end makes err, if it is the first, the outcome of the parse.
func (x *lexer) end(err error) {
	if x.err == nil {
		x.err = err
	}
	x.at = len(x.source)
	x.meter.close()
}

const (
	stretch      = 16 << 10 // bytes that are looked at before they count as work
	bytesPerStep = 64
)

// count counts the bytes up to the next one as work.
func (x *lexer) count() {
	if x.step != nil {
		if err := x.step((x.at - x.counted) / bytesPerStep); err != nil {
			x.end(err)
		}
	}
	x.counted = x.at
}

// scan returns the next token.
func (x *lexer) scan() token {
	for x.at < len(x.source) {
		if x.at-x.counted >= stretch {
			x.count()
			continue
		}
		x.start, x.startLine = x.at, x.line
		switch c := x.source[x.at]; {
		case x.skipBreak():
		case isSpace(c):
			x.at++
		case c == '-' && x.peek(1) == '-':
			x.comment()
		case isLetter(c):
			return x.word()
		case isDigit(c), c == '.' && isDigit(x.peek(1)):
			return x.number()
		case c == '"', c == '\'':
			return x.quoted()
		case c == '[' && (x.peek(1) == '[' || x.peek(1) == '='):
			return x.long()
		default:
			return x.symbol()
		}
	}
	return token{kind: tokenEOF, start: x.at}
}

// peek returns the byte n after the next one, 0 beyond the end.
func (x *lexer) peek(n int) byte {
	if x.at+n < len(x.source) {
		return x.source[x.at+n]
	}
	return 0
}

// skipBreak goes over a line break, if one is next.
func (x *lexer) skipBreak() bool {
	length := breakLength(x.source[x.at:])
	if length == 0 {
		return false
	}
	x.at += length
	x.line++
	return true
}

func (x *lexer) comment() {
	x.at += len("--")
	if level := longLevel(x.source[x.at:]); level >= 0 {
		x.longBody(level, "comment")
		return
	}
	if end := bytes.IndexAny(x.source[x.at:], "\r\n"); end >= 0 {
		x.at += end
		return
	}
	x.at = len(x.source)
}

func (x *lexer) word() token {
	start := x.at
	for x.at < len(x.source) && isLetterOrDigit(x.source[x.at]) {
		x.at++
	}
	word := x.intern(x.source[start:x.at])
	return token{kind: word.kind, start: start, word: word}
}

// intern returns the word of a text, always the same one. It is the end of the source if
// there is no memory left for it.
func (x *lexer) intern(text []byte) *word {
	if known := x.words[string(text)]; known != nil {
		return known
	}
	if !x.take(wordBytes + len(text)) {
		return &word{kind: tokenEOF}
	}
	added := newWord(text)
	x.words[added.text] = added
	return added
}

func newWord(text []byte) *word {
	if keyword, ok := keywords[string(text)]; ok {
		return &word{kind: keyword, text: string(keyword)}
	}
	return &word{kind: tokenName, text: string(text)}
}

// number reads a number: 3x is a malformed one, not two tokens.
func (x *lexer) number() token {
	start := x.at
	text := x.numeral()
	if !x.take(2 * len(text)) { // the copies that ParseNumber makes
		return token{kind: tokenEOF}
	}
	value, ok := ParseNumber(string(text))
	if !ok {
		x.fail("malformed number", string(text))
		return token{kind: tokenEOF}
	}
	return token{kind: tokenNumber, start: start, number: value}
}

// numeral goes over all that could belong to a number.
func (x *lexer) numeral() []byte {
	start := x.at
	exponent := byte('e')
	if x.source[x.at] == '0' && lower(x.peek(1)) == 'x' {
		exponent = 'p'
	}
	for before := byte(0); x.at < len(x.source); x.at++ {
		c := x.source[x.at]
		sign := (c == '+' || c == '-') && lower(before) == exponent
		if !sign && !isLetterOrDigit(c) && c != '.' {
			break
		}
		before = c
	}
	return x.source[start:x.at]
}

func (x *lexer) symbol() token {
	start := x.at
	kind := symbolAt(x.source[x.at:])
	x.at += len(kind)
	switch c := kind[0]; {
	case c == 0:
		kind = tokenNUL
	case c < ' ', c == 0x7f:
		kind = tokenKind(fmt.Sprintf("char(%d)", c))
	}
	return token{kind: kind, start: start}
}

// symbolAt returns the symbol at the start of rest, of at least one byte.
func symbolAt(rest []byte) tokenKind {
	for _, long := range []tokenKind{"...", "..", "==", "~=", "<=", ">=", "::"} {
		if len(rest) >= len(long) && tokenKind(rest[:len(long)]) == long {
			return long
		}
	}
	return tokenKind(rest[:1])
}

// breakLength is the length of the line break at the start of rest: \n, \r, or the two in
// either order; 0 if there is none.
func breakLength(rest []byte) int {
	switch {
	case len(rest) == 0 || !isBreak(rest[0]):
		return 0
	case len(rest) > 1 && isBreak(rest[1]) && rest[0] != rest[1]:
		return 2
	}
	return 1
}

func isBreak(c byte) bool { return c == '\n' || c == '\r' }
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isLetter includes all that is not ASCII, so that names may be in any language.
func isLetter(c byte) bool { return 'a' <= lower(c) && lower(c) <= 'z' || c == '_' || c >= 0x80 }

func isLetterOrDigit(c byte) bool { return isLetter(c) || isDigit(c) }

// lower makes a letter lower case. It may change another byte, too, but not to a letter.
func lower(c byte) byte { return c | 0x20 }
