package lua

// invoke calls the value in a slot with the arguments after it. want results go to ret
// on, and flags say how else they are used. A Lua function gets its frame and runs when
// the caller is back in run. A Go function has returned by then, and its results are
// delivered.
func (s *State) invoke(th *Thread, slot, args, ret, want int, flags frameFlags) error {
	switch f := th.stack[slot]; {
	case f.is(KindFunction):
		return s.enter(th, f.fn(), slot, args, ret, want, flags)
	case f.is(kindGoFunction):
		if g := f.gofn(); g.special != notSpecial {
			return s.invokeSpecial(th, g, slot, args, ret, want, flags)
		}
		return s.invokeGo(th, f.gofn(), slot, args, ret, want, flags)
	default:
		handler := s.metamethod(f, eventCall)
		if !handler.IsFunction() {
			return s.callError(th, f)
		}
		if err := th.ensure(slot + args + 2); err != nil {
			return err
		}
		copy(th.stack[slot+1:slot+args+2], th.stack[slot:slot+args+1])
		th.stack[slot] = handler
		return s.invoke(th, slot, args+1, ret, want, flags)
	}
}

// enter pushes the frame of a Lua function.
func (s *State) enter(th *Thread, f *Function, slot, args, ret, want int, flags frameFlags) error {
	p := f.proto
	base, params := slot+1, int(p.params)
	if p.vararg {
		base += args
	}
	if err := th.ensure(base + int(p.registers)); err != nil {
		return err
	}
	extra := int32(0)
	if p.vararg {
		extra = moveParams(th.stack, slot, args, params)
	} else if args < params {
		clear(th.stack[base+args : base+params])
	}
	fr, err := th.push()
	if err != nil {
		return err
	}
	fr.set(frameLua, base, ret, want, int(extra), flags)
	fr.fn = f
	return nil
}

// moveParams puts a vararg function's parameters before its registers, after all
// arguments, and returns how many arguments there are beyond them, less than 0 if too
// few.
func moveParams(stack []Value, slot, args, params int) (extra int32) {
	base := slot + 1 + args
	moved := min(args, params)
	copy(stack[base:], stack[slot+1:slot+1+moved])
	clear(stack[slot+1 : slot+1+moved]) // for the collector
	clear(stack[base+moved : base+params])
	return int32(args - params)
}

// vararg copies the further arguments of a function, want of them or all, up to the top.
func (s *State) vararg(th *Thread, fr *frame, to, want int) error {
	extra := max(int(fr.extra), 0)
	from := int(fr.base) - extra
	if want < 0 {
		want = extra
		if err := th.ensure(to + extra); err != nil {
			return err
		}
		th.top = to + extra
	}
	s.look(want)
	n := copy(th.stack[to:to+want], th.stack[from:from+extra])
	clear(th.stack[to+n : to+want])
	return nil
}

// copyValues is copy, which takes longer for a few.
func copyValues(to, from []Value) {
	if len(from) > 4 {
		copy(to, from)
		return
	}
	//lint:ignore S1001 copy takes longer for a few
	for i := range from {
		to[i] = from[i]
	}
}

// finish fills up, or counts, results that are stored already.
func (th *Thread) finish(ret, have, want int) {
	if want < 0 {
		th.top = ret + have
		return
	}
	for ; have < want; have++ {
		th.stack[ret+have] = Nil
	}
}

// leave pops a Lua frame whose results begin at a slot, and delivers them to the frame
// that waits for them.
func (s *State) leave(th *Thread, from, count int) error {
	fr := th.current()
	ret, want, flags := int(fr.ret), int(fr.want), fr.flags
	th.depth--
	return s.deliver(th, from, count, ret, want, flags)
}

