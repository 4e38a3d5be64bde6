package json

import (
	"strconv"

	"github.com/tidewire/tidewire/internal/lua/number"
	"github.com/tidewire/tidewire/lua"
)

// The limits of a path and of a key in an error, in bytes.
const (
	maxPathText = 200
	maxKeyText  = 40
)

// pathOf is how Lua code indexes a table by name.
func pathOf(name string) string {
	if isName(name) {
		return "." + name
	}
	return "[" + quoted(name) + "]"
}

func isName(s string) bool {
	if s == "" || len(s) > maxKeyText {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '_' && !isLetter(c) && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// quoted shows a text on one line.
func quoted(text string) string {
	if len(text) > maxKeyText {
		return strconv.QuoteToASCII(text[:maxKeyText]) + "..."
	}
	return strconv.QuoteToASCII(text)
}

// shown shows a key, or another small value, on one line.
func shown(value lua.Value) string {
	switch value.Kind() {
	case lua.KindString:
		text, _ := value.AsString()
		return quoted(text)
	case lua.KindNumber:
		f, _ := value.AsNumber()
		return string(number.Append(nil, f))
	case lua.KindBool:
		return strconv.FormatBool(value.Truth())
	}
	return "of type " + value.TypeName()
}
