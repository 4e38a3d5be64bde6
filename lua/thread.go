package lua

// A Thread is a coroutine: a stack of values and a stack of frames. All coroutines of a
// state run on the goroutine that runs the state; resume and yield swap stacks.
type Thread struct {
	state  *State
	stack  []Value
	frames []frame
	depth  int // how many frames are in use
	top    int // after the results of a call that asked for all of them, or after a Go function's arguments

	resumer *Thread // that waits for this one
	env     *Table  // of the code that is loaded while it runs; nil means the globals
	task    *Task   // whose own coroutine this is, or nil

	continuations []continuation // of the frames of that kind, innermost last

	hash    uint32
	mark    uint32
	scanned uint32 // of the walk that last looked into it

	status  threadStatus
	nesting uint8  // how many coroutines wait for this one
	entries uint16 // frames by which Go entered: while there is one the coroutine cannot yield
}

type threadStatus uint8

const (
	threadSuspended threadStatus = iota // not begun, or it has yielded
	threadRunning
	threadNormal // it has resumed another one
	threadDead
)

const (
	maxSlots      = 250_000 // of a stack
	extraSlots    = 1_000   // beyond that while an error handler runs
	maxFrames     = 200_000 // of a coroutine
	maxNesting    = 200     // Go functions that call Lua, over all coroutines
	maxCoroutines = 200     // that wait for one another
	firstSlots    = 24
	firstFrames   = 4
	frameBytes    = 32
	threadBytes   = 144 + continuationBytes

	// continuationBytes is the list of a coroutine's continuations, made for the first one:
	// most coroutines need no more than one at a time.
	continuationBytes = 16

	newThreadBytes = threadBytes + roomBytes
)

// A frame is a call under way. Those of a kind other than frameLua belong to a Go
// function, the value below base, or are a mark.
type frame struct {
	fn    *Function // of a Lua function
	base  int32     // where its registers, or its arguments, begin
	ret   int32     // where its results go
	pc    int32     // the next instruction, while the frame waits or may be looked at
	extra int32     // arguments beyond the parameters; they are below base
	want  int16     // how many results are wanted; all of them if it is wantAll
	kind  frameKind
	flags frameFlags
}

// set makes a frame with these fields and zero in the others. It writes field by field: a
// whole frame would be put together elsewhere, and the processor would have to wait for
// that before it can copy it.
func (fr *frame) set(kind frameKind, base, ret, want, extra int, flags frameFlags) {
	if fr.fn != nil {
		fr.fn = nil
	}
	fr.base, fr.ret, fr.pc, fr.extra = int32(base), int32(ret), 0, int32(extra)
	fr.want, fr.kind, fr.flags = int16(want), kind, flags
}

// pending returns the slot of the function that a frame belongs to, and where its results
// go. It reads them one by one, for set's reason.
func (fr *frame) pending() (at, ret, want int, flags frameFlags) {
	return int(fr.base) - 1, int(fr.ret), int(fr.want), fr.flags
}

type frameKind uint8

const (
	frameLua      frameKind = iota
	frameEntry              // Go called: when the frame above returns, so does State.run
	frameBottom             // of a coroutine
	framePCall              // pcall waits for its function
	frameXPCall             // xpcall waits; its handler is the value at base
	frameResume             // coroutine.resume waits for a coroutine
	frameWrapped            // a function made by coroutine.wrap waits for its coroutine
	frameYield              // coroutine.yield waits to be resumed, or a Go function that has suspended its task
	frameGo                 // a Go function has failed
	frameContinue           // a Go function goes on by its continuation
	frameInvoke             // a call that a Go function asked for is still to be made
)

// frameFlags say how a frame's results are used, other than to store them.
type frameFlags uint8

const (
	slowReturn   frameFlags = 1 << iota // the frame below is not of Lua
	returnTest                          // a comparison's metamethod: its truth decides about a jump
	returnNegate                        // not (b < a), for a <= b
	returnConcat                        // __concat: more operands may wait
)

const wantAll = -1

// continuation is how a Go function goes on when the function that it called has
// returned.
type continuation struct {
	then      func(c *Call) error
	protected bool // an error goes to then, too: as Call.failed
}

