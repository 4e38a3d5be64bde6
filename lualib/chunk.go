package lualib

import (
	"bytes"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/tidewire/tidewire/internal/luacode"
	"github.com/tidewire/tidewire/internal/luasyntax"
)

// Load compiles source and pushes the function, whose environment is the globals. A byte order mark and a first line that
// begins with '#' are skipped, as lua does with files; line numbers stay. name is what errors and tracebacks call the
// chunk. The error is an *Error.
func Load(L *lua.LState, source []byte, name string) error {
	chunk, err := Parse(source, name)
	if err != nil {
		return err
	}
	proto, err := luacode.Compile(chunk, name, L.NewFunction(concat))
	if err != nil {
		return &Error{Text: err.Error()}
	}
	function := L.NewFunctionFromProto(proto)
	function.Env = L.G.Global
	L.Push(function)
	return nil
}

// Parse returns the syntax tree of what Load would compile. The error is an *Error.
func Parse(source []byte, name string) ([]ast.Stmt, error) {
	chunk, err := luasyntax.Parse(skipHead(source), name)
	if err != nil {
		return nil, &Error{Text: err.Error()}
	}
	return chunk, nil
}

// skipHead takes a byte order mark and a first line that begins with '#' off source, but leaves its line break.
func skipHead(source []byte) []byte {
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	if !bytes.HasPrefix(source, []byte("#")) {
		return source
	}
	if end := bytes.IndexByte(source, '\n'); end >= 0 {
		return source[end:]
	}
	return nil
}
