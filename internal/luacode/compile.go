// Package luacode makes byte code for gopher-lua's VM from a syntax tree. It takes the place of the VM's own compiler,
// which computes values into variables that are still to be read, closes upvalues that live on, loses constructor items
// and merges 0 with -0 (ADR 0006). The instructions are the VM's; what they do is written beside lua.OP_MOVE and the
// others.
//
// An expression's value is computed into a register. Registers below len(function.locals) are local variables, each in
// the register of its own index; those above, up to function.free, hold what an expression needs on the way, and work
// as a stack. Two rules keep the values right:
//
//   - expr writes its target as the last thing it does, so that a variable may be read while its new value is computed;
//   - a call and "..." take place above all registers in use, because the VM cuts its stack behind their results.
package luacode

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/tidewire/tidewire/internal/luasyntax"
)

// The limits are those of LuaJIT, whose wordings name them.
const (
	maxLocals    = 200
	maxUpvalues  = 60
	maxRegisters = 250
	maxLeaps     = 1 << 14 // gotos of a function that wait for their label at one time
)

// The limits of the VM's instruction format.
const (
	maxBx = 1<<18 - 1
	maxK  = 1<<8 - 1 // the largest constant that an operand can name
	maxBC = 1<<9 - 1
	jump0 = maxBx >> 1 // the distance 0 in an instruction that jumps
	bitK  = 1 << 8     // in an operand: a constant, not a register
)

// Compile returns the main function of a chunk as luasyntax.Parse gives it. name is what errors and tracebacks call the
// chunk. join computes a .. b .. c from all of its operands. The error is a *luasyntax.Error: of a label, a break or a
// limit. Compile knows no state and is safe for concurrent use; the prototype is for the state that join belongs to.
func Compile(chunk []ast.Stmt, name string, join *lua.LFunction) (proto *lua.FunctionProto, err error) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case *luasyntax.Error:
			proto, err = nil, problem
		default:
			panic(problem)
		}
	}()
	if !vmIsKnown {
		return lua.Compile(chunk, name)
	}
	f := newFunction(nil, name, join)
	f.proto.IsVarArg = lua.VarArgIsVarArg
	f.proto.LastLineDefined = lastLine(chunk)
	f.body(chunk, f.proto.LastLineDefined)
	return f.proto, nil
}

func lastLine(chunk []ast.Stmt) int {
	if len(chunk) == 0 {
		return 1
	}
	last := chunk[len(chunk)-1]
	return max(last.Line(), last.LastLine())
}

// function is one function while it is compiled.
type function struct {
	outer *function
	proto *lua.FunctionProto
	join  *lua.LFunction

	constants map[any]int // their indices, by what constantKey makes of them
	strings   []string    // those of the constants that are strings, the others empty

	locals   []local // the active ones; a local's index is its register
	upvalues []upvalue
	block    *block

	free int // the first register not in use
	used int // how many registers are used at the most

	leaps   []*leap // those whose blocks have not all ended
	detours []detour
}

func newFunction(outer *function, source string, join *lua.LFunction) *function {
	f := &function{
		outer:     outer,
		join:      join,
		proto:     &lua.FunctionProto{SourceName: source},
		constants: make(map[any]int),
	}
	f.enter(false)
	return f
}

// body compiles what is between a function's parameters and its end.
func (f *function) body(stmts []ast.Stmt, end int) {
	f.stmts(stmts, false)
	f.emit(end, abc(lua.OP_RETURN, 0, 1, 0))
	f.leaveLeaps(f.block)
	f.endScope()
	f.checkLeaps()
	f.emitDetours()
	f.tidy()
	f.proto.NumUsedRegisters = uint8(max(f.used, int(f.proto.NumParameters)+1, 2)) // the VM's tail call moves one more
	f.proto.NumUpvalues = uint8(len(f.upvalues))
	for _, up := range f.upvalues {
		f.proto.DbgUpvalues = append(f.proto.DbgUpvalues, up.name)
	}
	setStringConstants(f.proto, f.strings)
}

// fail ends the compilation.
func (f *function) fail(line int, format string, args ...any) {
	panic(&luasyntax.Error{Name: f.proto.SourceName, Line: max(line, 1), Message: fmt.Sprintf(format, args...)})
}

// exceeds fails for a limit that is counted by function.
func (f *function) exceeds(line, limit int, what string) {
	which := "main function"
	if f.outer != nil {
		which = fmt.Sprintf("function at line %d", f.proto.LineDefined)
	}
	f.fail(line, "%s has more than %d %s", which, limit, what)
}

// emit appends an instruction and returns its index.
func (f *function) emit(line int, instruction uint32) int {
	f.proto.Code = append(f.proto.Code, instruction)
	f.proto.DbgSourcePositions = append(f.proto.DbgSourcePositions, line)
	return f.here() - 1
}

// here is the index of the next instruction.
func (f *function) here() int { return len(f.proto.Code) }

// constant returns the index of a constant: a string, a number, a boolean, nil, or the function that joins.
func (f *function) constant(line int, value lua.LValue) int {
	key := constantKey(value)
	if index, known := f.constants[key]; known {
		return index
	}
	index := len(f.proto.Constants)
	if index > maxBx {
		f.exceeds(line, maxBx+1, "constants")
	}
	text, _ := value.(lua.LString)
	f.constants[key] = index
	f.strings = append(f.strings, string(text))
	f.proto.Constants = append(f.proto.Constants, value)
	return index
}

// take makes n registers more in use and returns the first of them.
func (f *function) take(line, n int) int {
	first := f.free
	f.free += n
	f.need(line, f.free)
	return first
}

// need notes that registers below count are written.
func (f *function) need(line, count int) {
	if count > maxRegisters {
		f.fail(line, "function or expression too complex")
	}
	f.used = max(f.used, count)
}

// lend gives a target back for as long as its operands are computed, if it is the newest register: a + b + c + … then
// takes as many registers however long it is. It returns what free is to be afterwards.
func (f *function) lend(target int) (free int) {
	free = f.free
	if target == free-1 && f.temporary(target) {
		f.free = target
	}
	return free
}

// temporary reports whether a register is no variable's.
func (f *function) temporary(register int) bool { return register >= len(f.locals) }