// threadRoom is a coroutine's first stacks in one allocation.
type threadRoom struct {
	slots [firstSlots]Value
	calls [firstFrames]frame
}

// newThread makes a coroutine that is charged already.
func (s *State) newThread(f Value) *Thread {
	th := &Thread{}
	s.setUp(th, f)
	s.equip(th)
	th.stack[0] = f
	return th
}

// setUp makes a coroutine one of the state's, for a function that will be on its stack.
func (s *State) setUp(th *Thread, f Value) {
	th.state, th.mark, th.scanned = s, s.born, s.born
	s.found(f)
	if maker := s.thread; maker != nil {
		th.env = maker.env
	}
}

// equip gives a coroutine its first stacks.
func (s *State) equip(th *Thread) {
	if n := len(s.spares) - 1; n >= 0 {
		th.stack, th.frames = s.spares[n].stack, s.spares[n].frames
		s.spares = s.spares[:n]
	} else {
		room := &threadRoom{}
		th.stack, th.frames = room.slots[:], room.calls[:]
	}
}

// spareStacks are those of a coroutine that has ended, for the next one. A walk drops
// them: they are not charged.
type spareStacks struct {
	stack  []Value
	frames []frame
}

const maxSpares = 16

// end takes the stacks of a coroutine whose function has returned.
func (s *State) end(th *Thread) {
	if len(th.stack) == firstSlots && len(th.frames) == firstFrames && len(s.spares) < maxSpares {
		clear(th.stack)
		clear(th.frames)
		s.spares = append(s.spares, spareStacks{th.stack, th.frames})
	}
	th.stack, th.frames = nil, nil
}

// ensure makes sure that the stack has slots below size.
func (th *Thread) ensure(size int) error {
	if size <= len(th.stack) {
		return nil
	}
	return th.grow(size)
}

func (th *Thread) grow(size int) error {
	limit := maxSlots
	if th.state.handling > 0 {
		limit += extraSlots
	}
	if size > limit {
		return th.state.stackOverflow()
	}
	length := min(max(size, len(th.stack)*2), max(limit, size))
	if err := th.state.charge(pointerClass(length * valueBytes)); err != nil {
		return err
	}
	stack := make([]Value, length)
	copy(stack, th.stack)
	th.stack = stack
	return nil
}

// push adds a frame and returns it. The pointer is good until the next push.
func (th *Thread) push() (*frame, error) {
	if th.depth == len(th.frames) {
		if err := th.growFrames(); err != nil {
			return nil, err
		}
	}
	th.depth++
	return &th.frames[th.depth-1], nil
}

func (th *Thread) growFrames() error {
	limit := maxFrames
	if th.state.handling > 0 {
		limit += extraSlots
	}
	if th.depth >= limit {
		return th.state.stackOverflow()
	}
	length := min(len(th.frames)*2, limit)
	if err := th.state.charge(pointerClass(length * frameBytes)); err != nil {
		return err
	}
	frames := make([]frame, length)
	copy(frames, th.frames)
	th.frames = frames
	return nil
}

// forget drops all but the first continuations: a panic leaves them behind when it drops
// their frames.
func (th *Thread) forget(but int) {
	clear(th.continuations[but:])
	th.continuations = th.continuations[:but]
}

// trim takes back the room that error handlers had: the next one needs it again.
func (th *Thread) trim() {
	th.stack = th.stack[:min(len(th.stack), maxSlots)]
	th.frames = th.frames[:min(len(th.frames), maxFrames)]
}

// current returns the innermost frame.
func (th *Thread) current() *frame { return &th.frames[th.depth-1] }

// free returns the first slot that no frame uses.
func (th *Thread) free() int {
	top := 0
	for at := th.depth - 1; at >= 0; at-- {
		fr := &th.frames[at]
		switch fr.kind {
		case frameLua:
			return max(top, int(fr.base)+int(fr.fn.proto.registers))
		case frameGo, frameInvoke:
			top = max(top, th.top) // after arguments
		default:
			top = max(top, int(fr.base)+1, int(fr.ret)) // a handler may be at the base; ret is an entry's callee
		}
	}
	return top
}

// Value returns the coroutine as a Value.
func (th *Thread) Value() Value { return threadValue(th) }
