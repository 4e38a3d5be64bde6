package lualib

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/internal/luasyntax"
)

// The functions of this file check the arguments of a Go function as lauxlib does for a C function, with LuaJIT's
// texts: what gopher-lua has under these names differs in the function's name, the quotes, "no value", the position
// under pcall and the conversions. Arguments count from 1; an error is raised in L and does not return.

// CheckString returns argument n, which must be a string or a number.
func CheckString(L *lua.LState, n int) string {
	switch value := L.Get(n).(type) {
	case lua.LString:
		return string(value)
	case lua.LNumber:
		return FormatNumber(float64(value))
	}
	TypeError(L, n, "string")
	return ""
}

// OptString is CheckString for an argument that may be absent or nil, which gives fallback.
func OptString(L *lua.LState, n int, fallback string) string {
	if L.Get(n) == lua.LNil {
		return fallback
	}
	return CheckString(L, n)
}

// CheckNumber returns argument n, which must be a number or a string that spells one.
func CheckNumber(L *lua.LState, n int) float64 {
	switch value := L.Get(n).(type) {
	case lua.LNumber:
		return float64(value)
	case lua.LString:
		if number, ok := ParseNumber(string(value)); ok {
			return number
		}
	}
	TypeError(L, n, "number")
	return 0
}

// OptNumber is CheckNumber for an argument that may be absent or nil, which gives fallback.
func OptNumber(L *lua.LState, n int, fallback float64) float64 {
	if L.Get(n) == lua.LNil {
		return fallback
	}
	return CheckNumber(L, n)
}

// CheckTable returns argument n, which must be a table.
func CheckTable(L *lua.LState, n int) *lua.LTable {
	table, ok := L.Get(n).(*lua.LTable)
	if !ok {
		TypeError(L, n, "table")
	}
	return table
}

// OptTable is CheckTable for an argument that may be absent or nil, which gives nil.
func OptTable(L *lua.LState, n int) *lua.LTable {
	if L.Get(n) == lua.LNil {
		return nil
	}
	return CheckTable(L, n)
}

// CheckFunction returns argument n, which must be a function; a value with __call is none (luaL_checktype).
func CheckFunction(L *lua.LState, n int) *lua.LFunction {
	function, ok := L.Get(n).(*lua.LFunction)
	if !ok {
		TypeError(L, n, "function")
	}
	return function
}

// TypeError raises that argument n is not what was expected (luaL_typerror).
func TypeError(L *lua.LState, n int, expected string) {
	got := "no value"
	if n <= L.GetTop() {
		got = L.Get(n).Type().String()
	}
	ArgError(L, n, expected+" expected, got "+got)
}

// ArgError raises what is wrong with argument n of the running function (luaL_argerror). The function is called what
// its caller calls it; in a method call the object is not counted.
func ArgError(L *lua.LState, n int, problem string) {
	name, method := calledAs(L)
	if method {
		n--
	}
	if method && n == 0 {
		Errorf(L, "calling '%s' on bad self (%s)", name, problem)
	}
	Errorf(L, "bad argument #%d to '%s' (%s)", n, name, problem)
}

// Errorf raises a text, after the position of the call if Lua code made it (luaL_error).
func Errorf(L *lua.LState, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if position := positionAt(L, 1); position != "" {
		text = position + ": " + text
	}
	L.Error(lua.LString(text), 0)
}

// Caller returns where the nearest Lua code up the stack of L is, such as "bot.lua:12", or "" if there is none.
func Caller(L *lua.LState) string {
	for level := 1; ; level++ {
		if _, ok := L.GetStack(level); !ok {
			return ""
		}
		if position := positionAt(L, level); position != "" {
			return position
		}
	}
}

// positionAt returns the position of the function at a level of L's stack if it is Lua code, else "". Our own around a Go
// function stands for whoever called it.
func positionAt(L *lua.LState, level int) string {
	frame, ok := L.GetStack(level)
	if !ok {
		return ""
	}
	if _, err := L.GetInfo("Sl", frame, lua.LNil); err != nil || frame.CurrentLine <= 0 {
		return ""
	}
	if frame.Source == trampolineName {
		if frame.What == "tail" {
			return ""
		}
		return positionAt(L, level+1)
	}
	return frame.Source + ":" + strconv.Itoa(frame.CurrentLine)
}

