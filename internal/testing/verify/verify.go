// Package verify proves the properties of compiled code that the interpreter relies on
// and does not check: operands within bounds, jumps to instructions, registers that hold
// a value before it is read, cells where cells are read and nowhere else. It is for
// tests.
package verify

import (
	"errors"
	"fmt"

	"github.com/tidewire/tidewire/internal/lua/code"
)

// Prototype returns the first fault in a prototype or one within it; nil if the
// interpreter may run it.
func Prototype(p *code.Prototype) error { return function(p, nil) }

func function(p, around *code.Prototype) error {
	v := verifier{p: p, around: around}
	if err := v.check(); err != nil {
		return fmt.Errorf("function at line %d: %w", p.LineDefined, err)
	}
	for _, inner := range p.Prototypes {
		if err := function(inner, p); err != nil {
			return err
		}
	}
	return nil
}

const (
	minRegisters = 2
	maxRegisters = 256 // an operand has 8 bits
)

type verifier struct {
	p, around *code.Prototype
	data      []bool // of each word: it is not an instruction
	own       []bool // it is the jump of the test before it
	consumes  []bool // it takes the values up to the top that the instruction before it has left
}

func (v *verifier) check() error {
	p := v.p
	switch {
	case len(p.Code) == 0:
		return errors.New("no code")
	case len(p.Lines) != len(p.Code):
		return fmt.Errorf("%d words, %d lines", len(p.Code), len(p.Lines))
	case p.Registers < max(minRegisters, p.Params) || p.Registers > maxRegisters:
		return fmt.Errorf("%d registers for %d parameters", p.Registers, p.Params)
	}
	if err := v.layout(); err != nil {
		return err
	}
	for pc, i := range p.Code {
		if v.data[pc] {
			continue
		}
		if err := v.instruction(pc, i); err != nil {
			return fmt.Errorf("instruction %d (%v, line %d): %w", pc, i.Op(), p.Lines[pc], err)
		}
	}
	if err := v.upvalues(); err != nil {
		return err
	}
	if err := v.locals(); err != nil {
		return err
	}
	return v.flow()
}

// layout separates instructions from other words, and checks pairs of them.
func (v *verifier) layout() error {
	words := v.p.Code
	v.data, v.own, v.consumes = make([]bool, len(words)), make([]bool, len(words)), make([]bool, len(words))
	for pc := 0; pc < len(words); pc++ {
		i := words[pc]
		switch op := i.Op(); {
		case op.HasWord():
			if pc+1 == len(words) {
				return fmt.Errorf("instruction %d (%v) lacks its word", pc, op)
			}
			v.data[pc+1] = true
			pc++
		case op.Tests():
			if pc+1 == len(words) || words[pc+1].Op() != code.Jmp {
				return fmt.Errorf("instruction %d (%v) lacks its jump", pc, op)
			}
			v.own[pc+1] = true
		case leavesOpen(i):
			if pc+1 == len(words) || !takesOpen(words[pc+1]) {
				return fmt.Errorf("instruction %d (%v) leaves values that nothing takes", pc, op)
			}
			v.consumes[pc+1] = true
		}
		if takesOpen(i) && !v.consumes[pc-btoi(op(i).HasWord())] {
			return fmt.Errorf("instruction %d (%v) takes values that nothing left", pc, op(i))
		}
	}
	return nil
}

func op(i code.Instruction) code.Op { return i.Op() }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// leavesOpen reports whether the results of an instruction reach up to the top.
func leavesOpen(i code.Instruction) bool {
	switch i.Op() {
	case code.Call:
		return i.C() == 0
	case code.Vararg:
		return i.B() == 0
	}
	return false
}

// takesOpen reports whether an instruction takes all values up to the top.
func takesOpen(i code.Instruction) bool {
	switch i.Op() {
	case code.Call, code.TailCall, code.SetList, code.Return:
		return i.B() == 0
	}
	return false
}

// target checks that a jump leads to an instruction that may be jumped to.
func (v *verifier) target(pc, distance int) error {
	to := pc + 1 + distance
	switch {
	case to < 0 || to >= len(v.p.Code):
		return fmt.Errorf("a jump to %d of %d", to, len(v.p.Code))
	case v.data[to]:
		return fmt.Errorf("a jump to %d, which is no instruction", to)
	case v.own[to]:
		return fmt.Errorf("a jump to %d, between a test and its jump", to)
	case v.consumes[to]:
		return fmt.Errorf("a jump to %d, which takes values up to the top", to)
	}
	return nil
}

func (v *verifier) registers(list ...int) error {
	for _, r := range list {
		if r >= v.p.Registers {
			return fmt.Errorf("register %d of %d", r, v.p.Registers)
		}
	}
	return nil
}

func (v *verifier) constant(index int, kinds ...code.ConstantKind) error {
	if index >= len(v.p.Constants) {
		return fmt.Errorf("constant %d of %d", index, len(v.p.Constants))
	}
	if len(kinds) == 0 {
		return nil
	}
	for _, kind := range kinds {
		if v.p.Constants[index].Kind == kind {
			return nil
		}
	}
	return fmt.Errorf("constant %d is of another type", index)
}

func (v *verifier) upvalue(index int, cell bool) error {
	switch {
	case index >= len(v.p.Upvalues):
		return fmt.Errorf("upvalue %d of %d", index, len(v.p.Upvalues))
	case v.p.Upvalues[index].Cell != cell:
		return fmt.Errorf("upvalue %d in a cell is %t", index, !cell)
	}
	return nil
}

