package luacode

import (
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// all asks for as many results as there are. They lie from function.free on, up to the VM's top of stack.
const all = -1

// hasManyResults reports whether an expression may have another number of results than one: a call or "..." that does not
// stand in parentheses.
func hasManyResults(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// results computes a call or "..." into as many new registers as results are wanted.
func (f *function) results(e ast.Expr, wanted int) {
	if call, isCall := e.(*ast.FuncCallExpr); isCall {
		f.call(call, wanted)
	} else {
		f.emit(e.Line(), abc(lua.OP_VARARG, f.free, wanted+1, 0))
	}
	f.take(e.Line(), max(wanted, 0))
}

// firstResult computes the first result of a call or "..." into a register.
func (f *function) firstResult(e ast.Expr, target int) {
	free := f.lend(target)
	result := f.free
	f.results(e, 1)
	if result != target {
		f.emit(e.Line(), abc(lua.OP_MOVE, target, result, 0))
	}
	f.free = free
}

// call emits a call whose results lie from function.free on, and returns the index of its instruction.
func (f *function) call(e *ast.FuncCallExpr, wanted int) (pc int) {
	base := f.free
	name := e.Method
	if e.Func != nil {
		f.push(e.Func)
		name = calledName(e.Func)
	} else {
		f.self(e)
	}
	open := f.pushAll(e.Args)
	args := f.free - base // with the function
	if open {
		args = 0
	}
	f.free = base
	return f.emitCall(e.Line(), base, args, wanted, name)
}

// emitCall emits a call of what is in the register base. args counts the function and its arguments, 0 if they go up to
// the VM's top of stack.
func (f *function) emitCall(line, base, args, wanted int, name string) (pc int) {
	pc = f.emit(line, abc(lua.OP_CALL, base, args, wanted+1))
	f.nameCall(pc, name)
	return pc
}

// nameCall notes what errors call the function that the instruction at pc calls.
func (f *function) nameCall(pc int, name string) {
	f.proto.DbgCalls = append(f.proto.DbgCalls, lua.DbgCall{Name: name, Pc: pc})
}

// self puts an object's method and the object into two new registers.
func (f *function) self(e *ast.FuncCallExpr) {
	base := f.free
	object := f.operand(e.Receiver)
	f.free = base
	f.take(e.Line(), 2)
	key := f.constant(e.Line(), lua.LString(e.Method))
	if key <= maxK {
		f.emit(e.Line(), abc(lua.OP_SELF, base, object, key|bitK))
		return
	}
	f.need(e.Line(), base+3) // a register for the name, which may not be the object's
	f.emit(e.Line(), abx(lua.OP_LOADK, base+2, key))
	f.emit(e.Line(), abc(lua.OP_SELF, base, object, base+2))
}

// calledName is what errors call a function.
func calledName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return e.Value
	case *ast.AttrGetExpr:
		if key, isString := e.Key.(*ast.StringExpr); isString {
			return key.Value
		}
	}
	return "?"
}

// pushAll computes expressions into new registers, all results of the last one included. It reports whether how many
// these are is only known to the VM.
func (f *function) pushAll(list []ast.Expr) (open bool) {
	for i, e := range list {
		if i == len(list)-1 && hasManyResults(e) {
			f.results(e, all)
			return true
		}
		f.push(e)
	}
	return false
}

// pushExactly computes expressions into a number of new registers: what is missing is nil, what is too much is computed
// for what else it does.
func (f *function) pushExactly(line int, list []ast.Expr, count int) {
	base := f.free
	for i, e := range list {
		if i == len(list)-1 && hasManyResults(e) {
			f.results(e, max(count-i, 0))
		} else {
			f.push(e)
		}
		if i >= count {
			f.free = base + count
		}
	}
	if have := f.free - base; have < count {
		first := f.take(line, count-have)
		f.emit(line, abc(lua.OP_LOADNIL, first, f.free-1, 0))
	}
}
