package lua

import "github.com/tidewire/tidewire/internal/lua/code"

// This file words errors as LuaJIT does: an operand that something cannot be done to is
// named after the variable, or the field, that it was read from. The name is taken from
// the instructions before the one that failed.

// attempt is the error of an operation that a value does not have. name may be empty.
func (s *State) attempt(what, name string, v Value) error {
	if name == "" {
		return s.raisef("attempt to %s a %s value", what, v.TypeName())
	}
	return s.raisef("attempt to %s %s (a %s value)", what, name, v.TypeName())
}

// operandError blames the first or the second operand (0 or 1) of the instruction that
// runs.
func (s *State) operandError(th *Thread, what string, v Value, which int) error {
	fr := th.current()
	s.look(int(fr.pc)) // for the name
	return s.attempt(what, fr.operandName(which), v)
}

func (s *State) registerError(th *Thread, what string, v Value, register int) error {
	fr := th.current()
	s.look(int(fr.pc))
	return s.attempt(what, fr.fn.proto.registerName(int(fr.pc)-1, register), v)
}

// indexError blames the object of an access, or a value that its __index leads to, which
// has no name.
func (s *State) indexError(th *Thread, object, key Value) error {
	fr := th.current()
	if fr.kind != frameLua || s.active != nil {
		return s.attempt("index", "", object)
	}
	i := fr.fn.proto.code[fr.pc-1]
	register := -1
	switch i.Op() {
	case code.GetField, code.GetTable, code.GetInt, code.Self:
		register = i.B()
	case code.SetField, code.SetTable, code.SetInt:
		register = i.A()
	}
	if register < 0 || th.stack[int(fr.base)+register] != object {
		return s.attempt("index", "", object)
	}
	s.look(int(fr.pc))
	return s.attempt("index", fr.fn.proto.registerName(int(fr.pc)-1, register), object)
}

// callError blames a value that was called.
func (s *State) callError(th *Thread, f Value) error {
	fr := th.current()
	if fr.kind == frameLua && s.active == nil {
		i := fr.fn.proto.code[fr.pc-1]
		if op := i.Op(); (op == code.Call || op == code.TailCall) && th.stack[int(fr.base)+i.A()] == f {
			s.look(int(fr.pc))
			return s.attempt("call", fr.fn.proto.registerName(int(fr.pc)-1, i.A()), f)
		}
	}
	return s.attempt("call", "", f)
}

func (s *State) compareError(a, b Value) error { return s.raisef("%s", compareProblem(a, b)) }

func compareProblem(a, b Value) string {
	x, y := a.TypeName(), b.TypeName()
	if x == y {
		return "attempt to compare two " + x + " values"
	}
	return "attempt to compare " + x + " with " + y
}

// operandName returns the name of an operand of the instruction that a frame is at.
func (fr *frame) operandName(which int) string {
	p := fr.fn.proto
	pc := int(fr.pc) - 1
	i := p.code[pc]
	switch op := i.Op(); {
	case op >= code.Add && op <= code.Pow:
		if which == 0 {
			return p.registerName(pc, i.B())
		}
		return p.registerName(pc, i.C())
	case op >= code.AddRK && op <= code.PowRK:
		if which == 0 {
			return p.registerName(pc, i.B())
		}
	case op >= code.AddKR && op <= code.PowKR:
		if which == 1 {
			return p.registerName(pc, i.C())
		}
	case op == code.Unm, op == code.Len:
		return p.registerName(pc, i.B())
	}
	return ""
}

// registerName returns LuaJIT's name for a register that the instruction at pc reads:
// "local 'x'", "upvalue 'x'", "global 'x'", "field 'x'", "method 'x'", or "" for a value
// without a name, such as a call's result.
func (p *proto) registerName(pc, register int) string {
	kind, name := p.nameOf(pc, register)
	if kind == "" || kind == "local" && name[0] == '(' { // a hidden variable of a loop
		return ""
	}
	return kind + " '" + brief(name, maxName) + "'"
}

