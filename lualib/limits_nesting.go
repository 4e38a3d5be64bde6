package lualib

import (
	"bytes"
	"fmt"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// maxNesting bounds how deep a chunk's syntax tree may be. Lua's own limit of 200 levels counts fewer things: here each
// operator of a + b + c is a level. The VM's compiler takes about 1 KiB of Go's stack a level, and Go ends the process
// when that passes 1 GiB.
const maxNesting = 10_000

// checkNesting returns an *Error if a chunk is nested too deep to be compiled.
func checkNesting(chunk []ast.Stmt, name string) *Error {
	d := depth{}
	d.stmts(chunk)
	if d.tooDeepAt == 0 {
		return nil
	}
	return &Error{Text: fmt.Sprintf("%s:%d: chunk has too many syntax levels", name, d.tooDeepAt)}
}

// depth walks a syntax tree down to maxNesting levels and notes the line of what lies deeper. On its way it mends what the
// VM's compiler would get wrong: see splitConcat, adjustFields and
// assignTogether.
type depth struct {
	level     int
	tooDeepAt int
}

// enter goes down one level to a node. It reports false if that is too deep.
func (d *depth) enter(node ast.PositionHolder) bool {
	if d.level >= maxNesting {
		d.tooDeepAt = max(1, node.Line())
		return false
	}
	d.level++
	return true
}

func (d *depth) stmts(list []ast.Stmt) {
	for i, stmt := range list {
		if d.tooDeepAt != 0 {
			return
		}
		if stmt != nil && d.enter(stmt) {
			d.stmt(stmt)
			d.level--
		}
		if assign, ok := stmt.(*ast.AssignStmt); ok {
			list[i] = assignTogether(assign)
		}
	}
}

func (d *depth) stmt(stmt ast.Stmt) {
	switch s := stmt.(type) {
	case *ast.AssignStmt:
		d.exprs(s.Lhs...)
		d.exprs(s.Rhs...)
	case *ast.LocalAssignStmt:
		d.exprs(s.Exprs...)
	case *ast.FuncCallStmt:
		d.exprs(s.Expr)
	case *ast.DoBlockStmt:
		d.stmts(s.Stmts)
	case *ast.WhileStmt:
		d.exprs(s.Condition)
		d.stmts(s.Stmts)
	case *ast.RepeatStmt:
		d.exprs(s.Condition)
		d.stmts(s.Stmts)
	case *ast.IfStmt:
		d.exprs(s.Condition)
		d.stmts(s.Then)
		d.stmts(s.Else)
	case *ast.NumberForStmt:
		d.exprs(s.Init, s.Limit, s.Step)
		d.stmts(s.Stmts)
	case *ast.GenericForStmt:
		d.exprs(s.Exprs...)
		d.stmts(s.Stmts)
	case *ast.FuncDefStmt:
		d.exprs(s.Name.Func, s.Name.Receiver)
		d.stmts(s.Func.Stmts)
	case *ast.ReturnStmt:
		d.exprs(s.Exprs...)
	}
}

func (d *depth) exprs(list ...ast.Expr) {
	for _, expr := range list {
		if d.tooDeepAt != 0 {
			return
		}
		if expr != nil && d.enter(expr) {
			d.expr(expr)
			d.level--
		}
	}
}

func (d *depth) expr(expr ast.Expr) {
	switch e := expr.(type) {
	case *ast.AttrGetExpr:
		d.exprs(e.Object, e.Key)
	case *ast.TableExpr:
		adjustFields(e.Fields)
		for _, field := range e.Fields {
			d.exprs(field.Key, field.Value)
		}
	case *ast.FuncCallExpr:
		d.exprs(e.Func, e.Receiver)
		d.exprs(e.Args...)
	case *ast.LogicalOpExpr:
		d.exprs(e.Lhs, e.Rhs)
	case *ast.RelationalOpExpr:
		d.exprs(e.Lhs, e.Rhs)
	case *ast.StringConcatOpExpr:
		splitConcat(e)
		d.exprs(e.Lhs, e.Rhs)
	case *ast.ArithmeticOpExpr:
		d.exprs(e.Lhs, e.Rhs)
	case *ast.UnaryMinusOpExpr:
		d.exprs(e.Expr)
	case *ast.UnaryNotOpExpr:
		d.exprs(e.Expr)
	case *ast.UnaryLenOpExpr:
		d.exprs(e.Expr)
	case *ast.FunctionExpr:
		d.stmts(e.Stmts)
	}
}

// splitConcat keeps the compiler from joining more than maxConcat operands in one instruction: the rest becomes
// (true and rest), which is the same value.
func splitConcat(chain *ast.StringConcatOpExpr) {
	for range maxConcat - 2 {
		next, ok := chain.Rhs.(*ast.StringConcatOpExpr)
		if !ok {
			return
		}
		chain = next
	}
	rest, ok := chain.Rhs.(*ast.StringConcatOpExpr)
	if !ok {
		return
	}
	always := &ast.TrueExpr{}
	always.SetLine(rest.Line())
	wrapped := &ast.LogicalOpExpr{Operator: "and", Lhs: always, Rhs: rest}
	wrapped.SetLine(rest.Line())
	wrapped.SetLastLine(rest.LastLine())
	chain.Rhs = wrapped
}

// compile makes a function of source, in the global environment. The error is what the parser or the compiler gave, or an
// *Error.
func compile(L *lua.LState, source []byte, name string) (*lua.LFunction, error) {
	chunk, err := parse.Parse(bytes.NewReader(source), name)
	if err != nil {
		return nil, err
	}
	if tooDeep := checkNesting(chunk, name); tooDeep != nil {
		return nil, tooDeep
	}
	proto, err := lua.Compile(chunk, name)
	if err != nil {
		return nil, err
	}
	function := L.NewFunctionFromProto(proto)
	function.Env = L.G.Global
	return function, nil
}
