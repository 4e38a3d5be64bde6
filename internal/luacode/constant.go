package luacode

import (
	"math"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/tidewire/tidewire/internal/luasyntax"
)

// maxFolding is how deep arithmetic of constants is computed by the compiler; what lies deeper is left to the script.
const maxFolding = 8

// constantOf returns the value of an expression that is known without running it.
func constantOf(e ast.Expr) (value lua.LValue, known bool) {
	switch e := e.(type) {
	case *ast.NilExpr:
		return lua.LNil, true
	case *ast.TrueExpr:
		return lua.LTrue, true
	case *ast.FalseExpr:
		return lua.LFalse, true
	case *ast.StringExpr:
		return lua.LString(e.Value), true
	}
	number, known := fold(e, maxFolding)
	return lua.LNumber(number), known
}

// fold computes arithmetic of numerals. What is not finite is left to the script, as is % (whose result is the VM's
// affair).
func fold(e ast.Expr, depth int) (number float64, known bool) {
	if depth == 0 {
		return 0, false
	}
	switch e := e.(type) {
	case *ast.NumberExpr:
		return luasyntax.Number(e.Value)
	case *ast.UnaryMinusOpExpr:
		number, known = fold(e.Expr, depth-1)
		return -number, known
	case *ast.ArithmeticOpExpr:
		right, rightKnown := fold(e.Rhs, depth-1)
		if !rightKnown {
			return 0, false
		}
		left, leftKnown := fold(e.Lhs, depth-1)
		if !leftKnown {
			return 0, false
		}
		return foldArithmetic(e.Operator, left, right)
	}
	return 0, false
}

func foldArithmetic(operator string, left, right float64) (number float64, known bool) {
	switch operator {
	case "+":
		number = left + right
	case "-":
		number = left - right
	case "*":
		number = left * right
	case "/":
		number = left / right
	case "^":
		number = math.Pow(left, right)
	default:
		return 0, false
	}
	return number, !math.IsNaN(number) && !math.IsInf(number, 0)
}
