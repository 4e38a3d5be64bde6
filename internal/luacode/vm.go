package luacode

import (
	"math"
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// The VM's instructions, as its opcode.go lays them out: operation, A, then C and B, or Bx in their place.

func abc(op, a, b, c int) uint32 { return uint32(op)<<26 | uint32(a)<<18 | uint32(c)<<9 | uint32(b) }

func abx(op, a, bx int) uint32 { return uint32(op)<<26 | uint32(a)<<18 | uint32(bx) }

func operation(instruction uint32) int { return int(instruction >> 26) }

func withOperation(instruction uint32, op int) uint32 {
	return instruction&^(0x3f<<26) | uint32(op)<<26
}

func argBx(instruction uint32) int { return int(instruction) & maxBx }

// constantKey tells constants apart by what they are to a script: 0 and -0 are not the same, although they are equal.
func constantKey(value lua.LValue) any {
	switch v := value.(type) {
	case lua.LNumber:
		return math.Float64bits(float64(v))
	case lua.LString:
		return string(v)
	case lua.LBool:
		return bool(v)
	}
	return value
}

// The VM reads names from a list beside the constants that only its own package can set.
var stringConstantsOffset, vmIsKnown = stringConstantsField()

func stringConstantsField() (offset uintptr, known bool) {
	field, found := reflect.TypeFor[lua.FunctionProto]().FieldByName("stringConstants")
	return field.Offset, found && field.Type == reflect.TypeFor[[]string]()
}

func setStringConstants(proto *lua.FunctionProto, list []string) {
	*(*[]string)(unsafe.Add(unsafe.Pointer(proto), stringConstantsOffset)) = list
}

// tidy makes the finished code of a function faster: a jump to a jump goes to its end at once, and moves in a row become
// one instruction. Neither changes an index.
func (f *function) tidy() {
	code := f.proto.Code
	moves := 0
	for pc := 0; pc < len(code); pc++ {
		op := operation(code[pc])
		if op == lua.OP_MOVE {
			moves++
			continue
		}
		joinMoves(code, pc, moves)
		moves = 0
		switch {
		case op == lua.OP_JMP:
			shortcut(code, pc)
		case op == lua.OP_CLOSURE:
			pc += int(f.proto.FunctionPrototypes[argBx(code[pc])].NumUpvalues) // these tell what it captures
		case op == lua.OP_SETLIST && code[pc]>>9&maxBC == 0:
			pc++ // the number of the batch
		}
	}
}

// joinMoves makes the moves in front of pc one instruction, or more if one cannot count them. A jump between them still
// finds them.
func joinMoves(code []uint32, pc, moves int) {
	for moves > 1 {
		joined := min(moves, maxBC+1) // the first one counts those behind it
		code[pc-moves] = withOperation(code[pc-moves], lua.OP_MOVEN) | uint32(joined-1)<<9
		moves -= joined
	}
}

// shortcut lets the jump at pc go where the jumps that it leads to go.
func shortcut(code []uint32, pc int) {
	target := pc
	for range 8 { // bounded, because while true do end jumps to itself
		target += 1 + argBx(code[target]) - jump0
		if target == pc {
			return
		}
		if operation(code[target]) != lua.OP_JMP {
			break
		}
	}
	distance := target - pc - 1 + jump0
	if distance >= 0 && distance <= maxBx {
		code[pc] = abx(lua.OP_JMP, 0, distance)
	}
}
