package lualib

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// The VM reads a string that stands where a number is wanted as Go reads a numeral: "010" is 8, "08" is none, "1_0" is 10.
// It asks metamethods first, though, so those of strings are ours, and read the string as tonumber does.

// openStringArithmetic puts the arithmetic of strings into their metatable.
func openStringArithmetic(L *lua.LState, metatable *lua.LTable) {
	for event, compute := range map[string]func(left, right float64) float64{
		"__add": func(left, right float64) float64 { return left + right },
		"__sub": func(left, right float64) float64 { return left - right },
		"__mul": func(left, right float64) float64 { return left * right },
		"__div": func(left, right float64) float64 { return left / right },
		"__mod": func(left, right float64) float64 { return left - math.Floor(left/right)*right },
		"__pow": math.Pow,
	} {
		var ours *lua.LFunction
		ours = L.NewFunction(func(L *lua.LState) int {
			left, right := L.Get(1), L.Get(2)
			a, isNumber := toNumber(left)
			b, both := toNumber(right)
			if isNumber && both {
				L.Push(lua.LNumber(compute(a, b)))
				return 1
			}
			return otherArithmetic(L, event, ours, isNumber)
		})
		metatable.RawSetString(event, ours)
	}
	metatable.RawSetString("__unm", L.NewFunction(func(L *lua.LState) int {
		number, isNumber := toNumber(L.Get(1))
		if !isNumber {
			raiseArithmetic(L, false)
		}
		L.Push(lua.LNumber(-number))
		return 1
	}))
}

// otherArithmetic asks the right operand's metamethod: the left one's came first, and is ours or none.
func otherArithmetic(L *lua.LState, event string, ours *lua.LFunction, leftIsNumber bool) int {
	method := metafield(L, L.Get(2), event)
	if method == lua.LNil || method == ours {
		raiseArithmetic(L, leftIsNumber)
	}
	L.Push(callOperator(L, method, L.Get(1), L.Get(2)))
	return 1
}

// raiseArithmetic raises what LuaJIT does for the operator that the calling Lua code is at.
func raiseArithmetic(L *lua.LState, blameRight bool) {
	if blameRight {
		raiseOperator(L, "perform arithmetic on", operandC, L.Get(2))
	}
	raiseOperator(L, "perform arithmetic on", operandB, L.Get(1))
}

// callOperator returns what a metamethod makes of two operands.
func callOperator(L *lua.LState, method, left, right lua.LValue) lua.LValue {
	L.Push(method)
	L.Push(left)
	L.Push(right)
	L.Call(2, 1)
	defer L.Pop(1)
	return L.Get(-1)
}

// raiseOperator raises that something cannot be done to a value, which the calling Lua code's instruction has as an
// operand: a register, or a constant, which has no name.
func raiseOperator(L *lua.LState, what string, operand func(instruction uint32) int, value lua.LValue) {
	name := ""
	if function, pc, ok := runningAt(L, 1); ok {
		if read := operand(function.Proto.Code[pc]); read&constantOperand == 0 {
			name = operandName(function, pc, read)
		}
	}
	Errorf(L, "%s", attempt(what, name, value))
}
