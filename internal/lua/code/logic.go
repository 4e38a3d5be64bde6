package code

import "github.com/tidewire/tidewire/internal/lua/syntax"

// branch emits jumps that are taken if an expression is true, or if it is false, as
// wanted; else the code goes on after them. The caller sets the jumps' target.
func (f *function) branch(e syntax.Expr, wanted bool) (jumps []int) {
	if value, known := constantOf(e); known {
		if value.truth() == wanted {
			return []int{f.jump(e.Line())}
		}
		return nil
	}
	switch e := e.(type) {
	case *syntax.Not:
		return f.branch(e.Operand, !wanted)
	case *syntax.And:
		return f.branchBoth(e.Left, e.Right, false, wanted)
	case *syntax.Or:
		return f.branchBoth(e.Left, e.Right, true, wanted)
	case *syntax.Compare:
		return []int{f.compare(e, wanted)}
	}
	free := f.free
	o := f.operand(e)
	f.settle(e.Line(), &o)
	f.emit(e.Line(), abc(Test, o.register, 0, bit(wanted)))
	f.free = free
	return []int{f.jump(e.Line())}
}

// branchBoth is branch for and, or. decides is the truth of a first operand that makes it
// the value of the whole.
func (f *function) branchBoth(left, right syntax.Expr, decides, wanted bool) (jumps []int) {
	if decides == wanted { // one operand is enough
		return append(f.branch(left, wanted), f.branch(right, wanted)...)
	}
	around := f.branch(left, !wanted)
	jumps = f.branch(right, wanted)
	f.patchHere(around...)
	return jumps
}

// compare emits a jump that is taken if a comparison is true, or false, as wanted. A
// comparison is never turned around: not (a < b) differs from a >= b for a NaN.
func (f *function) compare(e *syntax.Compare, wanted bool) (jump int) {
	free := f.free
	switch e.Op {
	case syntax.Equal, syntax.NotEqual:
		if e.Op == syntax.NotEqual {
			wanted = !wanted
		}
		f.equal(e, wanted)
	default:
		f.order(e, wanted)
	}
	f.free = free
	return f.jump(e.Line())
}

func (f *function) equal(e *syntax.Compare, wanted bool) {
	left, right := e.Left, e.Right
	if _, known := constantOf(left); known {
		left, right = right, left // no metamethod sees constants, so the order does not matter
	}
	if value, known := constantOf(right); known {
		if index := f.constant(e.Line(), value); index <= maxByte {
			o := f.operand(left)
			f.settle(e.Line(), &o)
			f.emit(e.Line(), abc(EqK, o.register, index, bit(wanted)))
			return
		}
		left, right = e.Left, e.Right
	}
	l, r := f.operand(left), f.operand(right)
	f.settle(e.Line(), &l, &r)
	f.emit(e.Line(), abc(Eq, l.register, r.register, bit(wanted)))
}

// orders lists how a < b, a <= b, a > b, a >= b are computed: the operation for two
// registers, whether these change places, and the operations for a constant on the right
// and on the left.
var orders = map[syntax.CompareOp]struct {
	op       Op
	swapped  bool
	right    Op // R op K
	mirrored Op // K op R, said from the register's side
}{
	syntax.Less:         {Lt, false, LtRK, GtRK},
	syntax.LessEqual:    {Le, false, LeRK, GeRK},
	syntax.Greater:      {Lt, true, GtRK, LtRK},
	syntax.GreaterEqual: {Le, true, GeRK, LeRK},
}

func (f *function) order(e *syntax.Compare, wanted bool) {
	how := orders[e.Op]
	if index, small := f.numberOperand(e.Right); small {
		o := f.operand(e.Left)
		f.settle(e.Line(), &o)
		f.emit(e.Line(), abc(how.right, o.register, index, bit(wanted)))
		return
	}
	if index, small := f.numberOperand(e.Left); small {
		o := f.operand(e.Right)
		f.settle(e.Line(), &o)
		f.emit(e.Line(), abc(how.mirrored, o.register, index, bit(wanted)))
		return
	}
	l, r := f.operand(e.Left), f.operand(e.Right)
	f.settle(e.Line(), &l, &r)
	if how.swapped {
		l, r = r, l
	}
	f.emit(e.Line(), abc(how.op, l.register, r.register, bit(wanted)))
}

// truth computes true or false: the value of a comparison, or of something compared
// through "not".
func (f *function) truth(e syntax.Expr, target int) {
	free := f.lend(target)
	jumps := f.branch(e, true)
	f.free = free
	f.emit(e.Line(), abc(LoadBool, target, 0, 0))
	over := f.jump(e.Line())
	f.patchHere(jumps...)
	f.emit(e.Line(), abc(LoadBool, target, 1, 0))
	f.patchHere(over)
}

func (f *function) not(e *syntax.Not, target int) {
	switch e.Operand.(type) {
	case *syntax.Compare, *syntax.And, *syntax.Or, *syntax.Not:
		f.truth(e, target)
		return
	}
	if value, known := constantOf(e.Operand); known {
		f.load(e.Line(), booleanConstant(!value.truth()), target)
		return
	}
	f.unary(e.Line(), Not, e.Operand, target)
}

// logical computes a and b, a or b: the first operand if it decides, else the second.
func (f *function) logical(left, right syntax.Expr, decides bool, target int) {
	jumps := f.decide(left, decides, target)
	f.expr(right, target)
	f.patchHere(jumps...)
}

// decide emits jumps that are taken with an expression's value in the target if it is
// true, or false, as wanted. If not, the code goes on after them and a variable's
// register is as it was.
func (f *function) decide(e syntax.Expr, wanted bool, target int) (jumps []int) {
	if value, known := constantOf(e); known {
		if value.truth() != wanted {
			return nil
		}
		f.load(e.Line(), value, target)
		return []int{f.jump(e.Line())}
	}
	switch e := e.(type) {
	case *syntax.And:
		return f.decideBoth(e.Left, e.Right, false, wanted, target)
	case *syntax.Or:
		return f.decideBoth(e.Left, e.Right, true, wanted, target)
	case *syntax.Not, *syntax.Compare:
		around := f.branch(e, !wanted)
		f.load(e.Line(), booleanConstant(wanted), target)
		jumps = []int{f.jump(e.Line())}
		f.patchHere(around...)
		return jumps
	}
	return []int{f.decideValue(e, wanted, target)}
}

func (f *function) decideBoth(left, right syntax.Expr, decides, wanted bool, target int) (jumps []int) {
	if decides == wanted {
		return append(f.decide(left, wanted, target), f.decide(right, wanted, target)...)
	}
	around := f.branch(left, !wanted)
	jumps = f.decide(right, wanted, target)
	f.patchHere(around...)
	return jumps
}

func (f *function) decideValue(e syntax.Expr, wanted bool, target int) (jump int) {
	free := f.free
	from, isLocal := f.localOf(e)
	switch {
	case isLocal:
	case f.temporary(target):
		from = target
		f.expr(e, target)
	default:
		from = f.push(e)
	}
	f.free = free
	if from == target {
		f.emit(e.Line(), abc(Test, target, 0, bit(wanted)))
	} else {
		f.emit(e.Line(), abc(TestSet, target, from, bit(wanted)))
	}
	return f.jump(e.Line())
}

func bit(value bool) int {
	if value {
		return 1
	}
	return 0
}