// calledAs returns the name by which Lua code calls the running function, and whether it does so as a method. What is
// not called by name (through pcall, as a metamethod, as t[1]) is "?". In a tail call it is the name, as in PUC Lua.
func calledAs(L *lua.LState) (name string, method bool) {
	caller, pc, ok := runningAt(L, 1)
	if !ok || isHosts(caller) {
		return "?", false
	}
	name, found := nameAt(caller.Proto, pc)
	if !found {
		return "?", false
	}
	return name, isMethodCall(caller.Proto.Code, pc)
}

// nameAt returns the name of what the call at an instruction calls, "?" if it is none that Lua code names.
func nameAt(proto *lua.FunctionProto, pc int) (name string, found bool) {
	at, found := slices.BinarySearchFunc(proto.DbgCalls, pc, func(c lua.DbgCall, pc int) int { return c.Pc - pc })
	if !found {
		return "", false
	}
	return proto.DbgCalls[at].Name, true
}

// runningAt returns the Lua function at a level of the stack, and the index of its instruction.
func runningAt(L *lua.LState, level int) (function *lua.LFunction, pc int, ok bool) {
	frame, found := L.GetStack(level)
	if !found {
		return nil, 0, false
	}
	value, _ := L.GetInfo("f", frame, lua.LNil)
	function, ok = value.(*lua.LFunction)
	pc = pcOf(frame)
	return function, pc, ok && !function.IsG && pc >= 0
}

// pcOf returns the index of the instruction that a frame executes, or -1.
func pcOf(frame *lua.Debug) int {
	call := callOf(frame)
	if call.none() {
		return -1
	}
	return call.pc()
}

// isMethodCall reports whether the call at code[pc] is one of obj:name(). Its OP_SELF loads the register that it calls,
// and between the two no other call uses that register: those in the arguments use higher ones.
func isMethodCall(code []uint32, pc int) bool {
	for at := pc - 1; at >= 0; at-- {
		if registerA(code[at]) != registerA(code[pc]) {
			continue
		}
		switch opcode(code[at]) {
		case lua.OP_SELF:
			return true
		case lua.OP_CALL, lua.OP_TAILCALL:
			return false
		}
	}
	return false
}

// The parts of an instruction, as the VM packs them.
func opcode(instruction uint32) int    { return int(instruction >> 26) }
func registerA(instruction uint32) int { return int(instruction >> 18 & 0xff) }
func operandB(instruction uint32) int  { return int(instruction & 0x1ff) }
func operandC(instruction uint32) int  { return int(instruction >> 9 & 0x1ff) }
func operandBx(instruction uint32) int { return int(instruction & 0x3ffff) }

// constantOperand marks an operand that is a constant and no register.
const constantOperand = 1 << 8

// FormatNumber writes a number as Lua does where a string is wanted: by C's "%.14g". A NaN has no sign, as in LuaJIT.
func FormatNumber(number float64) string {
	var buffer [32]byte
	return string(appendNumber(buffer[:0], number))
}

// appendNumber appends what FormatNumber returns.
func appendNumber(out []byte, number float64) []byte {
	switch {
	case number == math.Trunc(number) && math.Abs(number) < 1e14 && (number != 0 || !math.Signbit(number)):
		return strconv.AppendInt(out, int64(number), 10)
	case math.IsNaN(number):
		return append(out, "nan"...)
	case math.IsInf(number, 1):
		return append(out, "inf"...)
	case math.IsInf(number, -1):
		return append(out, "-inf"...)
	}
	return strconv.AppendFloat(out, number, 'g', 14, 64)
}

// ParseNumber reads a number as LuaJIT does where a number is wanted and a string is given: decimal, hexadecimal (also
// with a fraction and a binary exponent) or 0b, with a sign and with white space around, and "inf", "infinity", "nan".
func ParseNumber(text string) (number float64, ok bool) {
	text = strings.Trim(text, " \t\n\v\f\r")
	digits, negative := text, false
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		digits, negative = digits[1:], digits[0] == '-'
	}
	number, ok = parseUnsigned(digits)
	if negative {
		number = -number
	}
	return number, ok
}

func parseUnsigned(digits string) (number float64, ok bool) {
	switch strings.ToLower(digits) {
	case "inf", "infinity":
		return math.Inf(1), true
	case "nan":
		return math.NaN(), true
	}
	return luasyntax.Number(digits)
}
