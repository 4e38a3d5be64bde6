package lua

// A Task is a coroutine that Go code starts and resumes, and that a Go function suspends
// as a whole, by Call.Suspend: with all coroutines that it has resumed and that wait for
// one another, through pcall, metamethods and iterators. It is what a scheduler is built
// on. A Task belongs to the state's goroutine.
//
// Scripts see the task's own coroutine in coroutine.running. They can neither resume it
// nor yield from it: the task's coroutines yield to those that have resumed them.
type Task struct {
	root     *Thread
	inner    *Thread // the innermost coroutine while the task is suspended, or not begun; else nil
	function Value
	failure  *Error // raised when the task goes on
}

const taskBytes = 48

// NewTask makes a task that will call a function with these arguments. Its memory is
// charged to the state; it lives for as long as a walk finds Function.
func (s *State) NewTask(f Value, args ...Value) (*Task, error) {
	if err := s.charge(newThreadBytes + goFunctionBytes + taskBytes); err != nil {
		return nil, err
	}
	root := s.newThread(f)
	if err := root.ensure(1 + len(args)); err != nil {
		return nil, err
	}
	s.look(len(args))
	copyValues(root.stack[1:], args)
	for _, v := range args {
		s.found(v) // during a walk the new stack counts as looked into
	}
	root.status, root.nesting = threadNormal, 1
	root.frames[0].set(frameBottom, 1, 0, wantAll, len(args), 0)
	root.depth, root.top = 1, 1+len(args)
	s.goFunctions++
	t := &Task{root: root, inner: root}
	t.function = goValue(&goFunction{
		name: "task", env: s.globals, special: specialTask, held: threadValue(root), number: s.goFunctions, mark: s.born,
	})
	root.task = t
	return t, nil
}

// Function returns the function that starts the task, or lets it go on: for State.Call.
// Its arguments are further ones of the task's function, or what Suspend's function goes
// on with. It returns when the task is suspended, without results, or has ended, with those
// of its function. An error that the task does not catch ends the task and is the
// function's. Called while the task runs, or after its end, it raises an error.
//
// The function is for the task's scheduler, and not for scripts.
func (t *Task) Function() Value { return t.function }

// Fail makes the next call of Function raise an error in the task, where it is suspended,
// instead of letting it go on. A task that has not begun fails without having run. A
// second error replaces the first.
func (t *Task) Fail(err *Error) { t.failure = err }

// Suspended reports whether Function would let the task begin or go on: it is neither
// running nor has it ended.
func (t *Task) Suspended() bool { return t.inner != nil }

// Ended reports whether the task has ended, by a return or by an error.
func (t *Task) Ended() bool { return t.root.status == threadDead }

// Innermost returns the coroutine in which a suspended task waits, for State.Activation;
// the task's own one if it has not begun, and nil if it is not suspended.
func (t *Task) Innermost() *Thread { return t.inner }

// Task returns the task that the function runs in, or nil if it runs in none. The error
// is Suspend's: a Go function in the task waits for a call to return, so that the task
// cannot be suspended.
func (c *Call) Task() (*Task, error) { return c.s.runningTask() }

func (s *State) runningTask() (*Task, error) {
	th := s.thread
	within := false
	for ; th != nil; th = th.resumer {
		within = within || th.entries > 0
		if th.task != nil {
			break
		}
	}
	switch {
	case th == nil:
		return nil, nil
	case within:
		return th.task, s.raisef("attempt to yield across C-call boundary")
	}
	return th.task, nil
}

// Suspend suspends the task that the function runs in: the call of Task.Function returns.
// When it is called again the arguments are the results of this function, or if then is
// not nil the arguments of then. An error that Task.Fail was given is raised here; then
// is not called. The Go function must return Suspend's error. Where Task has an error, or
// none is running, Suspend raises one.
func (c *Call) Suspend(then func(c *Call) error) error {
	if c.err != nil {
		return c.err
	}
	c.action, c.then = actSuspend, then
	return errAction
}

// suspend gives the frame of the Go function that asks for it a continuation, or makes it
// wait for its results, and goes on with the one that has called Task.Function.
func (s *State) suspend(th *Thread, g *goFunction, then func(c *Call) error, slot, ret, want int, flags frameFlags) error {
	t, err := s.runningTask()
	if err != nil {
		return err
	}
	if t == nil {
		return s.raisef("attempt to suspend outside of a task")
	}
	th.stack[slot] = goValue(g) // its place may hold a result
	if then == nil {
		err = th.waitFor(frameYield, slot, ret, want, flags)
	} else if err = th.waitFor(frameContinue, slot, ret, want, flags); err == nil {
		th.continuations = append(th.continuations, continuation{then, false})
	}
	if err != nil {
		return err
	}
	th.top = slot + 1
	th.status = threadNormal // it waits within the task, and nobody else can resume it
	for co := th; co != t.root; co = co.resumer {
		co.touch()
	}
	t.root.touch()
	to := t.root.resumer
	t.root.resumer, t.inner = nil, th
	to.status = threadRunning
	s.thread = to
	return s.answer(to, 0)
}

// resumeTask is a call of Task.Function. From the moment in which the task runs every
// error is the task's.
func (s *State) resumeTask(th *Thread, g *goFunction, slot, args, ret, want int, flags frameFlags) error {
	t := g.held.thread().task
	switch {
	case t.Ended():
		return s.raisef("cannot resume dead task")
	case !t.Suspended():
		return s.raisef("cannot resume running task")
	}
	if err := th.waitFor(frameTask, slot, ret, want, flags); err != nil {
		return err
	}
	co, failure := t.inner, t.failure
	t.inner, t.failure = nil, nil
	t.root.resumer = th
	th.status, co.status = threadNormal, threadRunning
	s.thread = co
	if failure != nil {
		return failure
	}
	waiting := co.current()
	at := int(waiting.base)
	switch waiting.kind {
	case frameYield:
		at-- // the results take the function's place
	case frameBottom:
		at += int(waiting.extra) // after the arguments that are there
	}
	if err := co.ensure(at + 1 + args); err != nil {
		return err
	}

	s.look(args)
	copyValues(co.stack[at:], th.stack[slot+1:slot+1+args])
	switch waiting.kind {
	case frameYield:
		return s.answer(co, args)
	case frameContinue:
		waiting.extra = int32(args)
		co.top = at + args
		return nil // run goes on with it
	}
	return s.invoke(co, 0, int(waiting.extra)+args, 0, wantAll, slowReturn)
}
