package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/internal/luacode"
	"github.com/tidewire/tidewire/internal/luasyntax"
)

// Load compiles source and pushes the function, whose environment is the globals. A byte order mark and a first line that
// begins with '#' are skipped, as lua does with files; line numbers stay. name is what errors and tracebacks call the
// chunk. The error is an *Error.
func Load(L *lua.LState, source []byte, name string) error {
	chunk, err := luasyntax.Parse(luasyntax.SkipHead(source), name)
	if err != nil {
		return &Error{Text: err.Error()}
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
