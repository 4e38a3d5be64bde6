package code

import (
	"math"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

func numberConstant(value float64) Constant { return Constant{Kind: NumberConstant, Number: value} }

func booleanConstant(value bool) Constant {
	if value {
		return Constant{Kind: TrueConstant}
	}
	return Constant{Kind: FalseConstant}
}

// truth reports whether a constant counts as true.
func (c Constant) truth() bool { return c.Kind != NilConstant && c.Kind != FalseConstant }

// constantOf returns the value of an expression that is the same in each run.
func constantOf(e syntax.Expr) (value Constant, known bool) {
	switch e := e.(type) {
	case *syntax.Nil:
		return Constant{}, true
	case *syntax.True:
		return booleanConstant(true), true
	case *syntax.False:
		return booleanConstant(false), true
	case *syntax.String:
		return Constant{Kind: StringConstant, Text: e.Value}, true
	}
	number, known := numberOf(e)
	return numberConstant(number), known
}

// maxFold bounds the depth to which arithmetic of numerals is looked through, so that a
// long chain is not walked again from each of its links.
const maxFold = 16

func numberOf(e syntax.Expr) (value float64, known bool) { return foldNumber(e, maxFold) }

// foldNumber computes arithmetic of numerals as LuaJIT does: unless the result is not a
// number, or is the zero with a sign.
func foldNumber(e syntax.Expr, depth int) (value float64, known bool) {
	if depth == 0 {
		return 0, false
	}
	switch e := e.(type) {
	case *syntax.Number:
		return e.Value, true
	case *syntax.Minus:
		value, known = foldNumber(e.Operand, depth-1)
		return -value, known
	case *syntax.Arith:
		left, known := foldNumber(e.Left, depth-1)
		if !known {
			return 0, false
		}
		right, known := foldNumber(e.Right, depth-1)
		if !known {
			return 0, false
		}
		value = Arithmetic(e.Op, left, right)
		return value, !math.IsNaN(value) && (value != 0 || !math.Signbit(value))
	}
	return 0, false
}

// Arithmetic computes an operation of two numbers as the instructions do.
func Arithmetic(op syntax.ArithOp, left, right float64) float64 {
	switch op {
	case syntax.Add:
		return left + right
	case syntax.Sub:
		return left - right
	case syntax.Mul:
		return left * right
	case syntax.Div:
		return left / right
	case syntax.Mod:
		return Modulo(left, right)
	default:
		return Power(left, right)
	}
}

// Modulo is a - floor(a/b)*b, as Lua 5.1 defines a % b (§2.5.1). The product is rounded
// before it is subtracted, on every processor.
func Modulo(a, b float64) float64 { return a - float64(math.Floor(a/b)*b) }

// numberOperand returns the index of a number that an operand can name.
func (f *function) numberOperand(e syntax.Expr) (index int, small bool) {
	value, known := numberOf(e)
	if !known {
		return 0, false
	}
	index = f.constant(e.Line(), numberConstant(value))
	return index, index <= maxByte
}

// nameOperand returns the index of a string that an operand can name.
func (f *function) nameOperand(e syntax.Expr) (index int, small bool) {
	name, isString := e.(*syntax.String)
	if !isString {
		return 0, false
	}
	index = f.text(e.Line(), name.Value)
	return index, index <= maxByte
}

// intOperand returns the value of a whole number that an operand can hold.
func intOperand(e syntax.Expr) (value int, small bool) {
	number, known := numberOf(e)
	if !known || !(number >= 0 && number <= maxByte) || number != math.Trunc(number) || math.Signbit(number) {
		return 0, false
	}
	return int(number), true
}
