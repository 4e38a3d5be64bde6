// Package code compiles the syntax tree of a chunk to instructions of our own. The
// result, a Prototype, is immutable and shared by all states that run it: the parts that
// belong to a state (constants as its values, caches) are made when the state loads it.
//
// # Registers
//
// An expression's value is computed into a register. Active local variables have the
// lowest registers, in order of declaration; those above, up to function.free, hold an
// expression's intermediate values and work as a stack. Two rules keep the values right:
//
//   - expr writes its target as the last thing it does, so that a variable may be read
//     while its new value is computed;
//   - calls and "..." take place above all registers in use.
//
// # Captured variables
//
// A local that a function within captures, and that is assigned after its declaration,
// lives in a cell on the heap; its register holds the cell. One that is never assigned
// again is copied into the closures that capture it, and its register holds the value.
// Nothing ever points into a stack, so that no block has to close anything when it ends.
package code

import "math"

// A Prototype is a function as it was compiled. It must not be changed.
type Prototype struct {
	Code       []Instruction
	Lines      []int32 // the line of each instruction
	Constants  []Constant
	Prototypes []*Prototype
	Upvalues   []Upvalue
	Locals     []LocalInfo // in order of declaration

	Params    int
	IsVararg  bool
	Registers int // how many the function needs, Params included; at least 2

	Source          string // the chunk's name, as Compile got it: "@bot.lua", "=stdin", or source text
	Name            string // the chunk's name as messages show it: "bot.lua", `[string "x = 1"]`
	LineDefined     int    // 0 for a chunk
	LastLineDefined int

	// The function's text is that part of the chunk's source, from "(" to end; the "(" is
	// on TextLine. All are 0 for a chunk. The text of a method, such as function t:f()
	// end, lacks the parameter self.
	TextStart, TextEnd, TextLine int
	IsMethod                     bool
}

// A Constant is nil, a boolean, a number or a string.
type Constant struct {
	Kind   ConstantKind
	Number float64
	Text   string
}

// A ConstantKind is the type of a Constant.
type ConstantKind uint8

const (
	NilConstant ConstantKind = iota
	FalseConstant
	TrueConstant
	NumberConstant
	StringConstant
)

// An Upvalue says where a closure finds a variable of a function around it, when it is
// made.
type Upvalue struct {
	Name     string
	InParent bool // in the register Index of the function around; else it is that function's upvalue Index
	Index    int
	Cell     bool // it lives in a cell
}

// A LocalInfo says where a local variable lives, and while which instructions: from Start
// to just before End.
type LocalInfo struct {
	Name       string
	Register   int
	Cell       bool
	Start, End int
}

// LocalAt returns the name of the local variable in a register while an instruction runs.
func (p *Prototype) LocalAt(register, pc int) (name string, found bool) {
	for i := len(p.Locals) - 1; i >= 0; i-- {
		if l := &p.Locals[i]; l.Register == register && l.Start <= pc && pc < l.End {
			return l.Name, true
		}
	}
	return "", false
}

type constantKey struct {
	kind ConstantKind
	bits uint64 // of the number: 0 and -0 are two constants
	text string
}

func (c Constant) key() constantKey { return constantKey{c.Kind, math.Float64bits(c.Number), c.Text} }
