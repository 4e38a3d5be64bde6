package lua

// A Caller calls one function many times from a running Go function: see Call.CallMany.
type Caller struct {
	c *Call
	f Value
}

// CallMany lets body call one function as often as it likes through a Caller, which costs
// less a call than Call does. Each call counts a step. As with Call it nests, and the
// function cannot yield. The Caller is good until body returns. CallMany returns body's
// error.
func (c *Call) CallMany(f Value, body func(k *Caller) error) (err error) {
	s, th := c.s, c.th
	if s.nesting >= maxNesting {
		return s.raisef("C stack overflow")
	}
	if s.nesting+1 == len(s.calls) {
		s.calls = append(s.calls, &Call{s: s})
	}
	depth, nesting, entries, active := th.depth, s.nesting, th.entries, s.active
	continuations := len(th.continuations)
	finished := false
	defer func() {
		if finished {
			return
		}
		if value := recover(); value != nil { // else runtime.Goexit: nothing to return to
			err = s.abandon(th, value)
			s.thread, s.nesting, s.active = th, nesting, active
			th.depth, th.entries, th.status = depth, entries, threadRunning
			th.forget(continuations)
		}
	}()
	err = body(&Caller{c, f})
	finished = true
	return err
}

// Call1 calls the function and returns its first result, or nil.
func (k *Caller) Call1(args ...Value) (Value, error) {
	c := k.c
	s, th := c.s, c.th
	if s.budget--; s.budget < 0 {
		if err := s.checkpoint(); err != nil {
			return Nil, err
		}
	}
	slot := c.top
	if err := th.ensure(slot + 1 + len(args)); err != nil {
		return Nil, err
	}
	depth, active := th.depth, s.active
	entry, err := th.push()
	if err != nil {
		return Nil, err
	}
	entry.fn, entry.base, entry.ret, entry.extra = nil, int32(c.base), int32(slot), 1 // one by one: see enter
	entry.pc, entry.want, entry.kind, entry.flags = 0, 1, frameEntry, 0
	stack := th.stack[slot:]
	stack[0] = k.f
	for i, v := range args { // a few: copy takes longer
		stack[i+1] = v
	}

	s.nesting++
	s.active = nil
	th.entries++
	if err = s.invoke(th, slot, len(args), slot, 1, slowReturn); err != nil {
		err = s.unwind(err)
	}
	if err == nil {
		err = s.run()
	}
	th.entries--
	s.active = active
	s.nesting--

	s.thread = th
	th.depth = depth
	th.status = threadRunning
	if err != nil {
		return Nil, err
	}
	return th.stack[slot], nil
}
