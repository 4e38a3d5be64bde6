package lualib

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// decimalEscapes writes the escapes of strings that LuaJIT has and the VM's compiler has not (\x41, \z, \u{20AC}) as
// those that both have. Line numbers stay: the line breaks that a \z skips come behind the string.
func decimalEscapes(source []byte) []byte {
	if !bytes.Contains(source, []byte(`\x`)) && !bytes.Contains(source, []byte(`\z`)) && !bytes.Contains(source, []byte(`\u{`)) {
		return source
	}
	var out []byte
	for at := 0; at < len(source); {
		size := 1
		switch c := source[at]; {
		case c == '"' || c == '\'':
			var text []byte
			text, size = decimalString(source[at:])
			out, at = append(out, text...), at+size
			continue
		case bytes.HasPrefix(source[at:], []byte("--")):
			size = 2 + longBracket(source[at+2:])
			if size == 2 {
				size = lineLength(source[at:])
			}
		case c == '[':
			size = max(longBracket(source[at:]), 1)
		}
		out = append(out, source[at:at+size]...)
		at += size
	}
	return out
}

func lineLength(source []byte) int {
	if end := bytes.IndexByte(source, '\n'); end >= 0 {
		return end
	}
	return len(source)
}

// longBracket is the length of the [[text]], with any number of '=', at the start of source; 0 if there is none.
func longBracket(source []byte) int {
	if len(source) < 2 || source[0] != '[' {
		return 0
	}
	level := 1
	for level < len(source) && source[level] == '=' {
		level++
	}
	if level == len(source) || source[level] != '[' {
		return 0
	}
	closing := append(append([]byte("]"), source[1:level]...), ']')
	end := bytes.Index(source[level+1:], closing)
	if end < 0 {
		return len(source)
	}
	return level + 1 + end + len(closing)
}

// decimalString rewrites the string literal at the start of source and returns how long it was.
func decimalString(source []byte) (out []byte, size int) {
	quote, skipped := source[0], 0
	out = append(out, quote)
	for at := 1; at < len(source); {
		switch c := source[at]; {
		case c == quote:
			out = append(out, quote)
			return append(out, bytes.Repeat([]byte("\n"), skipped)...), at + 1
		case c == '\n':
			return out, at // unfinished: the compiler says so
		case c != '\\' || at+1 == len(source):
			out, at = append(out, c), at+1
		default:
			text, length, lines := decimalEscape(source[at:])
			out, at, skipped = append(out, text...), at+length, skipped+lines
		}
	}
	return out, len(source)
}

// decimalEscape rewrites the escape at the start of source, of two bytes at least. lines are those that a \z has skipped.
func decimalEscape(source []byte) (text []byte, length, lines int) {
	switch source[1] {
	case 'x':
		if len(source) >= 4 {
			if code, err := strconv.ParseUint(string(source[2:4]), 16, 8); err == nil {
				return fmt.Appendf(nil, `\%03d`, code), 4, 0
			}
		}
	case 'u':
		end := bytes.IndexByte(source[:min(len(source), 12)], '}')
		if end > 3 && source[2] == '{' {
			if code, err := strconv.ParseUint(string(source[3:end]), 16, 32); err == nil && code <= utf8.MaxRune {
				for _, b := range utf8.AppendRune(nil, rune(code)) {
					text = fmt.Appendf(text, `\%03d`, b)
				}
				return text, end + 1, 0
			}
		}
	case 'z':
		length = 2
		for length < len(source) && bytes.IndexByte([]byte(" \t\n\v\f\r"), source[length]) >= 0 {
			if source[length] == '\n' {
				lines++
			}
			length++
		}
		return nil, length, lines
	}
	return source[:2], 2, 0
}
