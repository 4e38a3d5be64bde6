package gopherlua

import (
	"fmt"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/internal/lua/number"
)

// The functions of this file check the arguments of a Go function as lauxlib does for a C
// function, with LuaJIT's texts. The VM's own functions differ in the function's name,
// the quotes, "no value", the position under pcall and the conversions. Arguments count
// from 1; an error is raised in L and does not return.

// checkString returns argument n, which must be a string or a number.
func checkString(L *lua.LState, n int) string {
	switch value := L.Get(n).(type) {
	case lua.LString:
		return string(value)
	case lua.LNumber:
		return string(number.Append(nil, float64(value)))
	}
	typeError(L, n, "string")
	return ""
}

// optString is checkString for an argument that may be absent or nil, which gives
// fallback.
func optString(L *lua.LState, n int, fallback string) string {
	if L.Get(n) == lua.LNil {
		return fallback
	}
	return checkString(L, n)
}

// checkNumber returns argument n, which must be a number or a string that spells one.
func checkNumber(L *lua.LState, n int) float64 {
	switch value := L.Get(n).(type) {
	case lua.LNumber:
		return float64(value)
	case lua.LString:
		if parsed, ok := number.Parse(string(value)); ok {
			return parsed
		}
	}
	typeError(L, n, "number")
	return 0
}

// optNumber is checkNumber for an argument that may be absent or nil, which gives
// fallback.
func optNumber(L *lua.LState, n int, fallback float64) float64 {
	if L.Get(n) == lua.LNil {
		return fallback
	}
	return checkNumber(L, n)
}

// checkTable returns argument n, which must be a table.
func checkTable(L *lua.LState, n int) *lua.LTable {
	table, ok := L.Get(n).(*lua.LTable)
	if !ok {
		typeError(L, n, "table")
	}
	return table
}

// optTable is checkTable for an argument that may be absent or nil, which gives nil.
func optTable(L *lua.LState, n int) *lua.LTable {
	if L.Get(n) == lua.LNil {
		return nil
	}
	return checkTable(L, n)
}

// typeError raises an error for argument n of a wrong type (luaL_typerror).
func typeError(L *lua.LState, n int, expected string) {
	got := "no value"
	if n <= L.GetTop() {
		got = L.Get(n).Type().String()
	}
	argumentError(L, n, expected+" expected, got "+got)
}

// argumentError raises a problem with argument n of the running function (luaL_argerror).
// The function has the name that its caller uses; in a method call the object is not
// counted.
func argumentError(L *lua.LState, n int, problem string) {
	name, method := calledAs(L)
	switch {
	case method && n == 1:
		raise(L, fmt.Sprintf("calling '%s' on bad self (%s)", name, problem))
	case method:
		n--
	}
	raise(L, fmt.Sprintf("bad argument #%d to '%s' (%s)", n, name, problem))
}

// raise raises a text, after the position of the call if Lua code made it (luaL_error).
func raise(L *lua.LState, text string) {
	if position := positionAt(L, 1); position != "" {
		text = position + ": " + text
	}
	L.Error(lua.LString(text), 0)
}

// caller returns where the nearest Lua code up the stack of L is, such as "bot.lua:12",
// or "" if there is none.
func caller(L *lua.LState) string {
	for level := 1; ; level++ {
		if _, ok := L.GetStack(level); !ok {
			return ""
		}
		if position := positionAt(L, level); position != "" {
			return position
		}
	}
}

// positionAt returns the position of the function at a level of L's stack if it is Lua
// code, else "".
func positionAt(L *lua.LState, level int) string {
	frame, ok := L.GetStack(level)
	if !ok {
		return ""
	}
	if _, err := L.GetInfo("Sl", frame, lua.LNil); err != nil || frame.CurrentLine <= 0 {
		return ""
	}
	return frame.Source + ":" + strconv.Itoa(frame.CurrentLine)
}

// unnamed is the VM's name for a Go function that Lua code calls without a name.
const unnamed = "(anonymous)"

// calledAs returns the name by which Lua code calls the running function, and whether it
// does so as a method. A function that is not called by name (through pcall, as a
// metamethod, as t[1]) is "?". In a tail call it has its name, as in PUC Lua.
func calledAs(L *lua.LState) (name string, method bool) {
	running, ok := L.GetStack(0)
	if !ok {
		return "?", false
	}
	above, ok := L.GetStack(1)
	if !ok {
		return "?", false
	}
	value, err := L.GetInfo("fl", above, lua.LNil)
	function, ok := value.(*lua.LFunction)
	if err != nil || !ok || function.IsG {
		return "?", false
	}
	if _, err := L.GetInfo("n", running, lua.LNil); err != nil || running.Name == unnamed || running.Name == "?" {
		return "?", false
	}
	return running.Name, isMethodOn(function.Proto, above.CurrentLine, running.Name)
}

// isMethodOn reports whether the calls by a name on a line are of the kind obj:name().
// The VM does not say which of several calls it executes: if one of them is not a method
// call, the answer is false.
func isMethodOn(proto *lua.FunctionProto, line int, name string) bool {
	found := false
	for _, call := range proto.DbgCalls {
		if call.Name != name || call.Pc >= len(proto.DbgSourcePositions) || proto.DbgSourcePositions[call.Pc] != line {
			continue
		}
		if !isMethodCall(proto.Code, call.Pc) {
			return false
		}
		found = true
	}
	return found
}

// isMethodCall reports whether the call at code[pc] is one of obj:name(). Its OP_SELF
// loads the register that it calls, and between the two no other call uses that register:
// those in the arguments use higher ones.
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
