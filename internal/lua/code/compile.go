package code

import (
	"fmt"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// The limits are LuaJIT's, whose words name them.
const (
	maxLocals     = 200
	maxUpvalues   = 60
	maxRegisters  = 250
	maxPrototypes = maxD + 1
	maxLeaps      = 1 << 14 // gotos of a function that wait for their label at one time
)

// Options bounds a compilation.
type Options struct {
	// Source is the chunk's name as debug.getinfo shows it; the tree has the one that
	// messages show.
	Source string

	// Charge is asked before memory for code is taken, with a number of bytes; its error
	// ends the compilation and is returned as it is. nil means no limit.
	Charge func(bytes int) error

	// Step is called with the steps of work that grows faster than the code: looking
	// through gotos that wait for their label. Its error ends the compilation as one of
	// Charge does. nil means no bound.
	Step func(steps int) error
}

// Compile returns the main function of a chunk. The error is a *syntax.Error (of a label,
// a break or a limit) or Charge's. Compile knows no state and is safe for concurrent use.
func Compile(chunk *syntax.Chunk, opts Options) (proto *Prototype, err error) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case failure:
			proto, err = nil, problem.err
		default:
			panic(problem)
		}
	}()
	c := &compiler{name: chunk.Name, source: opts.Source, charge: opts.Charge, step: opts.Step}
	return c.function(nil, chunk.Main), nil
}

// failure carries an error through the compiler's recursion to Compile.
type failure struct{ err error }

// compiler is shared by all functions of a chunk.
type compiler struct {
	name, source string
	charge       func(bytes int) error
	step         func(steps int) error
	owed         int // bytes of code that were not charged yet
	leapsSeen    int // that were not counted as work yet
}

// chargeStep is how many bytes of code are charged at once.
const chargeStep = 4096

func (c *compiler) take(bytes int) {
	c.owed += bytes
	if c.owed < chargeStep || c.charge == nil {
		return
	}
	if err := c.charge(c.owed); err != nil {
		panic(failure{err})
	}
	c.owed = 0
}

// leapsPerStep is how many gotos that are looked at count as a step.
const leapsPerStep = 64

// see counts gotos that are looked at.
func (c *compiler) see(leaps int) {
	c.leapsSeen += leaps
	if c.leapsSeen < chargeStep || c.step == nil {
		return
	}
	if err := c.step(c.leapsSeen / leapsPerStep); err != nil {
		panic(failure{err})
	}
	c.leapsSeen = 0
}

// function is one function while it is compiled.
type function struct {
	*compiler
	outer *function
	tree  *syntax.Function
	proto *Prototype

	constants map[constantKey]int
	registers map[*syntax.Local]int // of the active locals
	upvalues  map[*syntax.Local]int // their indices

	active []active // the active locals; the registers below len(active) are theirs
	block  *block

	free int // the first register not in use
	used int // how many registers are used at the most

	leaps []*leap // gotos and breaks whose target is not known yet
}

// active is a local variable, or a hidden one of a loop, while its block is compiled.
type active struct {
	local *syntax.Local // nil for a hidden one
	info  int           // in Prototype.Locals
}

func (c *compiler) function(outer *function, tree *syntax.Function) *Prototype {
	f := &function{
		compiler: c,
		outer:    outer,
		tree:     tree,
		proto: &Prototype{
			Params:          len(tree.Params),
			IsVararg:        tree.IsVararg,
			Source:          c.source,
			Name:            c.name,
			LineDefined:     tree.Line(),
			LastLineDefined: tree.LastLine(),
			TextStart:       int(tree.Start),
			TextEnd:         int(tree.End),
			TextLine:        int(tree.StartLine),
			IsMethod:        tree.IsMethod,
		},
		constants: make(map[constantKey]int),
		registers: make(map[*syntax.Local]int),
		upvalues:  make(map[*syntax.Local]int),
	}
	c.take(prototypeBytes)
	f.body()
	return f.proto
}

// prototypeBytes is the charge for a prototype without its lists.
const prototypeBytes = 320

func (f *function) body() {
	f.enter(false)
	if len(f.tree.Params) > maxLocals {
		f.exceeds(f.tree.Line(), maxLocals, "local variables")
	}
	f.reserve(f.tree.Line(), len(f.tree.Params))
	for _, param := range f.tree.Params {
		f.declare(f.tree.Line(), param)
	}
	f.stmts(f.tree.Body)
	if !returns(f.tree.Body) {
		f.emit(f.tree.LastLine(), abc(Return0, 0, 0, 0))
	}
	f.leave()
	f.checkLeaps()
	f.threadJumps()
	f.proto.Registers = max(f.used, 2)
}

// returns reports whether the end of a function's body cannot be reached, since a return
// is the last statement.
func returns(body []syntax.Stmt) bool {
	if len(body) == 0 {
		return false
	}
	switch last := body[len(body)-1].(type) {
	case *syntax.Return:
		return true
	case *syntax.Do:
		return returns(last.Body)
	}
	return false
}

// fail ends the compilation.
func (f *function) fail(line int, format string, args ...any) {
	panic(failure{&syntax.Error{Name: f.name, Line: max(line, 1), Message: fmt.Sprintf(format, args...)}})
}

// exceeds fails for a limit that is counted by function.
func (f *function) exceeds(line, limit int, things string) {
	which := "main function"
	if f.outer != nil {
		which = fmt.Sprintf("function at line %d", f.proto.LineDefined)
	}
	f.fail(line, "%s has more than %d %s", which, limit, things)
}

// emit appends an instruction and returns its index.
func (f *function) emit(line int, instruction Instruction) int {
	f.take(8) // with its line
	f.proto.Code = append(f.proto.Code, instruction)
	f.proto.Lines = append(f.proto.Lines, int32(line))
	return f.here() - 1
}

// here is the index of the next instruction.
func (f *function) here() int { return len(f.proto.Code) }

func (f *function) constant(line int, value Constant) int {
	key := value.key()
	if index, known := f.constants[key]; known {
		return index
	}
	index := len(f.proto.Constants)
	if index > maxJ {
		f.exceeds(line, maxJ+1, "constants")
	}
	f.take(48 + len(value.Text))
	f.constants[key] = index
	f.proto.Constants = append(f.proto.Constants, value)
	return index
}

func (f *function) text(line int, text string) int {
	return f.constant(line, Constant{Kind: StringConstant, Text: text})
}

// reserve takes count registers more and returns the first of them.
func (f *function) reserve(line, count int) int {
	first := f.free
	f.free += count
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

// lend gives a target back for as long as its operands are computed, if it is the newest
// register: a + b + c + … then takes as many registers however long it is. It returns the
// value for free afterwards.
func (f *function) lend(target int) (free int) {
	free = f.free
	if target == free-1 && f.temporary(target) {
		f.free = target
	}
	return free
}

// temporary reports whether a register belongs to no variable.
func (f *function) temporary(register int) bool { return register >= len(f.active) }
