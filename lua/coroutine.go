package lua

// invokeSpecial calls a function that the interpreter carries out itself.
func (s *State) invokeSpecial(th *Thread, g *goFunction, slot, args, ret, want int, flags frameFlags) error {
	switch g.special {
	case specialPCall:
		return s.pcall(th, slot, args, ret, want, flags)
	case specialXPCall:
		return s.xpcall(th, slot, args, ret, want, flags)
	case specialResume:
		return s.resume(th, slot, args, ret, want, flags)
	case specialWrapped:
		return s.resumeWrapped(th, g, slot, args, ret, want, flags)
	case specialYield:
		return s.yield(th, slot, slot+1, args, ret, want, flags)
	}
	return s.invokeGo(th, g, slot, args, ret, want, flags)
}

// waitFor pushes the frame of a function that the interpreter carries out itself.
func (th *Thread) waitFor(kind frameKind, slot, ret, want int, flags frameFlags) error {
	if th.depth == len(th.frames) {
		if err := th.growFrames(); err != nil {
			return err
		}
	}
	th.depth++
	th.frames[th.depth-1].set(kind, slot+1, ret, want, 0, flags)
	return nil
}

// pcall is pcall(f, ...): a frame that stops errors, and a call.
func (s *State) pcall(th *Thread, slot, args, ret, want int, flags frameFlags) error {
	if args == 0 {
		return s.specialArgError(th, slot, args, 1, "value expected")
	}
	if err := th.waitFor(framePCall, slot, ret, want, flags); err != nil {
		return err
	}
	return s.invokeProtected(th, slot+1, args-1, slot+1)
}

// invokeProtected makes pcall's call. A Go function that the interpreter does not carry
// out itself is called at once: the calls that it asks for are left to run.
func (s *State) invokeProtected(th *Thread, slot, args, ret int) error {
	switch f := th.stack[slot]; {
	case f.is(KindFunction):
		return s.enter(th, f.fn(), slot, args, ret, wantAll, slowReturn)
	case f.is(kindGoFunction) && f.gofn().special == notSpecial:
		return s.invokeGo(th, f.gofn(), slot, args, ret, wantAll, slowReturn)
	}
	return s.invokeLater(th, slot, args, ret, wantAll, slowReturn)
}

// xpcall is xpcall(f, handler, ...). The handler takes the place of the first argument,
// so that it is at the frame's base.
func (s *State) xpcall(th *Thread, slot, args, ret, want int, flags frameFlags) error {
	if args == 0 {
		return s.specialArgError(th, slot, args, 1, "value expected")
	}
	if args < 2 || !th.stack[slot+2].IsFunction() {
		return s.specialTypeError(th, slot, args, 2, "function")
	}
	stack := th.stack
	stack[slot+1], stack[slot+2] = stack[slot+2], stack[slot+1]
	if err := th.waitFor(frameXPCall, slot, ret, want, flags); err != nil {
		return err
	}
	return s.invokeProtected(th, slot+2, args-2, slot+1)
}

// specialArgError is Call.ArgError for a function that the interpreter carries out
// itself.
func (s *State) specialArgError(th *Thread, slot, args, n int, message string) error {
	c := s.calls[s.nesting]
	c.fn, c.th, c.base, c.args, c.top = th.stack[slot].gofn(), th, slot+1, args, slot+1+args
	s.active = c
	defer func() { s.active = nil }()
	return c.ArgError(n, message)
}

func (s *State) specialTypeError(th *Thread, slot, args, n int, expected string) error {
	c := s.calls[s.nesting]
	c.fn, c.th, c.base, c.args, c.top = th.stack[slot].gofn(), th, slot+1, args, slot+1+args
	s.active = c
	defer func() { s.active = nil }()
	return c.TypeError(n, expected)
}

// NewThread makes a coroutine that will call a function.
func (s *State) NewThread(f Value) (*Thread, error) {
	if err := s.charge(newThreadBytes); err != nil {
		return nil, err
	}
	return s.newThread(f), nil
}

// resume is coroutine.resume(co, ...).
func (s *State) resume(th *Thread, slot, args, ret, want int, flags frameFlags) error {
	co := th.stack[slot+1]
	if args == 0 || !co.is(KindThread) {
		return s.specialArgError(th, slot, args, 1, "coroutine expected")
	}
	if err := th.waitFor(frameResume, slot, ret, want, flags); err != nil {
		return err
	}
	if message := s.cannotResume(th, co.thread()); message != "" {
		return s.failResume(th, message)
	}
	return s.switchTo(th, co.thread(), slot+2, args-1)
}

