package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// operandName returns what LuaJIT calls a register that the instruction at pc of a Lua function reads: "local 'x'",
// "upvalue 'x'", "global 'x'", "field 'x'", "method 'x'", or "" for a value without a name, such as a call's result.
//
// Where the register is no variable's, the instruction that wrote it last names it. As in LuaJIT that is the last one
// in front of pc, whatever jumps there are between: b in (a or b).x.
func operandName(function *lua.LFunction, pc, register int) string {
	if name, isLocal := function.LocalName(register+1, pc); isLocal {
		if strings.HasPrefix(name, "(") { // what a for loop works with
			return ""
		}
		return "local '" + name + "'"
	}
	proto := function.Proto
	for pc--; pc >= 0; pc-- {
		instruction := proto.Code[pc]
		if !writes(instruction, register) || isData(proto, pc) {
			continue
		}
		switch opcode(instruction) {
		case lua.OP_MOVE, lua.OP_MOVEN:
			return operandName(function, pc, operandB(instruction))
		case lua.OP_GETUPVAL:
			return "upvalue '" + proto.DbgUpvalues[operandB(instruction)] + "'"
		case lua.OP_GETGLOBAL:
			return "global '" + proto.Constants[operandBx(instruction)].String() + "'"
		case lua.OP_GETTABLEKS:
			return fieldName("field", proto, operandC(instruction))
		case lua.OP_SELF:
			if registerA(instruction) == register {
				return fieldName("method", proto, operandC(instruction))
			}
		}
		return ""
	}
	return ""
}

func fieldName(kind string, proto *lua.FunctionProto, key int) string {
	if key&constantOperand == 0 {
		return ""
	}
	return kind + " '" + proto.Constants[key&^constantOperand].String() + "'"
}

// writes reports whether an instruction writes a register, or may.
func writes(instruction uint32, register int) bool {
	first := registerA(instruction)
	switch opcode(instruction) {
	case lua.OP_SETGLOBAL, lua.OP_SETUPVAL, lua.OP_SETTABLE, lua.OP_SETTABLEKS, lua.OP_SETLIST, lua.OP_JMP, lua.OP_EQ,
		lua.OP_LT, lua.OP_LE, lua.OP_TEST, lua.OP_CLOSE, lua.OP_NOP:
		return false
	case lua.OP_CALL, lua.OP_TAILCALL, lua.OP_RETURN, lua.OP_VARARG, lua.OP_FORPREP, lua.OP_FORLOOP, lua.OP_TFORLOOP:
		return register >= first
	case lua.OP_LOADNIL:
		return register >= first && register <= operandB(instruction)
	case lua.OP_SELF:
		return register == first || register == first+1
	}
	return register == first
}

// isData reports whether code[pc] is no instruction but tells the one in front of it more: what a closure captures, or
// the number of a constructor's batch. It looks like a write of register 0 then.
func isData(proto *lua.FunctionProto, pc int) bool {
	if registerA(proto.Code[pc]) != 0 {
		return false
	}
	for at := pc - 1; at >= 0; at-- {
		switch before := proto.Code[at]; opcode(before) {
		case lua.OP_CLOSURE:
			return pc-at <= int(proto.FunctionPrototypes[operandBx(before)].NumUpvalues)
		case lua.OP_SETLIST:
			return pc-at == 1 && operandC(before) == 0
		case lua.OP_MOVE, lua.OP_GETUPVAL:
		default:
			return false
		}
	}
	return false
}
