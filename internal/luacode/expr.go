package luacode

import (
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// expr computes an expression into a register: a variable's, or the newest temporary. It writes there last of all.
func (f *function) expr(e ast.Expr, target int) {
	if value, known := constantOf(e); known {
		f.load(e.Line(), value, target)
		return
	}
	switch e := e.(type) {
	case *ast.IdentExpr:
		f.variable(e, target)
	case *ast.AttrGetExpr:
		f.index(e, target)
	case *ast.FuncCallExpr, *ast.Comma3Expr:
		f.firstResult(e, target)
	case *ast.FunctionExpr:
		f.closure(e, false, target)
	case *ast.TableExpr:
		f.table(e, target)
	case *ast.ArithmeticOpExpr:
		f.arithmetic(e, target)
	case *ast.StringConcatOpExpr:
		f.concat(e, target)
	case *ast.UnaryMinusOpExpr:
		f.unary(e.Line(), lua.OP_UNM, e.Expr, target)
	case *ast.UnaryLenOpExpr:
		f.unary(e.Line(), lua.OP_LEN, e.Expr, target)
	case *ast.UnaryNotOpExpr:
		f.not(e, target)
	case *ast.RelationalOpExpr:
		f.truth(e, target)
	case *ast.LogicalOpExpr:
		f.logical(e, target)
	}
}

// push computes an expression into a new register.
func (f *function) push(e ast.Expr) int {
	target := f.take(e.Line(), 1)
	f.expr(e, target)
	return target
}

// operand returns the register that holds an expression's value: a variable's own, or a new one.
func (f *function) operand(e ast.Expr) int {
	if index, isLocal := f.localOf(e); isLocal {
		return index
	}
	return f.push(e)
}

// localOf returns the register of a local variable of this function.
func (f *function) localOf(e ast.Expr) (index int, isLocal bool) {
	if name, isName := e.(*ast.IdentExpr); isName {
		where, index := f.find(e.Line(), name.Value)
		return index, where == register
	}
	return 0, false
}

// operandK is operand for an instruction that takes constants, too.
func (f *function) operandK(e ast.Expr) int {
	if value, known := constantOf(e); known {
		if index := f.constant(e.Line(), value); index <= maxK {
			return index | bitK
		}
	}
	return f.operand(e)
}

// load puts a constant into a register.
func (f *function) load(line int, value lua.LValue, target int) {
	switch value {
	case lua.LNil:
		f.emit(line, abc(lua.OP_LOADNIL, target, target, 0))
	case lua.LTrue:
		f.emit(line, abc(lua.OP_LOADBOOL, target, 1, 0))
	case lua.LFalse:
		f.emit(line, abc(lua.OP_LOADBOOL, target, 0, 0))
	default:
		f.emit(line, abx(lua.OP_LOADK, target, f.constant(line, value)))
	}
}

func (f *function) variable(e *ast.IdentExpr, target int) {
	switch where, index := f.find(e.Line(), e.Value); where {
	case register:
		if index != target {
			f.emit(e.Line(), abc(lua.OP_MOVE, target, index, 0))
		}
	case captured:
		f.emit(e.Line(), abc(lua.OP_GETUPVAL, target, index, 0))
	case global:
		f.emit(e.Line(), abx(lua.OP_GETGLOBAL, target, f.constant(e.Line(), lua.LString(e.Value))))
	}
}

func (f *function) index(e *ast.AttrGetExpr, target int) {
	free := f.lend(target)
	object, key := f.operand(e.Object), f.operandK(e.Key)
	f.emit(e.Line(), abc(named(e.Key, key, lua.OP_GETTABLEKS, lua.OP_GETTABLE), target, object, key))
	f.free = free
}

// named returns the operation for a key that is a string constant, or the one for all others.
func named(key ast.Expr, operand, byName, byValue int) int {
	if _, isString := key.(*ast.StringExpr); isString && operand&bitK != 0 {
		return byName
	}
	return byValue
}

var arithmetic = map[string]int{
	"+": lua.OP_ADD, "-": lua.OP_SUB, "*": lua.OP_MUL, "/": lua.OP_DIV, "%": lua.OP_MOD, "^": lua.OP_POW,
}

func (f *function) arithmetic(e *ast.ArithmeticOpExpr, target int) {
	free := f.lend(target)
	left, right := f.operandK(e.Lhs), f.operandK(e.Rhs)
	f.emit(e.Line(), abc(arithmetic[e.Operator], target, left, right))
	f.free = free
}

func (f *function) unary(line, op int, operand ast.Expr, target int) {
	free := f.lend(target)
	f.emit(line, abc(op, target, f.operand(operand), 0))
	f.free = free
}

// concat calls the function that joins, with all operands of a .. b .. c.
func (f *function) concat(e *ast.StringConcatOpExpr, target int) {
	free := f.lend(target)
	base := f.take(e.Line(), 1)
	f.emit(e.Line(), abx(lua.OP_LOADK, base, f.constant(e.Line(), f.join)))
	var rest ast.Expr = e
	for {
		chain, more := rest.(*ast.StringConcatOpExpr)
		if !more {
			break
		}
		f.push(chain.Lhs)
		rest = chain.Rhs
	}
	f.push(rest)
	f.emitCall(e.Line(), base, f.free-base, 1, "..")
	if base != target {
		f.emit(e.Line(), abc(lua.OP_MOVE, target, base, 0))
	}
	f.free = free
}

// closure makes a function. A method has the parameter self in front of its others.
func (f *function) closure(e *ast.FunctionExpr, method bool, target int) {
	inner := newFunction(f, f.proto.SourceName, f.join)
	inner.proto.LineDefined, inner.proto.LastLineDefined = e.Line(), e.LastLine()
	params := e.ParList.Names
	if method {
		params = append([]string{"self"}, params...)
	}
	for _, name := range params {
		inner.declare(e.Line(), name)
		inner.take(e.Line(), 1)
	}
	inner.proto.NumParameters = uint8(len(params))
	if e.ParList.HasVargs {
		inner.proto.IsVarArg = lua.VarArgIsVarArg
	}
	inner.body(e.Stmts, e.LastLine())

	index := len(f.proto.FunctionPrototypes)
	if index > maxBx {
		f.exceeds(e.Line(), maxBx+1, "functions")
	}
	f.proto.FunctionPrototypes = append(f.proto.FunctionPrototypes, inner.proto)
	f.emit(e.Line(), abx(lua.OP_CLOSURE, target, index))
	for _, up := range inner.upvalues {
		op := lua.OP_GETUPVAL
		if up.local {
			op = lua.OP_MOVE
		}
		f.emit(e.Line(), abc(op, 0, up.index, 0))
	}
}
