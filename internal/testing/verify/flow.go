package verify

import (
	"fmt"

	"github.com/tidewire/tidewire/internal/lua/code"
)

// content is the known content of a register before an instruction, whichever path led
// there.
type content uint8

const (
	unset   content = iota // nothing: it may not be read
	value                  // a value that a script may see
	table                  // a table
	inACell                // a cell
)

// join returns the content that is known where two paths meet.
func join(a, b content) content {
	switch {
	case a == b:
		return a
	case a != unset && a != inACell && b != unset && b != inACell:
		return value
	}
	return unset
}

// state is the contents of all registers.
type state []content

// flow follows all ways through the code, and checks the registers before each
// instruction.
func (v *verifier) flow() error {
	p := v.p
	states := make([]state, len(p.Code))
	first := make(state, p.Registers)
	for i := range p.Params {
		first[i] = value
	}
	states[0] = first
	var waiting []int
	reach := func(pc int, s state) {
		if pc >= len(p.Code) {
			return
		}
		if states[pc] == nil {
			states[pc] = append(state(nil), s...)
			waiting = append(waiting, pc)
			return
		}
		changed := false
		for r, known := range states[pc] {
			if joined := join(known, s[r]); joined != known {
				states[pc][r], changed = joined, true
			}
		}
		if changed {
			waiting = append(waiting, pc)
		}
	}
	waiting = append(waiting, 0)
	for len(waiting) > 0 {
		pc := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		s := append(state(nil), states[pc]...)
		if err := v.step(pc, s, reach); err != nil {
			return fmt.Errorf("instruction %d (%v, line %d): %w", pc, p.Code[pc].Op(), p.Lines[pc], err)
		}
	}
	return v.visible(states)
}

// visible checks that local variables are as a debugger expects them, wherever the
// function may be.
func (v *verifier) visible(states []state) error {
	for _, l := range v.p.Locals {
		for pc := l.Start; pc < l.End; pc++ {
			if states[pc] == nil {
				continue // no way leads there
			}
			switch found := states[pc][l.Register]; {
			case found == unset:
				return fmt.Errorf("local '%s' is not set at instruction %d", l.Name, pc)
			case l.Cell != (found == inACell):
				return fmt.Errorf("local '%s' in a cell is %t, not so at instruction %d", l.Name, l.Cell, pc)
			}
		}
	}
	return nil
}

// reads checks that registers hold values.
func (s state) reads(list ...int) error {
	for _, r := range list {
		switch s[r] {
		case unset:
			return fmt.Errorf("register %d may not be set", r)
		case inACell:
			return fmt.Errorf("register %d is a cell", r)
		}
	}
	return nil
}

func (s state) readsAll(from, to int) error {
	for r := from; r < to; r++ {
		if err := s.reads(r); err != nil {
			return err
		}
	}
	return nil
}

func (s state) readsCell(r int) error {
	if s[r] != inACell {
		return fmt.Errorf("register %d may be no cell", r)
	}
	return nil
}

// sets records the new content of a range of registers.
func (s state) sets(c content, from, to int) {
	for r := from; r < to; r++ {
		s[r] = c
	}
}

