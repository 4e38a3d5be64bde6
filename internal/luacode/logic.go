package luacode

import (
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// branch emits jumps that are taken if an expression is true, or if it is false, as wanted; else the code goes on behind
// them. The jumps' target is the caller's to set.
func (f *function) branch(e ast.Expr, wanted bool) (jumps []int) {
	if value, known := constantOf(e); known {
		if lua.LVAsBool(value) == wanted {
			return []int{f.jump(e.Line())}
		}
		return nil
	}
	switch e := e.(type) {
	case *ast.UnaryNotOpExpr:
		return f.branch(e.Expr, !wanted)
	case *ast.LogicalOpExpr:
		if decides(e) == wanted { // one operand is enough
			return append(f.branch(e.Lhs, wanted), f.branch(e.Rhs, wanted)...)
		}
		around := f.branch(e.Lhs, !wanted)
		jumps = f.branch(e.Rhs, wanted)
		f.patchHere(around...)
		return jumps
	case *ast.RelationalOpExpr:
		return []int{f.compare(e, wanted)}
	}
	free := f.free
	f.emit(e.Line(), abc(lua.OP_TEST, f.operand(e), 0, bit(wanted)))
	f.free = free
	return []int{f.jump(e.Line())}
}

// decides returns the truth of a first operand that makes it the value of the whole.
func decides(e *ast.LogicalOpExpr) bool { return e.Operator == "or" }

// compare emits a jump that is taken if a comparison is true, or false, as wanted. A comparison is never turned around:
// not (a < b) is not a >= b where one of them is no number.
func (f *function) compare(e *ast.RelationalOpExpr, wanted bool) (jump int) {
	free := f.free
	left, right := f.operandK(e.Lhs), f.operandK(e.Rhs)
	op := lua.OP_EQ
	switch e.Operator {
	case "~=":
		wanted = !wanted
	case "<":
		op = lua.OP_LT
	case "<=":
		op = lua.OP_LE
	case ">":
		op, left, right = lua.OP_LT, right, left
	case ">=":
		op, left, right = lua.OP_LE, right, left
	}
	f.emit(e.Line(), abc(op, bit(wanted), left, right))
	f.free = free
	return f.jump(e.Line())
}

// truth computes true or false: the value of a comparison, or of what is compared through "not".
func (f *function) truth(e ast.Expr, target int) {
	free := f.lend(target)
	jumps := f.branch(e, true)
	f.free = free
	f.emit(e.Line(), abc(lua.OP_LOADBOOL, target, 0, 1)) // and skips the next one
	f.patchHere(jumps...)
	f.emit(e.Line(), abc(lua.OP_LOADBOOL, target, 1, 0))
}

func (f *function) not(e *ast.UnaryNotOpExpr, target int) {
	switch e.Expr.(type) {
	case *ast.RelationalOpExpr, *ast.LogicalOpExpr, *ast.UnaryNotOpExpr:
		f.truth(e, target)
		return
	}
	if value, known := constantOf(e.Expr); known {
		f.load(e.Line(), lua.LBool(!lua.LVAsBool(value)), target)
		return
	}
	f.unary(e.Line(), lua.OP_NOT, e.Expr, target)
}

// logical computes a and b, a or b: the first operand if it decides, else the second.
func (f *function) logical(e *ast.LogicalOpExpr, target int) {
	jumps := f.decide(e.Lhs, decides(e), target)
	f.expr(e.Rhs, target)
	f.patchHere(jumps...)
}

// decide emits jumps that are taken with an expression's value in the target if it is true, or false, as wanted. If not,
// the code goes on behind them and a variable's register is as it was.
func (f *function) decide(e ast.Expr, wanted bool, target int) (jumps []int) {
	if value, known := constantOf(e); known {
		if lua.LVAsBool(value) != wanted {
			return nil
		}
		f.load(e.Line(), value, target)
		return []int{f.jump(e.Line())}
	}
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		if decides(e) == wanted {
			return append(f.decide(e.Lhs, wanted, target), f.decide(e.Rhs, wanted, target)...)
		}
		around := f.branch(e.Lhs, !wanted)
		jumps = f.decide(e.Rhs, wanted, target)
		f.patchHere(around...)
		return jumps
	case *ast.UnaryNotOpExpr, *ast.RelationalOpExpr:
		around := f.branch(e, !wanted)
		f.load(e.Line(), lua.LBool(wanted), target)
		jumps = []int{f.jump(e.Line())}
		f.patchHere(around...)
		return jumps
	}
	return []int{f.decideValue(e, wanted, target)}
}

func (f *function) decideValue(e ast.Expr, wanted bool, target int) (jump int) {
	free := f.free
	source, isLocal := f.localOf(e)
	switch {
	case isLocal:
	case f.temporary(target):
		source = target
		f.expr(e, target)
	default:
		source = f.push(e)
	}
	f.free = free
	if source == target {
		f.emit(e.Line(), abc(lua.OP_TEST, target, 0, bit(wanted)))
	} else {
		f.emit(e.Line(), abc(lua.OP_TESTSET, target, source, bit(wanted)))
	}
	return f.jump(e.Line())
}

func bit(value bool) int {
	if value {
		return 1
	}
	return 0
}
