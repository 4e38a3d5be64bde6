// Package luasyntax reads Lua 5.1 with LuaJIT's extensions (goto, \x \z \u{} escapes, hexadecimal floats, 0b numerals)
// into gopher-lua's syntax tree. What it accepts, and what it says of the rest, is LuaJIT's: its parser is followed
// token by token, because scripts and their authors know its words. Labels, break and the limits of the virtual machine
// (locals, upvalues, registers) are not checked here: that is the code generator's.
//
// # The tree
//
//   - `local function f` is two statements, LocalAssignStmt{Names: [f]} without Exprs and FuncDefStmt; `local f = function` is
//     one.
//   - Parentheses are AdjustRet of the call or '...' directly in them, and leave no other trace.
//   - An elseif is an IfStmt, the only statement of the Else before it.
//   - NumberExpr.Value is as the source spells it, for Number; StringExpr.Value is the bytes that the literal stands for.
//
// # Lines
//
// Line is where LuaJIT reports an error of the node's own instruction, which is not always where the node begins.
//
//   - Calls: where the arguments begin. Other operations: where the last operand ends.
//   - Loads of globals and fields: the token at which the value is first needed, say the operator or ')' behind it.
//   - Stores (AssignStmt and its Lhs): where the last value ends; a field of a constructor: LastLine of its Value.
//   - ReturnStmt: where the last value ends, which is also the line of a tail call.
//   - NumberForStmt: its do, where the limits are checked; GenericForStmt: what follows in, which is called.
//   - FunctionExpr: as debug.getinfo's linedefined has it, the word function in a statement, else its '('.
//   - LabelStmt, GotoStmt and BreakStmt: the line that LuaJIT names when it refuses them.
//   - Everything else: where the node begins.
//
// LastLine of an expression is the line of its last token, parentheses included unless it is a function; that of a
// function, a block and a loop is the line of its end or until.
package luasyntax

import (
	"bytes"
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// An Error says why a chunk is no Lua.
type Error struct {
	Name    string // of the chunk, as Parse got it
	Line    int    // from 1
	Message string // as LuaJIT words it, such as "'=' expected near 'y'"
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.Message) }

// SkipHead takes a byte order mark and a first line that begins with '#' off source, but leaves its line break.
func SkipHead(source []byte) []byte {
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	if !bytes.HasPrefix(source, []byte("#")) {
		return source
	}
	if end := bytes.IndexByte(source, '\n'); end >= 0 {
		return source[end:]
	}
	return nil
}

// Parse returns the syntax tree of source, whose head is the caller's to skip. name goes into the error, which is an
// *Error. The tree keeps nothing of source. Its depth is bounded (see maxLevels, maxLinks), so that a consumer may recurse
// over it.
func Parse(source []byte, name string) ([]ast.Stmt, error) {
	p := parser{
		lexer:    lexer{source: source, name: name, line: 1},
		function: function{vararg: true},
	}
	p.next()
	chunk := p.block()
	p.want(tokenEOF)
	if p.lexer.err != nil {
		return nil, p.lexer.err
	}
	return chunk, nil
}
