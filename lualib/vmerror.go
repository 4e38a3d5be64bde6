package lualib

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// inLuaJITsWords returns the object of an error that was raised in a call. If that is of Lua code whose own instruction
// raised, the VM has worded the error, and the result says the same as LuaJIT does, with the operand's name. What error or
// another function raised stays as it is, also if it has the same words.
//
// The stack must be as it was when the error was raised.
func inLuaJITsWords(L *lua.LState, call vmCall, object lua.LValue) lua.LValue {
	text, isString := object.(lua.LString)
	if !isString || call.none() || call.function().IsG || call.pc() < 0 {
		return object
	}
	function, pc := call.function(), call.pc()
	position := function.Proto.SourceName + ":" + strconv.Itoa(function.Proto.DbgSourcePositions[pc]) + ": "
	theirs, ok := strings.CutPrefix(string(text), position)
	if !ok {
		return object
	}
	f := fault{L: L, call: call, function: function, pc: pc, instruction: function.Proto.Code[pc]}
	if ours := f.words(theirs); ours != "" {
		return lua.LString(position + ours)
	}
	return object
}

// fault is an instruction that raised.
type fault struct {
	L           *lua.LState
	call        vmCall
	function    *lua.LFunction
	pc          int
	instruction uint32
}

// What the VM raises for an operator.
const (
	theirIndex      = "attempt to index a non-table object("
	theirGetLoop    = "too many recursions in gettable"
	theirSetLoop    = "too many recursions in settable"
	theirCall       = "attempt to call a non-function object"
	theirArithmetic = "cannot perform "
	theirUnm        = "__unm undefined"
	theirLen        = "__len undefined"
	theirCompare    = "attempt to compare "
	theirFor        = "for statement "
	theirOverflow   = "registry overflow"
)

// words returns LuaJIT's text for what the VM raised, or "" for a text that is not an operator's.
func (f *fault) words(theirs string) string {
	a, b, c := registerA(f.instruction), operandB(f.instruction), operandC(f.instruction)
	switch theirs {
	case theirGetLoop:
		return "loop in gettable"
	case theirSetLoop:
		return "loop in settable"
	case theirOverflow:
		return "stack overflow"
	case theirCall:
		if opcode(f.instruction) == lua.OP_TFORLOOP { // it calls a copy
			return "attempt to call a " + f.value(a).Type().String() + " value"
		}
		return f.blame("call", a)
	case theirUnm:
		return f.blame("perform arithmetic on", b)
	case theirLen:
		return f.blame("get length of", b)
	}
	switch op := opcode(f.instruction); {
	case strings.HasPrefix(theirs, theirIndex):
		return f.index(theirs)
	case strings.HasPrefix(theirs, theirArithmetic):
		if left, _, _ := strings.Cut(theirs[strings.LastIndex(theirs, " between ")+len(" between "):], " "); left == "number" {
			return f.blame("perform arithmetic on", c)
		}
		return f.blame("perform arithmetic on", b)
	case strings.HasPrefix(theirs, theirCompare):
		if left, right, _ := strings.Cut(theirs[len(theirCompare):], " with "); left == right {
			return "attempt to compare two " + left + " values"
		}
	case strings.HasPrefix(theirs, theirFor) && (op == lua.OP_FORPREP || op == lua.OP_FORLOOP):
		return f.loop(theirs)
	}
	return ""
}

// blame words that something cannot be done to an operand.
func (f *fault) blame(what string, operand int) string {
	name := ""
	if operand&constantOperand == 0 {
		name = operandName(f.function, f.pc, operand)
	}
	return attempt(what, name, f.value(operand))
}

// attempt is LuaJIT's text for what cannot be done to a value that has a name, or has none ("").
func attempt(what, name string, value lua.LValue) string {
	if name == "" {
		return "attempt to " + what + " a " + value.Type().String() + " value"
	}
	return "attempt to " + what + " " + name + " (a " + value.Type().String() + " value)"
}

// index words that something has no fields: the operand, or what its __index or __newindex leads to, which has no name.
func (f *fault) index(theirs string) string {
	operand, event := -1, "__index"
	switch opcode(f.instruction) {
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_SELF:
		operand = operandB(f.instruction)
	case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
		operand, event = registerA(f.instruction), "__newindex"
	}
	if operand >= 0 {
		if value := f.value(operand); value.Type() != lua.LTTable && metafield(f.L, value, event) == lua.LNil {
			return f.blame("index", operand)
		}
	}
	kind, _, _ := strings.Cut(theirs[len(theirIndex):], ")")
	return "attempt to index a " + kind + " value"
}

// loop words which of a loop's three numbers is none. Where all of them spell numbers, which LuaJIT takes, it is the one
// that the VM names.
func (f *fault) loop(theirs string) string {
	first := registerA(f.instruction)
	for i, name := range []string{"initial value", "limit", "step"} {
		switch value := f.value(first + i).(type) {
		case lua.LNumber:
			continue
		case lua.LString:
			if _, spelled := ParseNumber(string(value)); spelled {
				continue
			}
		}
		return "'for' " + name + " must be a number"
	}
	return "'for' " + strings.Replace(strings.TrimPrefix(theirs, theirFor), "init", "initial value", 1)
}

// value returns what an operand is: a register's content, or a constant.
func (f *fault) value(operand int) lua.LValue {
	if operand&constantOperand != 0 {
		return f.function.Proto.Constants[operand&^constantOperand]
	}
	_, value := f.L.GetLocal(f.call.debug(), operand+1)
	return value
}
