package logging

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// indent begins each further line of a message, so that none can be taken for an
	// entry of its own.
	indent = "  "

	// maxMessage, maxValue and maxSummary are how many bytes are shown of a message, an
	// attribute's value, and a message in a summary.
	maxMessage = 16 << 10
	maxValue   = 4 << 10
	maxSummary = 200

	// firstLines and lastLines are how many lines are shown of a message that has at least
	// two more. A traceback, which is shorter than lastLines, ends one.
	firstLines = 60
	lastLines  = 40
)

// shorten returns as much of a message as an entry shows: some of its lines, and some of
// their bytes. A script or a peer can put line breaks alone into a message, and thousands
// of them would move everything before it off a terminal.
func shorten(message string) string {
	breaks := strings.Count(message, "\n")
	if left := breaks + 1 - firstLines - lastLines; left > 1 {
		head, tail := 0, len(message)
		for range firstLines {
			head += strings.IndexByte(message[head:], '\n') + 1
		}
		for range lastLines {
			tail = strings.LastIndexByte(message[:tail], '\n')
		}
		message = fmt.Sprintf("%s… (%d lines left out)%s", message[:head], left, message[tail:])
	}
	return cut(message, maxMessage)
}

// cut returns at most max bytes of text, and says how many it leaves out.
func cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	end := max
	for end > max-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d bytes more)", text[:end], len(text)-end)
}

// Escape replaces characters that would end the line, move a terminal's cursor, colour its
// text or turn the order of characters by escapes such as \x1b. Tabs stay. Texts that a
// script, a peer or the name of a file may have part in go through it before they are
// printed on a line.
func Escape(line string) string {
	line = strings.TrimSuffix(line, "\r")
	if strings.IndexFunc(line, steers) < 0 && utf8.ValidString(line) {
		return line
	}
	var b strings.Builder
	for len(line) > 0 {
		r, size := utf8.DecodeRuneInString(line)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, line[0])
		case !steers(r):
			b.WriteString(line[:size])
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		line = line[size:]
	}
	return b.String()
}

// steers reports whether r acts on a terminal rather than being shown: control
// characters, those that break lines, and those that turn the direction of text (Unicode
// standard annex 9).
func steers(r rune) bool {
	switch {
	case r == '\t':
		return false
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return true
	}
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || '\u202a' <= r && r <= '\u202e' ||
		'\u2066' <= r && r <= '\u2069'
}

// safeAttr returns a with values that are quoted wherever they have more than plain
// characters. The formatter quotes texts, too, but puts escape characters back in where
// it writes colours; it leaves the quotes of []byte alone.
func safeAttr(a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	switch value.Kind() {
	case slog.KindGroup:
		group := value.Group()
		safe := make([]slog.Attr, len(group))
		for i, member := range group {
			safe[i] = safeAttr(member)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(safe...)}
	case slog.KindString, slog.KindAny:
		text := cut(value.String(), maxValue)
		if strings.IndexFunc(text, needsQuotes) >= 0 || text == "" {
			return slog.Any(a.Key, []byte(text))
		}
		return slog.String(a.Key, text)
	}
	return slog.Attr{Key: a.Key, Value: value}
}

// shortAttr returns a with values of bounded length, as texts where JSON has no form that
// a person reads.
func shortAttr(a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	switch value.Kind() {
	case slog.KindGroup:
		group := value.Group()
		short := make([]slog.Attr, len(group))
		for i, member := range group {
			short[i] = shortAttr(member)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(short...)}
	case slog.KindString, slog.KindAny, slog.KindDuration:
		return slog.String(a.Key, cut(value.String(), maxValue))
	}
	return slog.Attr{Key: a.Key, Value: value}
}

// escapeObject replaces the characters that encoding/json leaves as they are and that act
// on a terminal. They stand in strings alone, so an escape means the same.
func escapeObject(entry []byte) []byte {
	line := bytes.TrimSuffix(entry, []byte("\n"))
	if bytes.IndexFunc(line, steers) < 0 {
		return entry
	}
	var b bytes.Buffer
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		if steers(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.Write(line[:size])
		}
		line = line[size:]
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func needsQuotes(r rune) bool {
	return !unicode.IsPrint(r) || r == ' ' || r == '=' || r == '"' || r == '\\' || r == utf8.RuneError
}
