package code

import "github.com/tidewire/tidewire/internal/lua/syntax"

// all asks for as many results as there are. They are in the registers from function.free
// on, up to the top that the instruction sets.
const all = -1

// hasManyResults reports whether an expression may have another number of results than
// one: a call or "..." that is not in parentheses.
func hasManyResults(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Call:
		return !e.Single
	case *syntax.Vararg:
		return !e.Single
	}
	return false
}

// results computes a call or "..." into as many new registers as results are wanted.
func (f *function) results(e syntax.Expr, wanted int) {
	if wanted > maxRegisters {
		f.fail(e.Line(), "function or expression too complex")
	}
	if call, isCall := e.(*syntax.Call); isCall {
		f.call(call, wanted)
	} else {
		f.emit(e.Line(), abc(Vararg, f.free, wanted+1, 0))
	}
	f.reserve(e.Line(), max(wanted, 0))
}

// firstResult computes the first result of a call or "..." into a register.
func (f *function) firstResult(e syntax.Expr, target int) {
	free := f.lend(target)
	result := f.free
	f.results(e, 1)
	if result != target {
		f.emit(e.Line(), abc(Move, target, result, 0))
	}
	f.free = free
}

// call emits a call whose results go to the registers from function.free on, and returns
// the index of its instruction.
func (f *function) call(e *syntax.Call, wanted int) (pc int) {
	base := f.free
	if e.Receiver != nil {
		f.self(e)
	} else {
		f.push(e.Func)
	}
	open := f.pushAll(e.Args)
	args := f.free - base // with the function
	if open {
		args = 0
	}
	f.free = base
	return f.emit(e.Line(), abc(Call, base, args, wanted+1))
}

// self puts an object's method and the object into two new registers.
func (f *function) self(e *syntax.Call) {
	base, line := f.free, e.Line()
	object := f.operand(e.Receiver)
	f.settle(line, &object)
	f.free = base
	f.reserve(line, 2)
	key := f.text(line, e.Method)
	if key <= maxByte {
		f.emit(line, abc(Self, base, object.register, key))
		return
	}
	if object.register != base+1 {
		f.emit(line, abc(Move, base+1, object.register, 0))
	}
	f.loadConstant(line, key, base)
	f.emit(line, abc(GetTable, base, base+1, base))
}

// pushAll computes expressions into new registers, all results of the last one included.
// It reports whether their number is only known when the code runs.
func (f *function) pushAll(list []syntax.Expr) (open bool) {
	for i, e := range list {
		if i == len(list)-1 && hasManyResults(e) {
			f.results(e, all)
			return true
		}
		f.push(e)
	}
	return false
}

// pushExactly computes expressions into a number of new registers: missing ones are nil,
// and those that are too many are computed for their effects.
func (f *function) pushExactly(line int, list []syntax.Expr, count int) {
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
		first := f.reserve(line, count-have)
		f.emit(line, abc(LoadNil, first, f.free-1, 0))
	}
}
