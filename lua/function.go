package lua

import (
	"github.com/tidewire/tidewire/internal/lua/code"
)

// A Function is a function written in Lua: a closure of a prototype. Its upvalues hold
// captured variables, or the cells that they live in.
type Function struct {
	proto *proto
	env   *Table
	ups   []Value
	hash  uint32 // as a key; 0: not given yet
	mark  uint32 // of the walk that last found it
}

// Closures with their upvalues in the same allocation.
type (
	function1 struct {
		Function
		room [1]Value
	}
	function2 struct {
		Function
		room [2]Value
	}
	function3 struct {
		Function
		room [3]Value
	}
	function4 struct {
		Function
		room [4]Value
	}
	function6 struct {
		Function
		room [6]Value
	}
)

const functionBytes = 48

func (s *State) newFunction(p *proto, env *Table) (*Function, error) {
	n := len(p.source.Upvalues)
	if err := s.charge(functionSize(n)); err != nil {
		return nil, err
	}
	var f *Function
	switch n {
	case 0:
		f = &Function{}
	case 1:
		made := &function1{}
		f, made.ups = &made.Function, made.room[:]
	case 2:
		made := &function2{}
		f, made.ups = &made.Function, made.room[:]
	case 3:
		made := &function3{}
		f, made.ups = &made.Function, made.room[:]
	case 4:
		made := &function4{}
		f, made.ups = &made.Function, made.room[:]
	case 5, 6:
		made := &function6{}
		f, made.ups = &made.Function, made.room[:n]
	default:
		f = &Function{ups: make([]Value, n)}
	}
	f.proto, f.env, f.mark = p, env, s.born
	return f, nil
}

func functionSize(upvalues int) int {
	switch {
	case upvalues <= 4:
		return sizeClass(functionBytes + upvalues*valueBytes)
	case upvalues <= 6:
		return sizeClass(functionBytes + 6*valueBytes)
	}
	return functionBytes + sizeClass(upvalues*valueBytes)
}

// proto is a prototype as one state runs it: its constants are the state's values, and
// each instruction that looks up a key remembers where it found it.
type proto struct {
	code      []code.Instruction
	constants []Value
	caches    []uint32 // one for each instruction
	registers int32
	params    int32
	vararg    bool
	mark      uint32

	source   *code.Prototype
	text     *chunkText
	children []*proto // made when they are first needed
}

// chunkText is the source of a chunk, which all its prototypes share.
type chunkText struct {
	bytes []byte
	mark  uint32
}

func (s *State) loadText(bytes []byte) (*chunkText, error) {
	text := &chunkText{bytes: bytes}
	if err := s.charge(text.size()); err != nil {
		return nil, err
	}
	s.loading.text = text
	return text, nil
}

func (t *chunkText) size() int { return 32 + sizeClass(len(t.bytes)) }

// load makes the data that a state needs to run a prototype. The caller calls loaded when
// the prototype is where walks find it.
func (s *State) load(source *code.Prototype, text *chunkText) (*proto, error) {
	if err := s.charge(protoSize(source)); err != nil {
		return nil, err
	}
	p := &proto{
		code:      source.Code,
		constants: make([]Value, len(source.Constants)),
		caches:    make([]uint32, len(source.Code)),
		registers: int32(source.Registers),
		params:    int32(source.Params),
		vararg:    source.IsVararg,
		source:    source,
		text:      text,
		children:  make([]*proto, len(source.Prototypes)),
	}
	s.loading.proto = p
	for i, c := range source.Constants {
		switch c.Kind {
		case code.TrueConstant:
			p.constants[i] = True
		case code.FalseConstant:
			p.constants[i] = False
		case code.NumberConstant:
			p.constants[i] = Number(c.Number)
		case code.StringConstant:
			text, err := s.canonicalText(c.Text)
			if err != nil {
				return nil, err
			}
			s.hashOf(text)
			p.constants[i] = stringValue(text)
		}
	}
	return p, nil
}

// protoSize is the memory that a state is charged for a prototype, its code and debug
// information included, although states may share these.
func protoSize(source *code.Prototype) int {
	return 384 + sizeClass(len(source.Constants)*(valueBytes+48)) + sizeClass(len(source.Code)*12) +
		sizeClass(len(source.Prototypes)*16) + sizeClass(len(source.Locals)*48) + sizeClass(len(source.Upvalues)*40)
}

// child returns the prototype of a function within.
func (s *State) child(p *proto, i int) (*proto, error) {
	if p.children[i] == nil {
		made, err := s.load(p.source.Prototypes[i], p.text)
		s.loaded()
		if err != nil {
			return nil, err
		}
		p.children[i] = made
	}
	return p.children[i], nil
}

// capture takes the upvalues of a new closure from the function around and its registers.
// The caller has stored the closure in its register already if it is its own upvalue: see
// code.Closure.
func (f *Function) capture(around *Function, registers []Value) {
	for i := range f.proto.source.Upvalues {
		if u := &f.proto.source.Upvalues[i]; u.InParent {
			f.ups[i] = registers[u.Index]
		} else {
			f.ups[i] = around.ups[u.Index]
		}
	}
}

// A GoFunction is a function of Go that Lua can call. It reads its arguments from c, and
// returns results with
//
//	return c.Return(values...)
//
// or raises an error by returning it: an *Error as it is, any other error as a string
// with the position of the caller. It must not keep c, nor use it from another goroutine.
// A panic ends the outermost Call with an error of KindPanic.
type GoFunction func(c *Call) error

// goFunction is a GoFunction as a Lua value.
type goFunction struct {
	call    GoFunction
	name    string
	env     *Table
	held    Value // see NewClosure; of a function that coroutine.wrap returned the coroutine
	special special
	number  uint32 // of the state's functions of Go, from 1: see Value.Describe
	hash    uint32
	mark    uint32
}

const goFunctionBytes = 64

// NewFunction makes a Lua function of a Go function. name is for tracebacks of calls
// whose name is not known otherwise. It is made even over the memory limit: then Lua code
// gets the error at its next jump or call, and Go code from State.Step.
func (s *State) NewFunction(name string, f GoFunction) Value {
	return goValue(&s.newFunctions([]Func{{name, f}})[0])
}

// newFunctions is NewFunction for the functions of a library, in one allocation: they
// mostly live as long as the state.
func (s *State) newFunctions(functions []Func) []goFunction {
	s.use(len(functions) * goFunctionBytes)
	made := make([]goFunction, len(functions))
	for i, f := range functions {
		s.goFunctions++
		made[i] = goFunction{call: f.Call, name: f.Name, env: s.globals, number: s.goFunctions, mark: s.born}
	}
	return made
}

// special marks the functions that the interpreter carries out itself, since they change
// which function runs.
type special uint8

const (
	notSpecial special = iota
	specialPCall
	specialXPCall
	specialResume
	specialWrapped // the function that coroutine.wrap returns
	specialYield
	specialNext
	specialIPairsNext
)
