package lua

// A Task is a coroutine that Go code starts and resumes, and that a Go function suspends
// as a whole, by Call.Suspend: with all coroutines that it has resumed and that wait for
// one another, through pcall, metamethods and iterators. It is what a scheduler is built
// on. A Task belongs to the state's goroutine.
//
// Scripts see the task's own coroutine in coroutine.running. They can neither resume it
// nor yield from it: the task's coroutines yield to those that have resumed them.
type Task struct {
	root    Thread
	inner   *Thread // the innermost coroutine while the task is suspended, or not begun; else nil
	failure *Error  // raised when the task goes on

	// The stack of root before the task begins: the function and its arguments, unless
	// they are more. Many tasks that are started and end one after the other share a
	// stack then.
	first [firstOfTask]Value
}

const (
	firstOfTask = 2
	taskBytes   = 184 + continuationBytes
	roomBytes   = firstSlots*valueBytes + firstFrames*frameBytes
)

// NewTask makes a task that will call a function with these arguments. Its memory is
// charged to the state; it lives for as long as a walk finds Value.
func (s *State) NewTask(f Value, args ...Value) (*Task, error) {
	t := &Task{}
	if err := s.InitTask(t, f, args...); err != nil {
		return nil, err
	}
	return t, nil
}

// InitTask is NewTask for a Task that is a field of the caller's struct: one allocation
// for both. The Task must be a zero one, and stay where it is.
func (s *State) InitTask(t *Task, f Value, args ...Value) error {
	bytes := taskBytes + roomBytes
	if len(args) >= firstOfTask {
		bytes += pointerClass((1 + len(args)) * valueBytes)
	}
	if err := s.charge(bytes); err != nil {
		return err
	}
	root := &t.root
	s.setUp(root, f)
	if len(args) < firstOfTask {
		root.stack = t.first[:1+len(args)]
	} else {
		root.stack = make([]Value, 1+len(args))
	}
	root.stack[0] = f
	s.look(len(args))
	copyValues(root.stack[1:], args)
	for _, v := range args {
		s.found(v) // during a walk the new stack counts as looked into
	}
	root.status, root.nesting, root.top = threadNormal, 1, len(root.stack)
	root.task, t.inner = t, root
	return nil
}

// begin gives a task a stack.
func (s *State) begin(t *Task) {
	root := &t.root
	given := root.stack
	s.equip(root)
	if len(given) > firstSlots {
		root.stack = given
	} else {
		copyValues(root.stack, given)
		t.first = [firstOfTask]Value{}
	}
	root.frames[0].set(frameBottom, 1, 0, wantAll, len(given)-1, 0)
	root.depth = 1
}

// stackInside reports whether a coroutine's stack is a part of its task.
func (th *Thread) stackInside() bool { return th.task != nil && cap(th.stack) <= firstOfTask }

// size is the memory of a coroutine with its stacks, or those that it will have.
func (th *Thread) size() int {
	size := threadBytes
	if th.task != nil {
		size = taskBytes
	}
	switch {
	case th.frames != nil:
		size += pointerClass(cap(th.frames) * frameBytes)
	case th.stack != nil: // a task that has not begun
		size += roomBytes
	}
	if th.stack != nil && !th.stackInside() {
		size += pointerClass(cap(th.stack) * valueBytes)
	}
	return size
}

// Value returns the task's own coroutine, for Marker and Ref. Scripts that get it cannot
// do anything with it but look.
func (t *Task) Value() Value { return threadValue(&t.root) }

// Fail makes the next Resume raise an error in the task, where it is suspended, instead of
// letting it go on. A task that has not begun fails without having run. A
// second error replaces the first.
func (t *Task) Fail(err *Error) { t.failure = err }

// Suspended reports whether Resume would let the task begin or go on: it is neither
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

// Suspend suspends the task that the function runs in: the one that has resumed it goes
// on. When it is resumed again the arguments are the results of this function, or if then
// is not nil the arguments of then. An error that Task.Fail was given is raised here; then
// is not called. The Go function must return Suspend's error. Where Task has an error, or
// none is running, Suspend raises one.
func (c *Call) Suspend(then func(c *Call) error) error { return c.SuspendFor(then, nil) }

// SuspendFor is Suspend, and lets another task go on at once: the function that has
// resumed this one waits for that one now, as if it had resumed it. next is called once
// the task is suspended, with no function running. It returns the other task, which must
// be suspended, or nil: then the function that waits goes on.
func (c *Call) SuspendFor(then func(c *Call) error, next func() *Task) error {
	if c.err != nil {
		return c.err
	}
	c.action, c.then, c.next = actSuspend, then, next
	return errAction
}

// suspend gives the frame of the Go function that asks for it a continuation, or makes it
// wait for its results, and goes on with the one that has called Task.Function.
func (s *State) suspend(
	th *Thread, g *goFunction, then func(c *Call) error, next func() *Task, slot, ret, want int, flags frameFlags,
) error {
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
	for co := th; co != &t.root; co = co.resumer {
		co.touch()
	}
	t.root.touch()
	to := t.root.resumer
	t.root.resumer, t.inner = nil, th
	to.status = threadRunning
	s.thread = to
	to.current().extra = 0
	if next != nil {
		if other := next(); other != nil {
			if !other.Suspended() {
				return s.raisef("cannot resume running task")
			}
			return s.resumeTask(to, other, 0, 0)
		}
	}
	return nil // run goes on with the function that has resumed the task
}

// Resume lets a task begin or go on once this Go function has returned Resume's error, as
// it must. The arguments are further ones of the task's function, or what Suspend's
// function goes on with. then is called when the task is suspended, without arguments, or
// has ended, with the results of its function. An error that the task does not catch ends
// it, and then finds it by Failed; one that Lua cannot catch ends this function, too. A
// task that runs or has ended is an error of Resume itself.
func (c *Call) Resume(t *Task, then func(c *Call) error, args ...Value) error {
	switch {
	case c.err != nil:
		return c.err
	case t.Ended():
		return c.s.raisef("cannot resume dead task")
	case !t.Suspended():
		return c.s.raisef("cannot resume running task")
	}
	c.top = c.base - 1 // as in CallThen
	if err := c.th.ensure(c.top + 1 + len(args)); err != nil {
		return err
	}
	stack := c.th.stack
	stack[c.top] = goValue(c.fn)
	copyValues(stack[c.top+1:], args)
	c.args, c.action, c.then, c.task = len(args), actResume, then, t
	return errAction
}

// resumeTask carries out Resume, whose frame is the innermost. From the moment in which
// the task runs every error is the task's.
func (s *State) resumeTask(th *Thread, t *Task, from, args int) error {
	co, failure := t.inner, t.failure
	if co.depth == 0 {
		s.begin(t)
	}
	t.inner = nil
	t.root.resumer = th
	th.status, co.status = threadNormal, threadRunning
	s.thread = co
	if failure != nil {
		t.failure = nil
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
	copyValues(co.stack[at:], th.stack[from:from+args])
	switch waiting.kind {
	case frameYield:
		return s.answer(co, args)
	case frameContinue:
		waiting.extra = int32(args)
		co.top = at + args
		return nil // run goes on with it
	}
	return s.invokeLater(co, 0, int(waiting.extra)+args, 0, wantAll, slowReturn) // for it may suspend, and so on
}
