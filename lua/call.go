package lua

// Call calls a function, or a value with __call, and returns its results. An error is an
// *Error, whatever went wrong. From within a Go function it nests, at most 200 deep; the
// called function cannot yield then.
//
// The state belongs to the goroutine that calls, until Call has returned. Calls from
// other goroutines panic meanwhile, even while a Go function waits that Lua code has
// called: such a function itself may call, a goroutine that it starts may not.
func (s *State) Call(f Value, args ...Value) ([]Value, error) { return s.all(s.call(f, args)) }

// Call1 is Call for callers that want one result: the first, or nil.
func (s *State) Call1(f Value, args ...Value) (Value, error) { return s.first(s.call(f, args)) }

// Call0 is Call for callers that want no result. It allocates nothing.
func (s *State) Call0(f Value, args ...Value) error {
	_, _, err := s.call(f, args)
	return err
}

// callWithin is Call for a Go function that Lua code has called, and for metamethods,
// which are mostly called for one.
func (s *State) callWithin(f Value, args ...Value) ([]Value, error) {
	return s.all(s.within(f, args))
}

// call1Within is callWithin for callers that want one result: the first, or nil.
func (s *State) call1Within(f Value, args ...Value) (Value, error) {
	return s.first(s.within(f, args))
}

// all copies the results of a call from the stack.
func (s *State) all(from, count int, err error) ([]Value, error) {
	if err != nil || count == 0 {
		return nil, err
	}
	return append([]Value(nil), s.thread.stack[from:from+count]...), nil
}

// first returns the first result of a call, or nil.
func (s *State) first(from, count int, err error) (Value, error) {
	if err != nil || count == 0 {
		return Nil, err
	}
	return s.thread.stack[from], nil
}

// call leaves the results on the stack of the running coroutine, where they are until the
// next call.
func (s *State) call(f Value, args []Value) (from, count int, err error) {
	if !s.claim() {
		return s.enterCall(f, args)
	}
	if s.nesting > 0 {
		s.dropAll()
	}
	if s.doomed {
		s.doomed, s.doom = false, nil
	}
	if s.exhausted {
		s.refresh()
	}
	from, count, err = s.enterCall(f, args)
	s.release() // or enterRun, if the goroutine ends
	return from, count, err
}

// within is call, or enterCall if the state is at work, which is then for this goroutine.
func (s *State) within(f Value, args []Value) (from, count int, err error) {
	if !s.atWork() {
		return s.call(f, args)
	}
	return s.enterCall(f, args)
}

// enterCall is call by the goroutine that the state is at work for.
func (s *State) enterCall(f Value, args []Value) (from, count int, err error) {
	if s.closed {
		return 0, 0, &Error{Message: ErrClosed.Error(), Kind: KindUnwind, cause: ErrClosed}
	}
	if s.nesting >= maxNesting {
		return 0, 0, s.raisef("C stack overflow")
	}
	th, active := s.thread, s.active
	slot, owner := s.roomFor(th, active)
	if err := th.ensure(slot + 1 + len(args)); err != nil {
		return 0, 0, err
	}
	depth, continuations := th.depth, len(th.continuations)
	entry, err := th.push()
	if err != nil {
		return 0, 0, err
	}
	entry.set(frameEntry, owner, slot, wantAll, 0, 0)
	if active != nil {
		entry.extra = 1
	}
	th.stack[slot] = f
	copyValues(th.stack[slot+1:], args)

	s.nesting++
	if s.nesting == len(s.calls) {
		s.calls = append(s.calls, &Call{s: s})
	}
	if active != nil {
		s.active = nil
	}
	th.entries++
	err = s.enterRun(th, slot, len(args))
	th.entries--
	if s.active != active { // pointers are written only if they change
		s.active = active
	}
	s.nesting--

	if s.thread != th {
		s.thread = th
	}
	th.depth = depth
	th.status = threadRunning
	if err != nil {
		th.forget(continuations)
		if s.nesting == 0 && s.exhausted {
			s.refresh()
		}
		return 0, 0, err
	}
	return slot, th.top - slot, nil
}

// dropAll clears up after a goroutine that ended by runtime.Goexit within the call
// before.
func (s *State) dropAll() {
	s.nesting, s.active, s.handling, s.finalizing = 0, nil, 0, false
	s.dropAbove(s.main)
	s.thread = s.main
	s.main.depth, s.main.entries, s.main.status = 0, 0, threadRunning
	s.main.forget(0)
}

// refresh lets a state run again after its memory was used up. It clears the stack, so
// that the values of the last call hold no memory.
func (s *State) refresh() {
	s.exhausted, s.failures = false, 0
	clear(s.main.stack)
}

// roomFor returns the first free slot of a coroutine, and the base of the Go function
// that calls from there.
func (s *State) roomFor(th *Thread, active *Call) (slot, owner int) {
	if active != nil {
		return active.top, active.base
	}
	slot = th.free()
	if th.depth > 0 && th.current().kind == frameLua {
		slot = max(slot, th.top) // results of an open call may be there
	}
	return slot, slot
}

// enterRun makes the call and runs it. A panic of a registered Go function, and no other,
// is stopped here.
func (s *State) enterRun(th *Thread, slot, args int) (err error) {
	finished := false
	defer func() {
		if finished {
			return
		}
		value := recover()
		if value == nil { // runtime.Goexit: nothing to return to
			s.release()
			return
		}
		err = s.abandon(th, value)
	}()
	if enterRunAt.Load() == 0 {
		noteEnterRun()
	}
	if err = s.invoke(th, slot, args, slot, wantAll, slowReturn); err != nil {
		err = s.unwind(err)
	}
	if err == nil {
		err = s.run()
	}
	finished = true
	return err
}

// abandon clears up after a panic: the coroutines above the one that entered are dead.
func (s *State) abandon(entered *Thread, value any) error {
	e := s.panicked(value)
	s.doomed, s.doom = true, e
	s.dropAbove(entered)
	return e
}

// dropAbove ends the coroutines that run or wait above one.
func (s *State) dropAbove(entered *Thread) {
	for th := s.thread; th != nil && th != entered; {
		next := th.resumer
		th.status, th.resumer = threadDead, nil
		th = next
	}
}