// failResume returns a failure from resume, whose frame is the innermost.
func (s *State) failResume(th *Thread, message string) error {
	text, err := s.newString(message)
	if err != nil {
		return err
	}
	at := int(th.current().base) - 1
	th.stack[at], th.stack[at+1] = False, stringValue(text)
	return s.answer(th, 2)
}

// resumeWrapped is a call of a function that coroutine.wrap has made.
func (s *State) resumeWrapped(th *Thread, g *goFunction, slot, args, ret, want int, flags frameFlags) error {
	co := g.held.thread()
	if message := s.cannotResume(th, co); message != "" {
		return s.raisef("%s", message)
	}
	if err := th.waitFor(frameWrapped, slot, ret, want, flags); err != nil {
		return err
	}
	return s.switchTo(th, co, slot+1, args)
}

func (s *State) cannotResume(th, co *Thread) string {
	switch {
	case co.status == threadDead:
		return "cannot resume dead coroutine"
	case co.status != threadSuspended || co == s.main:
		return "cannot resume running coroutine"
	case th.nesting+1 >= maxCoroutines:
		return "C stack overflow"
	}
	return ""
}

// switchTo runs a coroutine, which gets values of the one that waits for it. If there is
// no room for them, that one fails, and the coroutine stays as it is.
func (s *State) switchTo(th, co *Thread, from, count int) error {
	at := 1 // of one that has not begun: after its function
	if co.depth > 0 {
		at = int(co.current().base) - 1
	}
	if err := co.ensure(at + 1 + count); err != nil {
		return err
	}
	co.touch()
	co.resumer, co.nesting = th, th.nesting+1
	th.status, co.status = threadNormal, threadRunning
	s.thread = co
	s.look(count)
	copyValues(co.stack[at:], th.stack[from:from+count])
	if co.depth > 0 { // it has yielded
		return s.answer(co, count)
	}
	if err := co.waitFor(frameBottom, 0, 0, wantAll, 0); err != nil {
		return err
	}
	return s.invoke(co, 0, count, 0, wantAll, slowReturn)
}

// yield suspends the coroutine with the values from a slot on: those that it is resumed
// with are the results of the call whose function is in slot.
func (s *State) yield(th *Thread, slot, from, count, ret, want int, flags frameFlags) error {
	if th == s.main || th.entries > 0 || th.task != nil {
		return s.raisef("attempt to yield across C-call boundary")
	}
	if err := th.waitFor(frameYield, slot, ret, want, flags); err != nil {
		return err
	}
	th.status = threadSuspended
	to, err := s.handOver(th, from, count)
	if err != nil {
		return err
	}
	return s.answer(to, to.top-int(to.current().base)+1)
}

// answer pops the innermost frame, of a function that the interpreter carries out itself,
// and gives its caller the results, which are in the slots from the function's on.
func (s *State) answer(th *Thread, count int) error {
	at, ret, want, flags := th.current().pending()
	th.depth--
	if at == ret && flags == 0 { // a Lua function has called it, and wants them where they are
		th.finish(at, count, want)
		return nil
	}
	return s.deliver(th, at, count, ret, want, flags)
}

// CanYield reports whether the running function could yield: a coroutine runs that is not
// the one of a Task, and no Go function waits for the call in which it does.
func (s *State) CanYield() bool {
	return s.thread != s.main && s.thread.entries == 0 && s.thread.task == nil
}

// Status returns "suspended", "running", "normal" or "dead", as coroutine.status does.
func (th *Thread) Status() string {
	switch th.status {
	case threadSuspended:
		return "suspended"
	case threadRunning:
		return "running"
	case threadNormal:
		return "normal"
	}
	return "dead"
}

// Wrap makes a coroutine that will call a function, and the function that coroutine.wrap
// returns for it.
func (s *State) Wrap(f Value) (Value, error) {
	if err := s.charge(newThreadBytes + goFunctionBytes); err != nil { // at once: a walk in between would find neither
		return Nil, err
	}
	s.goFunctions++
	return goValue(&goFunction{
		name: "wrap", env: s.globals, special: specialWrapped, held: threadValue(s.newThread(f)), number: s.goFunctions,
		mark: s.born,
	}), nil
}
