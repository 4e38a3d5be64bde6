package lua

import "github.com/tidewire/tidewire/internal/lua/code"

// This file carries out the instructions, and the rarer cases of instructions, for which
// run makes a call. Each function gets the innermost frame, whose pc is after the
// instruction.

func (s *State) newCell(th *Thread, fr *frame, i code.Instruction) error {
	if err := s.charge(cellBytes); err != nil {
		return err
	}
	regs := th.stack[fr.base:]
	c := &cell{v: regs[i.B()], mark: s.born}
	s.found(c.v)
	regs[i.A()] = cellValue(c)
	return nil
}

// cache is where the instruction that a frame is at remembers the position of its key.
func (fr *frame) cache() *uint32 { return &fr.fn.proto.caches[fr.pc-1] }

func (s *State) getGlobal(th *Thread, fr *frame, i code.Instruction) error {
	return s.lookUp(th, fr, tableValue(fr.fn.env), &fr.fn.proto.constants[i.D()], i.A())
}

func (s *State) setGlobal(th *Thread, fr *frame, i code.Instruction) error {
	return s.assignField(th, fr, tableValue(fr.fn.env), &fr.fn.proto.constants[i.D()], th.stack[int(fr.base)+i.A()])
}

func (s *State) getField(th *Thread, fr *frame, i code.Instruction) error {
	return s.lookUp(th, fr, th.stack[int(fr.base)+i.B()], &fr.fn.proto.constants[i.C()], i.A())
}

// lookUp computes object[key] for a key that is a constant string.
func (s *State) lookUp(th *Thread, fr *frame, object Value, constant *Value, to int) error {
	to += int(fr.base)
	key := *constant
	if object.is(KindTable) {
		if v, found := s.field(object.table(), key.str(), constant, fr.cache()); found {
			th.stack[to] = v
			return nil
		}
	}
	return s.index(th, object, key, to)
}

func (s *State) self(th *Thread, fr *frame, i code.Instruction) error {
	base := int(fr.base)
	object := th.stack[base+i.B()]
	th.stack[base+i.A()+1] = object
	if object.is(KindString) {
		if methods := s.stringMethods(); methods != nil {
			constant := &fr.fn.proto.constants[i.C()]
			if v, found := s.field(methods, constant.str(), constant, fr.cache()); found {
				th.stack[base+i.A()] = v
				return nil
			}
		}
	}
	return s.lookUp(th, fr, object, &fr.fn.proto.constants[i.C()], i.A())
}

func (s *State) getTable(th *Thread, fr *frame, i code.Instruction) error {
	regs := th.stack[fr.base:]
	object, key := regs[i.B()], regs[i.C()]
	if key.is(KindString) && object.is(KindTable) {
		// The key's register gets the table's own copy of the string, which is found by
		// its address the next time.
		if v, found := s.field(object.table(), key.str(), &regs[i.C()], fr.cache()); found {
			regs[i.A()] = v
			return nil
		}
	}
	return s.index(th, object, key, int(fr.base)+i.A())
}

func (s *State) getInt(th *Thread, fr *frame, i code.Instruction) error {
	return s.index(th, th.stack[int(fr.base)+i.B()], Int(i.C()), int(fr.base)+i.A())
}

func (s *State) setField(th *Thread, fr *frame, i code.Instruction) error {
	regs := th.stack[fr.base:]
	return s.assignField(th, fr, regs[i.A()], &fr.fn.proto.constants[i.B()], regs[i.C()])
}

// assignField carries out object[key] = value for a key that is a constant string.
func (s *State) assignField(th *Thread, fr *frame, object Value, constant *Value, value Value) error {
	key := *constant
	if !object.is(KindTable) {
		return s.setIndex(th, object, key, value)
	}
	t := object.table()
	at := t.findString(key.str())
	if at >= 0 && !t.entries[at].value.IsNil() {
		*fr.cache() = uint32(at)
		if key.p != t.entries[at].key.p {
			*constant = t.entries[at].key
		}
		t.barrier(value)
		t.noteMode(key.str())
		t.entries[at].value = value
		return nil
	}
	if t.meta != nil && !t.meta.metamethod(s, eventNewIndex).IsNil() {
		return s.setIndex(th, object, key, value)
	}
	if at >= 0 {
		*fr.cache() = uint32(at)
		return t.setString(key.str(), value)
	}
	if err := t.addString(key.str(), value); err != nil {
		return err
	}
	*fr.cache() = uint32(max(len(t.entries)-1, 0)) // none was added for nil
	return nil
}

func (s *State) setTable(th *Thread, fr *frame, i code.Instruction) error {
	regs := th.stack[fr.base:]
	object, key, value := regs[i.A()], regs[i.B()], regs[i.C()]
	if !object.is(KindTable) {
		return s.setIndex(th, object, key, value)
	}
	t := object.table()
	if key.is(KindString) {
		if at := t.findString(key.str()); at >= 0 && !t.entries[at].value.IsNil() {
			*fr.cache() = uint32(at)
			t.barrier(value)
			t.noteMode(key.str())
			t.entries[at].value = value
			return nil
		}
	}
	if t.meta == nil {
		return t.set(key, value)
	}
	return s.setIndex(th, object, key, value)
}

func (s *State) setInt(th *Thread, fr *frame, i code.Instruction) error {
	regs := th.stack[fr.base:]
	object, value := regs[i.A()], regs[i.C()]
	if object.is(KindTable) && object.table().meta == nil {
		return object.table().setInt(i.B(), value)
	}
	return s.setIndex(th, object, Int(i.B()), value)
}