// deliver stores the results of a call, and carries on with the frame that waits for
// them. When it returns nil the innermost frame of s.thread is of Lua, or the entry frame
// of the present run.
func (s *State) deliver(th *Thread, from, count, ret, want int, flags frameFlags) error {
	for {
		waiting := th.current()
		if flags&^slowReturn != 0 {
			return s.operated(th, waiting, from, count, ret, flags)
		}
		stored := count
		if want >= 0 {
			stored = min(count, want)
		}
		if from != ret {
			if err := th.ensure(ret + stored); err != nil {
				return err
			}
			s.look(stored)
			copyValues(th.stack[ret:ret+stored], th.stack[from:from+stored])
		}
		th.finish(ret, stored, want)

		at := int(waiting.base) - 1
		switch waiting.kind {
		case frameLua, frameEntry:
			return nil
		case framePCall, frameXPCall:
			th.stack[at] = True
			from, count = at, count+1
		case frameContinue:
			waiting.extra = int32(count)
			return nil // run goes on with it: here it would nest
		case frameBottom:
			th.status = threadDead
			th.depth = 0
			ended := th
			var err error
			if th, err = s.handOver(th, ret, count); err != nil {
				return err
			}
			s.end(ended)
			waiting = th.current()
			if waiting.kind == frameContinue { // of Resume
				waiting.extra = int32(th.top) - waiting.base
				return nil
			}
			from, count = int(waiting.base)-1, th.top-int(waiting.base)+1
		default:
			panic("lua: results for a frame that waits for none")
		}
		ret, want, flags = int(waiting.ret), int(waiting.want), waiting.flags
		th.depth--
	}
}

// handOver gives values of a coroutine that ends or yields to the one that resumed it,
// which runs again. They are from base - 1 of its waiting frame up to its top afterwards.
func (s *State) handOver(th *Thread, from, count int) (*Thread, error) {
	th.touch()
	to := th.resumer
	th.resumer = nil
	to.status = threadRunning
	s.thread = to
	waiting := to.current()
	at := int(waiting.base) - 1
	if err := to.ensure(at + 1 + count); err != nil {
		return nil, err
	}
	switch waiting.kind {
	case frameResume:
		to.stack[at] = True
		at++
	case frameContinue: // the function stays
		at++
	}
	s.look(count)
	copyValues(to.stack[at:], th.stack[from:from+count])
	to.top = at + count
	return to, nil
}

// invokeGo calls a Go function.
func (s *State) invokeGo(th *Thread, g *goFunction, slot, args, ret, want int, flags frameFlags) error {
	c := s.calls[s.nesting]
	c.begin(g, th, slot, args)
	th.top = c.top
	s.active = c
	err := g.call(c)
	s.active = nil
	if slot != ret || err != nil || c.err != nil || s.doomed {
		return s.afterGo(th, c, err, slot, ret, want, flags)
	}
	return s.deliver(th, slot, c.result, ret, want, flags)
}

// afterGo serves a Go function that did not simply return: it has failed, or asks for a
// call or a yield.
func (s *State) afterGo(th *Thread, c *Call, err error, slot, ret, want int, flags frameFlags) error {
	if err == nil {
		err = c.err
	}
	if err == nil && s.doomed {
		return s.doom
	}
	if err == nil {
		return s.deliver(th, slot, c.result, ret, want, flags)
	}
	if err != errAction {
		s.active = c // the error is the function's own
		e := s.lift(err)
		s.active = nil
		th.pushFailed(c, slot)
		return e
	}
	action := c.action
	c.action = noAction
	if s.doomed {
		return s.doom
	}
	switch action {
	case actTailCall:
		return s.invokeLater(th, slot, c.args, ret, want, flags)
	case actCallThen:
		fr, err := th.push()
		if err != nil {
			return err
		}
		at := c.top + 1
		fr.set(frameContinue, at, ret, want, 0, flags)
		th.continuations = append(th.continuations, continuation{c.then, c.pcall})
		return s.invokeLater(th, at, c.args, at, wantAll, slowReturn)
	case actResume:
		fr, err := th.push()
		if err != nil {
			return err
		}
		at, task := c.top+1, c.task
		c.task = nil
		fr.set(frameContinue, at, ret, want, 0, flags)
		th.continuations = append(th.continuations, continuation{c.then, true})
		return s.resumeTask(th, task, at, c.args)
	case actYield:
		if c.then == nil {
			return s.yield(th, slot, slot, c.result, ret, want, flags)
		}
		fr, err := th.push()
		if err != nil {
			return err
		}
		fr.set(frameContinue, slot+1, ret, want, 0, flags)
		th.continuations = append(th.continuations, continuation{c.then, false})
		goOn := c.fn
		return s.yieldFor(th, goOn, slot, c.result)
	case actSuspend:
		next := c.next
		c.next = nil
		return s.suspend(th, c.fn, c.then, next, slot, ret, want, flags)
	}
	panic("lua: a Go function asks for nothing")
}

