package syntax

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// quoted reads a string in quotes.
func (x *lexer) quoted() token {
	start, quote := x.at, x.source[x.at]
	x.at++
	plain := x.source[x.at:]
	if end := plainLength(plain, quote); end < len(plain) && plain[end] == quote {
		if !x.take(end + stringBytes) {
			return token{kind: tokenEOF}
		}
		x.at += end + 1
		return token{kind: tokenString, start: start, text: string(plain[:end])}
	}
	return x.escaped(start, quote)
}

// plainLength is the number of bytes of rest without a special meaning: those up to the
// quote, a backslash or a line break.
func plainLength(rest []byte, quote byte) int {
	for at, c := range rest {
		if c == quote || c == '\\' || isBreak(c) {
			return at
		}
	}
	return len(rest)
}

// escaped reads a string with escape sequences from after its quote at start. It finds
// the errors, too.
func (x *lexer) escaped(start int, quote byte) token {
	most := escapedLength(x.source[x.at:], quote)
	if !x.take(most + stringBytes) {
		return token{kind: tokenEOF}
	}
	x.decoded.Reset()
	x.decoded.Grow(most)
	for x.at < len(x.source) {
		c := x.source[x.at]
		x.at++
		switch {
		case c == quote:
			return token{kind: tokenString, start: start, text: x.decoded.String()}
		case isBreak(c):
			x.fail("unfinished string", untilNUL(string(quote)+x.decoded.String()))
			return token{kind: tokenEOF}
		case c != '\\':
			x.decoded.WriteByte(c)
		case !x.escape():
			x.fail("invalid escape sequence", untilNUL(string(quote)+x.decoded.String()))
			return token{kind: tokenEOF}
		}
	}
	x.fail("unfinished string", string(tokenEOF))
	return token{kind: tokenEOF}
}

// escapedLength is how many bytes precede the quote that ends a string. No string is
// longer when it is decoded.
func escapedLength(rest []byte, quote byte) int {
	for at := 0; at < len(rest); at++ {
		switch rest[at] {
		case quote:
			return at
		case '\\':
			at++
		}
	}
	return len(rest)
}

// escape decodes the bytes after a backslash. It reports false if they are not an escape
// sequence.
func (x *lexer) escape() bool {
	if x.at == len(x.source) {
		return true // the string is unfinished, which is the error
	}
	if x.skipBreak() {
		x.decoded.WriteByte('\n')
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
	x.decoded.WriteByte(value)
	return ok
}

// escapes are those of one letter.
var escapes = map[byte]byte{
	'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
	'\\': '\\', '"': '"', '\'': '\'',
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
	x.decoded.WriteByte(byte(code))
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
	x.decoded.WriteByte(byte(high<<4 | low))
	return true
}

// unicodeEscape reads {XXX}, any number of digits, and appends the code point in UTF-8.
// Surrogates are refused.
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
	x.decoded.WriteRune(code)
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
	start, rest := x.at, x.source[x.at:]
	level := longLevel(rest)
	if level < 0 {
		equals := len(rest[1:]) - len(bytes.TrimLeft(rest[1:], "="))
		x.fail("invalid long string delimiter", string(rest[:1+equals]))
		return token{kind: tokenEOF}
	}
	body, ok := x.longBody(level, "string")
	if !ok || !x.take(len(body)+stringBytes) {
		return token{kind: tokenEOF}
	}
	return token{kind: tokenString, start: start, text: unixBreaks(body)}
}

// openingQuote is the opening quote of the string that rest begins with: one of ' " [[
// [=[ …
func openingQuote(rest []byte) string {
	if level := longLevel(rest); level >= 0 {
		return string(rest[:level+2])
	}
	return string(rest[:1])
}

// longLevel is the number of '=' in the long bracket that rest begins with, -1 if it
// begins with none.
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

// longBody goes over a long bracket and returns its text, without a line break at its
// start. The error calls the bracket what; false says that it is noted.
func (x *lexer) longBody(level int, what string) (body []byte, ok bool) {
	x.at += level + 2
	x.skipBreak()
	body = x.source[x.at:]
	end := closingBracket(body, level)
	if end < 0 {
		x.line += countBreaks(body)
		x.fail("unfinished long "+what, string(tokenEOF))
		return nil, false
	}
	body = body[:end]
	x.at += end + level + 2
	x.line += countBreaks(body)
	return body, true
}

// closingBracket is the index of the first closing long bracket of a level, -1 if there
// is none.
func closingBracket(body []byte, level int) int {
	for at := 0; ; {
		next := bytes.IndexByte(body[at:], ']')
		if next < 0 {
			return -1
		}
		start := at + next
		at = start + 1
		for at < len(body) && body[at] == '=' {
			at++
		}
		if at-start-1 == level && at < len(body) && body[at] == ']' {
			return start
		}
	}
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
	var out strings.Builder
	out.Grow(len(text))
	for at := 0; at < len(text); {
		length := breakLength(text[at:])
		if length > 0 {
			out.WriteByte('\n')
		} else {
			out.WriteByte(text[at])
		}
		at += max(length, 1)
	}
	return out.String()
}
