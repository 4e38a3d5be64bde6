package lualib

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Load compiles source and pushes the function. A byte order mark and a first line that begins with '#' are skipped, as
// lua does with files; line numbers stay. name is what errors and tracebacks call the chunk. The error is an *Error.
func Load(L *lua.LState, source []byte, name string) error {
	source = decimalEscapes(skipHead(source))
	chunk, err := compile(L, source, name)
	if err != nil {
		return compileError(err, source, name)
	}
	L.Push(chunk)
	return nil
}

// Parse returns the syntax tree of what Load would compile. The error is an *Error.
func Parse(source []byte, name string) ([]ast.Stmt, error) {
	source = decimalEscapes(skipHead(source))
	chunk, err := parse.Parse(bytes.NewReader(source), name)
	if err != nil {
		return nil, compileError(err, source, name)
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

// compileError words the compiler's errors as Lua does, with file:line in front.
func compileError(err error, source []byte, name string) *Error {
	var ours *Error
	var syntax *parse.Error
	var compile *lua.CompileError
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.As(err, &syntax):
		line, near := syntax.Pos.Line, "'"+syntax.Token+"'"
		if line == parse.EOF {
			line, near = 1+bytes.Count(bytes.TrimRight(source, "\n"), []byte("\n")), "<eof>"
		}
		return &Error{Text: fmt.Sprintf("%s:%d: %s near %s", name, line, strings.TrimSpace(syntax.Message), near)}
	case errors.As(err, &compile):
		return &Error{Text: fmt.Sprintf("%s:%d: %s", name, compile.Line, compile.Message)}
	}
	return &Error{Text: fmt.Sprintf("%s: %v", name, err)}
}
