package code

import "github.com/tidewire/tidewire/internal/lua/syntax"

// expr computes an expression into a register: a variable's, or the newest temporary. It
// writes there last of all.
func (f *function) expr(e syntax.Expr, target int) {
	if value, known := constantOf(e); known {
		f.load(e.Line(), value, target)
		return
	}
	switch e := e.(type) {
	case *syntax.Name:
		f.variable(e, target)
	case *syntax.Index:
		f.index(e, target)
	case *syntax.Call, *syntax.Vararg:
		f.firstResult(e, target)
	case *syntax.Function:
		f.closure(e, target)
	case *syntax.Table:
		f.table(e, target)
	case *syntax.Arith:
		f.arithmetic(e, target)
	case *syntax.Concat:
		f.concat(e, target)
	case *syntax.Minus:
		f.unary(e.Line(), Unm, e.Operand, target)
	case *syntax.Length:
		f.unary(e.Line(), Len, e.Operand, target)
	case *syntax.Not:
		f.not(e, target)
	case *syntax.Compare:
		f.truth(e, target)
	case *syntax.And:
		f.logical(e.Left, e.Right, false, target)
	case *syntax.Or:
		f.logical(e.Left, e.Right, true, target)
	}
}

// push computes an expression into a new register.
func (f *function) push(e syntax.Expr) int {
	target := f.reserve(e.Line(), 1)
	f.expr(e, target)
	return target
}

// operand is where an instruction finds an expression's value: in a variable's own
// register, or in a new one. The value of a variable in a cell is read when the operands
// are settled, after all of them were computed, since that is when the value of a
// variable in a register is read, too: a + f() sees f's change of a.
type operand struct {
	register int
	cell     int // the register of the cell that is still to be read, plus 1; 0 for none
}

func (f *function) operand(e syntax.Expr) operand {
	if name, isName := e.(*syntax.Name); isName {
		switch where, index := f.find(name); where {
		case register:
			return operand{register: index}
		case cell:
			return operand{f.reserve(e.Line(), 1), index + 1}
		}
	}
	return operand{register: f.push(e)}
}

func (f *function) settle(line int, operands ...*operand) {
	for _, o := range operands {
		if o.cell > 0 {
			f.emit(line, abc(GetCell, o.register, o.cell-1, 0))
			o.cell = 0
		}
	}
}

// localOf returns the register that holds the value of a local variable of this function.
func (f *function) localOf(e syntax.Expr) (index int, isLocal bool) {
	if name, isName := e.(*syntax.Name); isName {
		where, index := f.find(name)
		return index, where == register
	}
	return 0, false
}

// load puts a constant into a register.
func (f *function) load(line int, value Constant, target int) {
	switch value.Kind {
	case NilConstant:
		f.emit(line, abc(LoadNil, target, target, 0))
	case TrueConstant:
		f.emit(line, abc(LoadBool, target, 1, 0))
	case FalseConstant:
		f.emit(line, abc(LoadBool, target, 0, 0))
	default:
		f.loadConstant(line, f.constant(line, value), target)
	}
}

func (f *function) loadConstant(line, index, target int) {
	if index <= maxD {
		f.emit(line, ad(LoadK, target, index))
		return
	}
	f.emit(line, abc(LoadKX, target, 0, 0))
	f.emit(line, Instruction(index))
}

func (f *function) variable(e *syntax.Name, target int) {
	line := e.Line()
	switch where, index := f.find(e); where {
	case register:
		if index != target {
			f.emit(line, abc(Move, target, index, 0))
		}
	case cell:
		f.emit(line, abc(GetCell, target, index, 0))
	case upvalue:
		f.emit(line, abc(GetUpval, target, index, 0))
	case upcell:
		f.emit(line, abc(GetUpvalCell, target, index, 0))
	case global:
		f.global(line, e.Name, target)
	}
}

func (f *function) global(line int, name string, target int) {
	index := f.text(line, name)
	if index <= maxD {
		f.emit(line, ad(GetGlobal, target, index))
		return
	}
	free := f.free
	env := f.reserve(line, 2)
	f.emit(line, abc(Env, env, 0, 0))
	f.loadConstant(line, index, env+1)
	f.emit(line, abc(GetTable, target, env, env+1))
	f.free = free
}

func (f *function) index(e *syntax.Index, target int) {
	free := f.lend(target)
	object := f.operand(e.Object)
	if key, small := f.nameOperand(e.Key); small {
		f.settle(e.Line(), &object)
		f.emit(e.Line(), abc(GetField, target, object.register, key))
	} else if key, small := intOperand(e.Key); small {
		f.settle(e.Line(), &object)
		f.emit(e.Line(), abc(GetInt, target, object.register, key))
	} else {
		key := f.operand(e.Key)
		f.settle(e.Line(), &object, &key)
		f.emit(e.Line(), abc(GetTable, target, object.register, key.register))
	}
	f.free = free
}

func (f *function) arithmetic(e *syntax.Arith, target int) {
	free := f.lend(target)
	line, op := e.Line(), Op(e.Op-syntax.Add)
	if index, small := f.numberOperand(e.Right); small {
		o := f.operand(e.Left)
		f.settle(line, &o)
		f.emit(line, abc(AddRK+op, target, o.register, index))
	} else if index, small := f.numberOperand(e.Left); small {
		o := f.operand(e.Right)
		f.settle(line, &o)
		f.emit(line, abc(AddKR+op, target, index, o.register))
	} else {
		l, r := f.operand(e.Left), f.operand(e.Right)
		f.settle(line, &l, &r)
		f.emit(line, abc(Add+op, target, l.register, r.register))
	}
	f.free = free
}

func (f *function) unary(line int, op Op, e syntax.Expr, target int) {
	free := f.lend(target)
	o := f.operand(e)
	f.settle(line, &o)
	f.emit(line, abc(op, target, o.register, 0))
	f.free = free
}

func (f *function) concat(e *syntax.Concat, target int) {
	free := f.lend(target)
	first := f.free
	for _, operand := range e.Operands {
		f.push(operand)
	}
	f.emit(e.Line(), abc(Concat, target, first, f.free-1))
	f.free = free
}

// closure makes a function.
func (f *function) closure(e *syntax.Function, target int) {
	index := len(f.proto.Prototypes)
	if index == maxPrototypes {
		f.exceeds(e.Line(), maxPrototypes, "functions")
	}
	f.proto.Prototypes = append(f.proto.Prototypes, nil)
	f.proto.Prototypes[index] = f.function(f, e)
	f.emit(e.LastLine(), ad(Closure, target, index))
}