// nameOf finds the variable or field that a register was read from. A register without a
// variable is named by the instruction that wrote it last: as in LuaJIT the last one
// before pc, whatever jumps are between.
func (p *proto) nameOf(pc, register int) (kind, name string) {
	for range len(p.code) { // a chain of moves is no longer
		if name, isLocal := p.source.LocalAt(register, pc); isLocal {
			return "local", name
		}
		at := p.lastWrite(pc, register)
		if at < 0 {
			return "", ""
		}
		i := p.code[at]
		switch i.Op() {
		case code.Move, code.GetCell:
			pc, register = at, i.B()
			continue
		case code.GetUpval, code.GetUpvalCell:
			return "upvalue", p.source.Upvalues[i.B()].Name
		case code.GetGlobal:
			return "global", p.source.Constants[i.D()].Text
		case code.GetField:
			return "field", p.source.Constants[i.C()].Text
		case code.Self:
			if i.A() == register {
				return "method", p.source.Constants[i.C()].Text
			}
			pc, register = at, i.B()
			continue
		}
		return "", ""
	}
	return "", ""
}

// lastWrite returns the instruction that wrote a register last before pc, or -1.
func (p *proto) lastWrite(pc, register int) int {
	last := -1
	for at := 0; at < pc; at++ {
		i := p.code[at]
		if writes(i, register) {
			last = at
		}
		if i.Op() == code.LoadKX || i.Op() == code.SetList {
			at++
		}
	}
	return last
}

// writes reports whether an instruction writes a register, or may.
func writes(i code.Instruction, register int) bool {
	a := i.A()
	switch op := i.Op(); op {
	case code.SetUpvalCell, code.SetCell, code.SetGlobal, code.SetField, code.SetTable, code.SetInt, code.SetList,
		code.Jmp, code.Test, code.Return, code.Return0, code.Return1, code.TForLoop:
		return false
	case code.Call, code.TailCall, code.Vararg:
		return register >= a
	case code.TForCall:
		return register >= a+3
	case code.ForPrep, code.ForLoop:
		return register == a+3
	case code.LoadNil:
		return register >= a && register <= i.B()
	case code.Self:
		return register == a || register == a+1
	default:
		if op >= code.Eq && op <= code.GeRK {
			return false
		}
		return register == a
	}
}

// callName returns the name of the function that a Lua frame's instruction calls, and the
// kind of the name ("local", "global", "method", "field", "upvalue", "metamethod"), or
// nothing.
func (fr *frame) callName() (kind, name string) {
	p := fr.fn.proto
	pc := int(fr.pc) - 1
	if pc < 0 {
		return "", ""
	}
	switch i := p.code[pc]; i.Op() {
	case code.Call, code.TailCall:
		return p.nameOf(pc, i.A())
	case code.TForCall:
		return "local", "(for generator)"
	default:
		if e, isOperator := operatorEvent(i.Op()); isOperator {
			return "metamethod", eventNames[e]
		}
	}
	return "", ""
}

// operatorEvent returns the metamethod that an instruction may call.
func operatorEvent(op code.Op) (e event, isOperator bool) {
	switch {
	case op >= code.Add && op <= code.PowKR:
		return eventAdd + event((op-code.Add)%6), true
	case op == code.GetGlobal, op >= code.GetField && op <= code.GetInt, op == code.Self:
		return eventIndex, true
	case op == code.SetGlobal, op >= code.SetField && op <= code.SetInt:
		return eventNewIndex, true
	}
	switch op {
	case code.Unm:
		return eventUnm, true
	case code.Len:
		return eventLen, true
	case code.Concat:
		return eventConcat, true
	case code.Eq, code.EqK:
		return eventEq, true
	case code.Lt, code.LtRK, code.GtRK:
		return eventLt, true
	case code.Le, code.LeRK, code.GeRK:
		return eventLe, true
	}
	return 0, false
}
