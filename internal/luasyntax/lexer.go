package luasyntax

import (
	"bytes"
	"fmt"
)

// A lexer cuts source into tokens. After an error it has only tokenEOF left to give: whoever reads on comes to an end by
// itself, and the first error stays.
type lexer struct {
	source []byte
	name   string
	at     int // index of the next byte
	line   int // of the next byte, which is that of the last token's end
	err    *Error

	decoded []byte // the string being read, kept between strings for its capacity
}

// fail notes an error at the current line, if it is the first. near is left out if it is "".
func (x *lexer) fail(message, near string) {
	x.at = len(x.source)
	if x.err != nil {
		return
	}
	if near != "" {
		message += " near '" + near + "'"
	}
	x.err = &Error{Name: x.name, Line: x.line, Message: message}
}

// scan returns the next token.
func (x *lexer) scan() token {
	for x.at < len(x.source) {
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
	return token{kind: tokenEOF}
}

// peek returns the byte n behind the next one, 0 beyond the end.
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
	word := x.take(func(c byte) bool { return isLetter(c) || isDigit(c) })
	if kind := tokenKind(word); keywords[kind] {
		return token{kind: kind}
	}
	return token{kind: tokenName, text: word}
}

// number takes all that could belong to a number: 3x is a malformed one, not two tokens.
func (x *lexer) number() token {
	exponent := byte('e')
	if x.source[x.at] == '0' && lower(x.peek(1)) == 'x' {
		exponent = 'p'
	}
	before := byte(0)
	text := x.take(func(c byte) bool {
		sign := (c == '+' || c == '-') && lower(before) == exponent
		before = c
		return sign || isLetter(c) || isDigit(c) || c == '.'
	})
	if _, ok := Number(text); !ok {
		x.fail("malformed number", text)
		return token{kind: tokenEOF}
	}
	return token{kind: tokenNumber, text: text}
}

// take goes over the bytes that belong and returns them.
func (x *lexer) take(belongs func(byte) bool) string {
	start := x.at
	for x.at < len(x.source) && belongs(x.source[x.at]) {
		x.at++
	}
	return string(x.source[start:x.at])
}

func (x *lexer) symbol() token {
	length := symbolLength(x.source[x.at:])
	kind := tokenKind(x.source[x.at : x.at+length])
	x.at += length
	switch c := kind[0]; {
	case c == 0:
		kind = tokenNUL
	case c < ' ', c == 0x7f:
		kind = tokenKind(fmt.Sprintf("char(%d)", c))
	}
	return token{kind: kind}
}

// symbolLength is the length of the symbol at the start of rest, of at least one byte.
func symbolLength(rest []byte) int {
	for _, long := range []string{"...", "..", "==", "~=", "<=", ">=", "::"} {
		if len(rest) >= len(long) && string(rest[:len(long)]) == long {
			return len(long)
		}
	}
	return 1
}

// breakLength is the length of the line break at the start of rest: \n, \r, or the two in either order; 0 if there is none.
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

// lower makes a letter lower case. What is no letter may become something else that is none.
func lower(c byte) byte { return c | 0x20 }
