package luacode

import (
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// place is what an assignment assigns to: a variable, or the field of an object that has been computed.
type place struct {
	line int
	kind kind
	name ast.Expr // the variable, or the field's key

	index int // of the register or upvalue; of the register of a field's object
	key   int // the operand of a field's key
}

func (f *function) assignStmt(s *ast.AssignStmt) {
	if len(s.Lhs) == 1 && len(s.Rhs) == 1 {
		f.assign(f.place(s.Lhs[0], 0, nil), s.Rhs[0])
		return
	}
	last := make(map[int]int)
	for i, e := range s.Lhs {
		if index, isLocal := f.localOf(e); isLocal {
			last[index] = i
		}
	}
	places := make([]place, len(s.Lhs))
	for i, e := range s.Lhs {
		places[i] = f.place(e, i, last)
	}
	values := f.free
	f.pushExactly(s.Line(), s.Rhs, len(s.Lhs))
	for i := len(places) - 1; i >= 0; i-- { // the last one first, as Lua does
		f.store(places[i], values+i)
	}
}

// place computes the object and the key of place number i of a statement. Locals that are a place further right, and so
// assigned before this one, are copied: the object and the key are what they were (manual §2.4.3). last tells, of a
// local's register, which place is the last one that it is.
func (f *function) place(e ast.Expr, i int, last map[int]int) place {
	at := place{line: e.Line(), kind: field, name: e}
	attr, isField := e.(*ast.AttrGetExpr)
	if !isField {
		at.kind, at.index = f.find(at.line, e.(*ast.IdentExpr).Value)
		return at
	}
	at.name = attr.Key
	at.index = f.copied(attr.Object, f.operand, i, last)
	at.key = f.copied(attr.Key, f.operandK, i, last)
	return at
}

func (f *function) copied(e ast.Expr, operand func(ast.Expr) int, i int, last map[int]int) int {
	if index, isLocal := f.localOf(e); isLocal && last[index] > i {
		return f.push(e)
	}
	return operand(e)
}

// assign computes a value for a place and stores it.
func (f *function) assign(at place, value ast.Expr) {
	switch at.kind {
	case register:
		f.expr(value, at.index)
	case field:
		f.storeField(at, f.operandK(value))
	default:
		f.store(at, f.operand(value))
	}
}

// store puts a register's value into a place.
func (f *function) store(at place, value int) {
	switch at.kind {
	case register:
		f.emit(at.line, abc(lua.OP_MOVE, at.index, value, 0))
	case captured:
		f.emit(at.line, abc(lua.OP_SETUPVAL, value, at.index, 0))
	case global:
		name := lua.LString(at.name.(*ast.IdentExpr).Value)
		f.emit(at.line, abx(lua.OP_SETGLOBAL, value, f.constant(at.line, name)))
	case field:
		f.storeField(at, value)
	}
}

// storeField stores a register's value, or a constant operand, in a field.
func (f *function) storeField(at place, value int) {
	f.emit(at.line, abc(named(at.name, at.key, lua.OP_SETTABLEKS, lua.OP_SETTABLE), at.index, at.key, value))
}