// invokeLater is invoke for a Go function that asks for a call. Calls of further Go
// functions are left to run, so that a chain of them does not nest on Go's stack.
func (s *State) invokeLater(th *Thread, slot, args, ret, want int, flags frameFlags) error {
	if th.stack[slot].is(KindFunction) {
		return s.invoke(th, slot, args, ret, want, flags)
	}
	fr, err := th.push()
	if err != nil {
		return err
	}
	fr.set(frameInvoke, slot+1, ret, want, args, flags)
	th.top = slot + 1 + args
	return nil
}

// carryOn goes on with the call or the Go function that a frame waits for, and reports
// whether there is one.
func (s *State) carryOn(th *Thread, fr *frame) (waits bool, err error) {
	switch fr.kind {
	case frameInvoke:
		slot, ret, want, flags := fr.pending()
		th.depth--
		return true, s.invoke(th, slot, int(fr.extra), ret, want, flags)
	case frameContinue:
		return true, s.resumeGo(th, int(fr.extra), nil)
	}
	return false, nil // the entry frame: its results are stored
}

// pushFailed pushes the frame of a Go function that has returned an error, for handlers
// and tracebacks.
func (th *Thread) pushFailed(c *Call, slot int) {
	if fr, err := th.push(); err == nil { // else it is missing there
		fr.set(frameGo, slot+1, 0, 0, 0, 0)
		th.stack[slot], th.top = goValue(c.fn), c.top
	}
}

// resumeGo goes on with a Go function whose callee has returned, or failed: its frame is
// the innermost, and the results begin at its base.
func (s *State) resumeGo(th *Thread, count int, failed *Error) error {
	slot, ret, want, flags := th.current().pending()
	last := len(th.continuations) - 1
	then := th.continuations[last].then
	th.continuations[last] = continuation{}
	th.continuations = th.continuations[:last]
	th.depth--
	c := s.calls[s.nesting]
	c.fn, c.th, c.base, c.args, c.top = th.stack[slot].gofn(), th, slot+1, count, slot+1+count
	c.result, c.err, c.failed = 0, nil, failed
	th.top = c.top
	s.active = c
	err := then(c)
	s.active = nil
	return s.afterGo(th, c, err, slot, ret, want, flags)
}

// yieldFor suspends a coroutine for a Go function that goes on by a continuation, whose
// frame is the innermost.
func (s *State) yieldFor(th *Thread, g *goFunction, slot, count int) error {
	// The values are where the continuation's function is to be: they move up by one.
	if err := th.ensure(slot + 2 + count); err != nil {
		return err
	}
	copy(th.stack[slot+1:slot+1+count], th.stack[slot:slot+count])
	th.stack[slot] = goValue(g)
	return s.yield(th, slot+1, slot+1, count, slot+1, wantAll, slowReturn)
}

// checkpointJump is checkpoint at a jump backwards: readers of the frame meanwhile, such
// as an interrupt, see the jump.
func (s *State) checkpointJump(behind, target int) error {
	s.thread.current().pc = int32(behind)
	if err := s.checkpoint(); err != nil {
		return err
	}
	s.thread.current().pc = int32(target)
	return nil
}

// checkpointKeeping is checkpoint before a call whose arguments end at top.
func (s *State) checkpointKeeping(th *Thread, top int) error {
	th.top = top
	return s.checkpoint()
}
