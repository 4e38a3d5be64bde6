package syntax

import "strings"

// A tokenKind is a kind's name in error messages: keywords and symbols are their own
// spelling.
type tokenKind string

const (
	tokenEOF    tokenKind = "<eof>"
	tokenName   tokenKind = "<name>"
	tokenNumber tokenKind = "<number>"
	tokenString tokenKind = "<string>"

	// tokenNUL is the one token that LuaJIT does not name: a message ends before its
	// "near".
	tokenNUL tokenKind = ""
)

// A token of the source.
type token struct {
	kind   tokenKind
	start  int     // index of its first byte
	word   *word   // of a name or a keyword
	text   string  // of a string, decoded
	number float64 // of a number
}

// A word is a name or a keyword. All of its occurrences share one.
type word struct {
	kind  tokenKind
	text  string
	local *Local // the name's meaning where the parser is; nil for a global
}

var keywords = map[string]tokenKind{
	"and": "and", "break": "break", "do": "do", "else": "else", "elseif": "elseif", "end": "end",
	"false": "false", "for": "for", "function": "function", "goto": "goto", "if": "if", "in": "in",
	"local": "local", "nil": "nil", "not": "not", "or": "or", "repeat": "repeat",
	"return": "return", "then": "then", "true": "true", "until": "until", "while": "while",
}

// endsBlock reports whether no statement can begin with a token because the block ends
// before it.
func (k tokenKind) endsBlock() bool {
	switch k {
	case "else", "elseif", "end", "until", tokenEOF:
		return true
	}
	return false
}

// isName reports whether a token can be a name. As in LuaJIT goto is one wherever no
// label follows it.
func (k tokenKind) isName() bool { return k == tokenName || k == "goto" }

// untilNUL is the part of a text that C sees.
func untilNUL(text string) string {
	text, _, _ = strings.Cut(text, "\x00")
	return text
}
