package luasyntax

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// quoted reads a string in quotes.
func (x *lexer) quoted() token {
	quote := x.source[x.at]
	x.at++
	x.decoded = x.decoded[:0]
	for x.at < len(x.source) {
		c := x.source[x.at]
		x.at++
		switch {
		case c == quote:
			return token{kind: tokenString, text: string(x.decoded), quote: string(quote)}
		case isBreak(c):
			x.fail("unfinished string", untilNUL(string(quote)+string(x.decoded)))
			return token{kind: tokenEOF}
		case c != '\\':
			x.decoded = append(x.decoded, c)
		case !x.escape():
			x.fail("invalid escape sequence", untilNUL(string(quote)+string(x.decoded)))
			return token{kind: tokenEOF}
		}
	}
	x.fail("unfinished string", string(tokenEOF))
	return token{kind: tokenEOF}
}

// escape decodes what follows a backslash. It reports false for what is no escape sequence.
func (x *lexer) escape() bool {
	if x.at == len(x.source) {
		return true // the string is unfinished, which is the error
	}
	if x.skipBreak() {
		x.decoded = append(x.decoded, '\n')
		return true
	}
	c := x.source[x.at]
	if isDigit(c) {
		return x.decimalEscape()
	}
	x.at++
	switch c {
	case 'x':
		return x.hexEscape()
	case 'u':
		return x.unicodeEscape()
	case 'z':
		x.skipSpace()
		return true
	}
	value, ok := escapes[c]
	x.decoded = append(x.decoded, value)
	return ok
}

// escapes are those of one letter.
var escapes = map[byte]byte{
	'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '\\': '\\', '"': '"', '\'': '\'',
}

// decimalEscape reads up to three digits.
func (x *lexer) decimalEscape() bool {
	code := 0
	for digits := 0; digits < 3 && isDigit(x.peek(0)); digits++ {
		code = code*10 + int(x.source[x.at]-'0')
		x.at++
	}
	if code > 0xff {
		return false
	}
	x.decoded = append(x.decoded, byte(code))
	return true
}

// hexEscape reads two digits.
func (x *lexer) hexEscape() bool {
	high, ok1 := hexDigit(x.peek(0))
	low, ok2 := hexDigit(x.peek(1))
	if !ok1 || !ok2 {
		return false
	}
	x.at += 2
	x.decoded = append(x.decoded, byte(high<<4|low))
	return true
}

// unicodeEscape reads {XXX}, any number of digits, and appends the code point in UTF-8. Surrogates are refused.
func (x *lexer) unicodeEscape() bool {
	if x.peek(0) != '{' {
		return false
	}
	x.at++
	code, digits := rune(0), 0
	for ; x.peek(0) != '}'; digits++ {
		digit, ok := hexDigit(x.peek(0))
		if code = code<<4 | digit; !ok || code > utf8.MaxRune {
			return false
		}
		x.at++
	}
	x.at++
	if digits == 0 || !utf8.ValidRune(code) {
		return false
	}
	x.decoded = utf8.AppendRune(x.decoded, code)
	return true
}

func (x *lexer) skipSpace() {
	for x.at < len(x.source) {
		switch {
		case x.skipBreak():
		case isSpace(x.source[x.at]):
			x.at++
		default:
			return
		}
	}
}

func hexDigit(c byte) (value rune, ok bool) {
	switch l := lower(c); {
	case isDigit(c):
		return rune(c - '0'), true
	case 'a' <= l && l <= 'f':
		return rune(l-'a') + 10, true
	}
	return 0, false
}

// long reads a string in long brackets.
func (x *lexer) long() token {
	rest := x.source[x.at:]
	level := longLevel(rest)
	if level < 0 {
		equals := len(rest[1:]) - len(bytes.TrimLeft(rest[1:], "="))
		x.fail("invalid long string delimiter", string(rest[:1+equals]))
		return token{kind: tokenEOF}
	}
	body, ok := x.longBody(level, "string")
	if !ok {
		return token{kind: tokenEOF}
	}
	return token{kind: tokenString, text: unixBreaks(body), quote: string(rest[:level+2])}
}

// longLevel is the number of '=' in the long bracket that rest begins with, -1 if it begins with none.
func longLevel(rest []byte) int {
	if len(rest) == 0 || rest[0] != '[' {
		return -1
	}
	for at, c := range rest[1:] {
		switch c {
		case '=':
		case '[':
			return at
		default:
			return -1
		}
	}
	return -1
}

// longBody goes over a long bracket and returns what is in it, without a line break at its start. what is a word for the
// error: false says that it has been noted.
func (x *lexer) longBody(level int, what string) (body []byte, ok bool) {
	x.at += level + 2
	x.skipBreak()
	body = x.source[x.at:]
	closing := "]" + strings.Repeat("=", level) + "]"
	end := bytes.Index(body, []byte(closing))
	if end < 0 {
		x.line += countBreaks(body)
		x.fail("unfinished long "+what, string(tokenEOF))
		return nil, false
	}
	body = body[:end]
	x.at += end + len(closing)
	x.line += countBreaks(body)
	return body, true
}

func countBreaks(text []byte) int {
	count := 0
	for at := 0; at < len(text); {
		length := breakLength(text[at:])
		count += min(length, 1)
		at += max(length, 1)
	}
	return count
}

// unixBreaks makes \n of every line break.
func unixBreaks(text []byte) string {
	if bytes.IndexByte(text, '\r') < 0 {
		return string(text)
	}
	out := make([]byte, 0, len(text))
	for at := 0; at < len(text); {
		length := breakLength(text[at:])
		if length > 0 {
			out = append(out, '\n')
		} else {
			out = append(out, text[at])
		}
		at += max(length, 1)
	}
	return string(out)
}
