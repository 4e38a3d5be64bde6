package luasyntax

import "strings"

// A tokenKind is what error messages call it: keywords and symbols are their own spelling.
type tokenKind string

const (
	tokenEOF    tokenKind = "<eof>"
	tokenName   tokenKind = "<name>"
	tokenNumber tokenKind = "<number>"
	tokenString tokenKind = "<string>"

	// tokenNUL is the one token that LuaJIT does not name: a message ends before its "near".
	tokenNUL tokenKind = ""
)

// A token of the source.
type token struct {
	kind  tokenKind
	text  string // of a name, a number (as spelled) or a string (decoded)
	quote string // what opened a string: one of ' " [[ [=[ …
}

// near is what an error at the token shows of it, "" for nothing.
func (t token) near() string {
	switch t.kind {
	case tokenName, tokenNumber:
		return t.text
	case tokenString:
		return untilNUL(t.quote + t.text + strings.ReplaceAll(t.quote, "[", "]"))
	}
	return string(t.kind)
}

// untilNUL is what C sees of a text.
func untilNUL(text string) string {
	text, _, _ = strings.Cut(text, "\x00")
	return text
}

var keywords = map[tokenKind]bool{
	"and": true, "break": true, "do": true, "else": true, "elseif": true, "end": true, "false": true, "for": true,
	"function": true, "goto": true, "if": true, "in": true, "local": true, "nil": true, "not": true, "or": true,
	"repeat": true, "return": true, "then": true, "true": true, "until": true, "while": true,
}

// endsBlock reports whether no statement can begin with a token because the block ends before it.
func (k tokenKind) endsBlock() bool {
	switch k {
	case "else", "elseif", "end", "until", tokenEOF:
		return true
	}
	return false
}

// isName reports whether a token can be a name. As in LuaJIT goto is one wherever no label follows it.
func (k tokenKind) isName() bool { return k == tokenName || k == "goto" }
