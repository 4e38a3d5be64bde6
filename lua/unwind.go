package lua

// unwind takes an error from the innermost frame outwards to the one that stops it, which
// then goes on. It returns the error if that is the entry frame of the present run.
func (s *State) unwind(err error) error {
	for {
		e := s.lift(err)
		if !e.Catchable() {
			s.doomed, s.doom = true, e
		}
		s.handle(e)
		passed := false
		if passed, err = s.unwindOne(e); passed || err == nil {
			return err
		}
	}
}

// unwindOne takes an error to the frame that stops it. It returns the error that going on
// from there gave, or the same if it has passed all frames of the present run. It does
// not call unwind: frames that fail in turn must not nest on Go's stack.
func (s *State) unwindOne(e *Error) (passed bool, err error) {
	for {
		th := s.thread
		fr := th.current()
		switch fr.kind {
		case frameLua:
			s.look(int(fr.pc))
		case frameEntry:
			return true, e
		case framePCall, frameXPCall:
			if e.Catchable() {
				return false, s.caught(th, e)
			}
		case frameContinue:
			last := len(th.continuations) - 1
			if th.continuations[last].protected && e.Catchable() {
				return false, s.resumeGo(th, 0, e)
			}
			th.continuations[last] = continuation{}
			th.continuations = th.continuations[:last]
		case frameBottom:
			if e, err = s.died(th, e); e == nil {
				return false, err
			}
			continue
		}
		th.depth--
	}
}

// caught goes on after a pcall or xpcall, whose frame is the innermost.
func (s *State) caught(th *Thread, e *Error) error {
	at := int(th.current().base) - 1
	th.stack[at], th.stack[at+1] = False, e.Value
	if e.Kind == KindMemory {
		clear(th.stack[at+2:]) // or the next attempt begins with the values that filled the memory
	}
	return s.answer(th, 2)
}

// died ends a coroutine by an error, and goes on with the one that waits for it: resume
// returns the error, which is then nil, and a function made by wrap raises it again. The
// frames stay, for tracebacks of the dead coroutine. err is the error of resume's
// results.
func (s *State) died(th *Thread, e *Error) (raised *Error, err error) {
	th.touch() // debug may look at its frames
	to := th.resumer
	th.resumer = nil
	th.status = threadDead
	to.status = threadRunning
	s.thread = to
	waiting := to.current()
	kind := waiting.kind
	if kind == frameResume && e.Catchable() {
		at := int(waiting.base) - 1
		to.stack[at], to.stack[at+1] = False, e.Value
		return nil, s.answer(to, 2)
	}
	if kind != frameContinue { // which Resume has asked for, and then gets the error
		to.depth--
	}
	if kind == frameWrapped && e.Value.is(KindString) && e.Value.str().length < maxPart && e.Catchable() {
		if position := s.where(s.level1()); position != "" { // as LuaJIT does
			raised := s.raise(position + e.Value.str().text())
			raised.cause, raised.Traceback = e.cause, e.Traceback
			e = raised
		}
	}
	e.handled = false
	s.handle(e)
	return e, nil
}

// handle serves an error while the frames that raised it are there: it calls the handler
// of the xpcall that stops it, or makes the traceback if nothing does.
func (s *State) handle(e *Error) {
	if e.handled {
		return
	}
	th := s.thread
	waiting := len(th.continuations)
	for at := th.depth - 1; at >= 0; at-- {
		fr := &th.frames[at]
		switch fr.kind {
		case framePCall:
			if e.Catchable() {
				return
			}
		case frameXPCall:
			if e.Catchable() {
				e.handled = true
				s.callHandler(th.stack[fr.base], e)
				return
			}
		case frameContinue:
			if waiting--; e.Catchable() && th.continuations[waiting].protected {
				return
			}
		case frameBottom:
			if e.Catchable() && (th.resumer == nil || th.resumer.current().kind == frameResume) {
				return
			}
			if e.Traceback == "" && s.opts.Tracebacks && (th.task != nil || !s.caughtFurther(th.resumer, e)) {
				e.Traceback = s.tracebackOfAll(s.thread)
			}
			return
		}
	}
	if s.opts.Tracebacks && e.Traceback == "" {
		e.handled = true
		e.Traceback = s.Traceback(s.thread, "", 0)
	}
}

// caughtFurther reports whether an error that leaves a coroutine made by wrap is stopped
// by one that waits for it.
func (s *State) caughtFurther(th *Thread, e *Error) bool {
	for ; th != nil && e.Catchable(); th = th.resumer {
		waiting := len(th.continuations)
		for at := th.depth - 1; at >= 0; at-- {
			switch th.frames[at].kind {
			case framePCall, frameXPCall:
				return true
			case frameContinue:
				if waiting--; th.continuations[waiting].protected {
					return true
				}
			}
		}
		if th.task != nil {
			return false // for the one that has resumed the task, who has no frames of it to look at
		}
		if th.resumer != nil && th.resumer.current().kind == frameResume {
			return true
		}
	}
	return false
}

// callHandler calls an xpcall's handler, which may replace the error object. An error in
// it is LuaJIT's "error in error handling".
func (s *State) callHandler(handler Value, e *Error) {
	if s.handling >= maxHandling {
		s.replace(e, "C stack overflow")
		return
	}
	s.handling++
	results, err := s.callWithin(handler, e.Value)
	if s.handling--; s.handling == 0 {
		s.thread.trim()
	}
	switch {
	case err != nil:
		if inner := s.lift(err); !inner.Catchable() {
			*e = *inner
			return
		}
		s.replace(e, "error in error handling")
	case len(results) > 0:
		e.Value = results[0]
	default:
		e.Value = Nil
	}
}

// maxHandling bounds error handlers within error handlers.
const maxHandling = 10

func (s *State) replace(e *Error, message string) {
	if made := s.raise(message); made.Kind == KindRuntime {
		e.Value, e.Message, e.cause = made.Value, made.Message, nil
	}
}