func (s *State) makeTable(th *Thread, fr *frame, i code.Instruction) error {
	items := code.Size(i.B())
	if next := fr.fn.proto.code[fr.pc]; items == 0 && next.Op() == code.Vararg && next.A() == i.A()+1 && next.B() == 0 {
		items = max(int(fr.extra), 0) // {...}
	}
	t, err := s.newTable(items, code.Size(i.C()))
	if err != nil {
		return err
	}
	th.stack[int(fr.base)+i.A()] = tableValue(t)
	return nil
}

func (s *State) setList(th *Thread, fr *frame, i code.Instruction) error {
	n := int(fr.fn.proto.code[fr.pc])
	fr.pc++
	first := int(fr.base) + i.A() + 1
	end := first + i.B()
	if i.B() == 0 {
		end = th.top
	}
	t := th.stack[first-1].table()
	s.look(end - first)
	for j, v := range th.stack[first:end] {
		if err := t.setInt(n+j+1, v); err != nil {
			return err
		}
	}
	return nil
}

// equal carries out == for two different strings, tables or userdata, and follows the
// jump after it.
func (s *State) equal(th *Thread, fr *frame, a, b Value) error {
	if a.is(KindString) {
		if n := a.str().length; n >= bigWork && n == b.str().length {
			if err := s.Step(n / bytesPerStep); err != nil {
				return err
			}
			fr = th.current()
		}
		if jump := fr.follow(a.str().equal(b.str())); jump < 0 {
			return s.jumped(fr, jump)
		}
		return nil
	}
	if handler := s.equalHandler(a, b); !handler.IsNil() {
		return s.compareBy(th, handler, a, b, returnTest)
	}
	if jump := fr.follow(false); jump < 0 {
		return s.jumped(fr, jump)
	}
	return nil
}

// callSlow makes any call except that of a Lua function with as many arguments as
// parameters. Its step was counted.
func (s *State) callSlow(th *Thread, fr *frame, i code.Instruction) error {
	slot := int(fr.base) + i.A()
	args := i.B() - 1
	if args < 0 {
		args = th.top - slot - 1
	}
	if s.budget < 0 {
		if err := s.checkpointKeeping(th, slot+1+args); err != nil {
			return err
		}
	}
	f := th.stack[slot]
	want := i.C() - 1
	if f.is(kindGoFunction) {
		if g := f.gofn(); g.special == notSpecial {
			c := s.calls[s.nesting]
			c.begin(g, th, slot, args)
			s.active = c
			err := g.call(c)
			s.active = nil
			if err != nil || c.err != nil || s.doomed {
				return s.afterGo(th, c, err, slot, slot, want, 0)
			}
			if want != c.result {
				th.finish(slot, c.result, want)
			}
			return nil
		}
		return s.invokeSpecial(th, f.gofn(), slot, args, slot, want, 0)
	}
	return s.invoke(th, slot, args, slot, want, 0)
}

func (s *State) tailCall(th *Thread, fr *frame, i code.Instruction) error {
	slot := int(fr.base) + i.A()
	args := i.B() - 1
	if args < 0 {
		args = th.top - slot - 1
	}
	if s.budget--; s.budget < 0 {
		if err := s.checkpointKeeping(th, slot+1+args); err != nil {
			return err
		}
		fr = th.current()
	}
	s.look(int(fr.pc))
	f := th.stack[slot]
	if !f.IsFunction() {
		handler := s.metamethod(f, eventCall)
		if !handler.IsFunction() {
			return s.callError(th, f)
		}
		if err := th.ensure(slot + args + 2); err != nil {
			return err
		}
		copy(th.stack[slot+1:slot+args+2], th.stack[slot:slot+args+1])
		th.stack[slot] = handler
		f = handler
		args++
	}
	// The callee takes the caller's place.
	into := int(fr.base) - 1
	if fr.fn.proto.vararg {
		into -= int(fr.extra) + int(fr.fn.proto.params)
	}
	s.look(args)
	copy(th.stack[into:], th.stack[slot:slot+1+args])
	ret, want, flags := int(fr.ret), int(fr.want), fr.flags
	th.depth--
	if f.is(kindGoFunction) {
		return s.invoke(th, into, args, ret, want, flags)
	}
	if err := s.enter(th, f.fn(), into, args, ret, want, flags); err != nil {
		th.depth++ // the error is this function's
		return err
	}
	return nil
}

// iterate calls the iterator of a generic for.
func (s *State) iterate(th *Thread, fr *frame, i code.Instruction) error {
	at, want := int(fr.base)+i.A(), i.C()
	f := th.stack[at]
	if f.is(kindGoFunction) && f.gofn().special == specialNext && th.stack[at+1].is(KindTable) {
		key, value, known := th.stack[at+1].table().next(th.stack[at+2], fr.cache())
		if known {
			th.stack[at+3], th.stack[at+4] = key, value
			if want > 2 {
				clear(th.stack[at+5 : at+3+want])
			}
			return nil
		}
	}
	if s.budget--; s.budget < 0 {
		if err := s.checkpoint(); err != nil {
			return err
		}
	}
	copy(th.stack[at+3:at+6], th.stack[at:at+3])
	return s.invoke(th, at+3, 2, at+3, want, 0)
}

func (s *State) closure(th *Thread, fr *frame, i code.Instruction) error {
	p, err := s.child(fr.fn.proto, i.D())
	if err != nil {
		return err
	}
	made, err := s.newFunction(p, fr.fn.env)
	if err != nil {
		return err
	}
	regs := th.stack[fr.base:]
	regs[i.A()] = functionValue(made)
	made.capture(fr.fn, regs)
	if s.phase != walkIdle {
		s.markFunction(made)
	}
	return nil
}