// step applies an instruction to the known contents, and calls reach for the places it
// leads to.
func (v *verifier) step(pc int, s state, reach func(pc int, s state)) error {
	p := v.p
	i := p.Code[pc]
	a, b, c := i.A(), i.B(), i.C()
	next := pc + 1 + btoi(i.Op().HasWord())
	open := v.consumes[pc]
	var err error
	switch op := i.Op(); op {
	case code.Jmp:
		reach(next+i.J(), s)
		return nil
	case code.Return0:
		return nil
	case code.Return1:
		return s.reads(a)
	case code.Return:
		return s.readsAll(a, a+v.count(b-1, open, pc, a))
	case code.Test, code.EqK, code.LtRK, code.LeRK, code.GtRK, code.GeRK:
		if err := s.reads(a); err != nil {
			return err
		}
		reach(next+1, s)
		reach(next, s)
		return nil
	case code.Eq, code.Lt, code.Le:
		if err := s.reads(a, b); err != nil {
			return err
		}
		reach(next+1, s)
		reach(next, s)
		return nil
	case code.TestSet:
		if err := s.reads(b); err != nil {
			return err
		}
		reach(next+1, s)
		s[a] = s[b]
		reach(next, s)
		return nil
	case code.ForPrep:
		if err := s.reads(a, a+1, a+2); err != nil {
			return err
		}
		s.sets(value, a, a+3)
		reach(next+i.SD(), s)
		s[a+3] = value
	case code.ForLoop:
		if err := s.reads(a, a+1, a+2); err != nil {
			return err
		}
		reach(next, s)
		s[a+3] = value
		reach(next+i.SD(), s)
		return nil
	case code.TForLoop:
		if err := s.reads(a+2, a+3); err != nil {
			return err
		}
		reach(next, s)
		s[a+2] = value
		reach(next+i.SD(), s)
		return nil

	case code.Move:
		err = s.reads(b)
		s[a] = s[b]
	case code.LoadK, code.LoadKX, code.LoadBool, code.GetUpval, code.GetUpvalCell, code.GetGlobal, code.Env:
		s[a] = value
	case code.LoadNil:
		s.sets(value, a, b+1)
	case code.SetUpvalCell, code.SetGlobal:
		err = s.reads(a)
	case code.NewCell:
		err = s.reads(b)
		s[a] = inACell
	case code.GetCell:
		err = s.readsCell(b)
		s[a] = value
	case code.SetCell:
		if err = s.readsCell(a); err == nil {
			err = s.reads(b)
		}
	case code.GetField, code.GetInt, code.Unm, code.Not, code.Len:
		err = s.reads(b)
		s[a] = value
	case code.GetTable:
		err = s.reads(b, c)
		s[a] = value
	case code.SetField, code.SetInt:
		err = s.reads(a, c)
	case code.SetTable:
		err = s.reads(a, b, c)
	case code.Self:
		err = s.reads(b)
		s.sets(value, a, a+2)
	case code.NewTable:
		s[a] = table
	case code.SetList:
		if s[a] != table {
			return fmt.Errorf("register %d may be no table", a)
		}
		err = s.readsAll(a+1, a+1+v.count(b, open, pc, a+1))
		s.sets(unset, a+1, len(s))
	case code.Concat:
		err = s.readsAll(b, c+1)
		s.sets(unset, b, c+1)
		s[a] = value
	case code.Call:
		err = s.readsAll(a, a+1+v.count(b-1, open, pc, a+1))
		s.sets(unset, a, len(s))
		s.sets(value, a, a+max(c-1, 0))
	case code.TailCall:
		return s.readsAll(a, a+1+v.count(b-1, open, pc, a+1))
	case code.TForCall:
		err = s.reads(a, a+1, a+2)
		s.sets(unset, a+3, len(s))
		s.sets(value, a+3, a+3+c)
	case code.Vararg:
		s.sets(unset, a, len(s))
		s.sets(value, a, a+max(b-1, 0))
	case code.Closure:
		s[a] = value // before the upvalues: a function may be its own
		err = v.captures(p.Prototypes[i.D()], s)
	default:
		switch {
		case op <= code.Pow:
			err = s.reads(b, c)
		case op <= code.PowRK:
			err = s.reads(b)
		default:
			err = s.reads(c)
		}
		s[a] = value
	}
	if err != nil {
		return err
	}
	if next >= len(p.Code) {
		return fmt.Errorf("the code ends here")
	}
	reach(next, s)
	return nil
}

// count returns how many registers an instruction reads, from first on: a number of its
// own, or those before the values that the instruction before it left up to the top.
func (v *verifier) count(own int, open bool, pc, first int) int {
	if !open {
		return own
	}
	before := pc - 1
	return max(v.p.Code[before].A()-first, 0)
}

// captures checks that a closure finds its upvalues: cells, or values that are set.
func (v *verifier) captures(inner *code.Prototype, s state) error {
	for i, u := range inner.Upvalues {
		if !u.InParent {
			continue
		}
		switch found := s[u.Index]; {
		case found == unset:
			return fmt.Errorf("upvalue %d ('%s') may not be set", i, u.Name)
		case u.Cell != (found == inACell):
			return fmt.Errorf("upvalue %d ('%s') in a cell is %t, not so in register %d", i, u.Name, u.Cell, u.Index)
		}
	}
	return nil
}