// instruction checks the operands of one instruction.
func (v *verifier) instruction(pc int, i code.Instruction) error {
	a, b, c := i.A(), i.B(), i.C()
	if i.Op().Tests() && c > 1 {
		return fmt.Errorf("the truth is %d", c)
	}
	if v.p.Lines[pc] < 1 {
		return errors.New("no line")
	}
	switch op := i.Op(); op {
	case code.Move, code.NewCell, code.GetCell, code.SetCell, code.Unm, code.Not, code.Len, code.TestSet, code.Eq,
		code.Lt,
		code.Le:
		return v.registers(a, b)
	case code.LoadK:
		return errors.Join(v.registers(a), v.constant(i.D()))
	case code.LoadKX:
		return errors.Join(v.registers(a), v.constant(int(v.p.Code[pc+1])))
	case code.LoadNil:
		if b < a {
			return fmt.Errorf("registers %d to %d", a, b)
		}
		return v.registers(b)
	case code.LoadBool, code.Env, code.NewTable, code.Test, code.Return1:
		return v.registers(a)
	case code.GetUpval:
		return errors.Join(v.registers(a), v.upvalue(b, false))
	case code.GetUpvalCell, code.SetUpvalCell:
		return errors.Join(v.registers(a), v.upvalue(b, true))
	case code.GetGlobal, code.SetGlobal:
		return errors.Join(v.registers(a), v.constant(i.D(), code.StringConstant))
	case code.GetField:
		return errors.Join(v.registers(a, b), v.constant(c, code.StringConstant))
	case code.Self:
		return errors.Join(v.registers(a+1, b), v.constant(c, code.StringConstant))
	case code.GetTable, code.SetTable:
		return v.registers(a, b, c)
	case code.GetInt:
		return v.registers(a, b)
	case code.SetField:
		return errors.Join(v.registers(a, c), v.constant(b, code.StringConstant))
	case code.SetInt:
		return v.registers(a, c)
	case code.SetList:
		return v.registers(a + b)
	case code.Concat:
		if c <= b {
			return fmt.Errorf("operands in %d to %d", b, c)
		}
		return v.registers(a, c)
	case code.Jmp:
		return v.target(pc, i.J())
	case code.EqK:
		return errors.Join(v.registers(a), v.constant(b))
	case code.LtRK, code.LeRK, code.GtRK, code.GeRK:
		return errors.Join(v.registers(a), v.constant(b, code.NumberConstant))
	case code.Call, code.TailCall:
		return v.registers(a, a+b-1, a+c-2)
	case code.Return:
		return v.registers(a + b - 2)
	case code.Return0:
		return nil
	case code.ForPrep, code.ForLoop:
		return errors.Join(v.registers(a+3), v.target(pc, i.SD()))
	case code.TForCall:
		if c == 0 {
			return errors.New("no variable")
		}
		if next := v.p.Code[min(pc+1, len(v.p.Code)-1)]; next.Op() != code.TForLoop || next.A() != a {
			return errors.New("no TForLoop behind it")
		}
		return v.registers(a+5, a+2+c)
	case code.TForLoop:
		return errors.Join(v.registers(a+3), v.target(pc, i.SD()))
	case code.Vararg:
		if !v.p.IsVararg {
			return errors.New("in a function without further arguments")
		}
		return v.registers(a-1, a+b-2) // for all of them it makes room itself
	case code.Closure:
		if i.D() >= len(v.p.Prototypes) {
			return fmt.Errorf("prototype %d of %d", i.D(), len(v.p.Prototypes))
		}
		return v.registers(a)
	default:
		switch {
		case op >= code.Add && op <= code.Pow:
			return v.registers(a, b, c)
		case op >= code.AddRK && op <= code.PowRK:
			return errors.Join(v.registers(a, b), v.constant(c, code.NumberConstant))
		case op >= code.AddKR && op <= code.PowKR:
			return errors.Join(v.registers(a, c), v.constant(b, code.NumberConstant))
		}
		return errors.New("no such operation")
	}
}

// upvalues checks where a closure of the prototype finds its upvalues.
func (v *verifier) upvalues() error {
	for i, u := range v.p.Upvalues {
		switch {
		case v.around == nil:
			return fmt.Errorf("upvalue %d of a chunk", i)
		case u.InParent && u.Index >= v.around.Registers:
			return fmt.Errorf("upvalue %d is in register %d of %d", i, u.Index, v.around.Registers)
		case !u.InParent && u.Index >= len(v.around.Upvalues):
			return fmt.Errorf("upvalue %d is upvalue %d of %d", i, u.Index, len(v.around.Upvalues))
		case !u.InParent && v.around.Upvalues[u.Index].Cell != u.Cell:
			return fmt.Errorf("upvalue %d is in a cell here, or there, but not in both", i)
		}
	}
	return nil
}

func (v *verifier) locals() error {
	for i, l := range v.p.Locals {
		if l.Register < 0 || l.Register >= v.p.Registers || l.Start < 0 || l.Start > l.End || l.End > len(v.p.Code) {
			return fmt.Errorf("local %d (%s) in register %d from %d to %d", i, l.Name, l.Register, l.Start, l.End)
		}
		if i < v.p.Params && (l.Register != i || l.Name == "") {
			return fmt.Errorf("parameter %d is local '%s' in register %d", i, l.Name, l.Register)
		}
	}
	if len(v.p.Locals) < v.p.Params {
		return fmt.Errorf("%d names of %d parameters", len(v.p.Locals), v.p.Params)
	}
	return nil
}
