package lua

import (
	"errors"
	"math"
	"sync/atomic"
	"time"
)

// The causes of errors that Lua cannot catch, for errors.Is.
var (
	ErrDeadline  = errors.New("deadline exceeded")
	ErrSteps     = errors.New("step limit exceeded")
	ErrMemory    = errors.New("not enough memory")
	ErrExhausted = errors.New("not enough memory, again and again")
	ErrClosed    = errors.New("state is closed")

	ErrInterrupted = errors.New("interrupted") // Interrupt without a cause
)

type interruption struct{ cause error }

// limits has the limits of a state, and its use so far.
//
// Steps are counted down in quanta: budget is the rest of the present quantum. Only when
// it is used up are the interrupt, the deadline and the limit looked at.
type limits struct {
	budget   int64 // steps until the next look; backward jumps and calls count it down
	quantum  int64 // first value of budget
	steps    int64 // of all quanta before
	maxSteps int64 // math.MaxInt64 for none

	interrupt atomic.Pointer[interruption]
	deadline  time.Time

	used      int64 // bytes that the last walk found, held ones, and all that was charged since
	held      int64 // bytes that Reserve has counted: no walk finds them
	threshold int64 // a charge past this looks closer
	maxMemory int64 // math.MaxInt64 for none
	maxString int64
	small     bool  // tests: a few steps are a quantum, in which a walk does little
	stress    bool  // tests: each step looks at everything, walks, and moves the stacks
	freed     int64 // bytes that walks have found dead since an allocation failed
	failures  int   // allocations that failed without a sixteenth of the limit becoming free in between
	exhausted bool
}

const stepQuantum = 10_000

func (l *limits) init(opts Options) {
	l.maxSteps, l.maxMemory, l.maxString = math.MaxInt64, math.MaxInt64, 1<<30
	if opts.MaxSteps > 0 {
		l.maxSteps = opts.MaxSteps
	}
	if opts.MaxMemory > 0 {
		l.maxMemory = opts.MaxMemory
		l.maxString = opts.MaxMemory / 4
	}
	if opts.MaxString > 0 {
		l.maxString = min(opts.MaxString, maxStringLength)
	}
	l.maxString = min(l.maxString, maxStringLength)
	l.threshold = l.maxMemory
	l.recount()
}

// recount begins a quantum, which ends at the next limit.
func (l *limits) recount() {
	l.steps += l.quantum - l.budget
	l.quantum = min(stepQuantum, max(l.maxSteps-l.steps, 0))
	if l.stress {
		l.quantum = 0
	} else if l.small {
		l.quantum = 3
	}
	l.budget = l.quantum
}

// expire ends the quantum: the next step looks at everything.
func (l *limits) expire() {
	if l.budget > 0 {
		l.quantum -= l.budget
		l.budget = 0
	}
}

// Steps returns how many steps the state has made.
func (s *State) Steps() int64 { return s.steps + s.quantum - s.budget }

// checkpoint is called when the budget is used up. Its error cannot be caught by Lua,
// unless it is of the memory limit.
func (s *State) checkpoint() error {
	s.recount()
	if err := s.stopped(); err != nil {
		return err
	}
	if s.steps >= s.maxSteps {
		return s.fatal(KindSteps, ErrSteps)
	}
	if s.exhausted {
		return s.fatal(KindMemory, ErrExhausted)
	}
	if s.used >= s.maxMemory { // see use
		if err := s.overdrawn(); err != nil {
			return err
		}
	}
	if s.stress {
		s.moveStacks()
	}
	if s.stress || s.small {
		s.walkWanted = true
	}
	return s.safePoint()
}

// stopped returns the error of an interrupt, or of a deadline that has passed.
func (s *State) stopped() error {
	if stop := s.interrupt.Load(); stop != nil {
		s.expire()
		return s.fatal(KindInterrupt, stop.cause)
	}
	if !s.deadline.IsZero() && !time.Now().Before(s.deadline) {
		return s.fatal(KindInterrupt, ErrDeadline)
	}
	return nil
}

// moveStacks gives the coroutines that run or wait new stacks, and spoils the old ones,
// so that code which keeps one is found.
func (s *State) moveStacks() {
	for th := s.thread; th != nil; th = th.resumer {
		old := th.stack
		th.stack = append([]Value(nil), old...)
		th.stack = th.stack[:len(old):len(old)]
		for i := range old {
			old[i] = s.names.notEnoughMemory
		}
		frames := th.frames
		th.frames = append([]frame(nil), frames...)
		th.frames = th.frames[:len(frames):len(frames)]
		clear(frames)
	}
}

// Step counts n steps for work that a library does, before it does it. The library must
// return the error, which mostly cannot be caught by Lua.
func (s *State) Step(n int) error {
	s.budget -= int64(n)
	if s.budget > 0 {
		return nil
	}
	return s.checkpoint()
}

// look counts steps for places of a table, of the stack or of code that an operation looks at or
// copies, where there are many. The next jump or call notices the steps.
func (s *State) look(places int) {
	if places >= manyPlaces {
		s.budget -= int64(places / placesPerStep)
	}
}

const (
	manyPlaces    = 64
	placesPerStep = 1 << jumpLog

	// jumpLog is for jumps backwards: one over n instructions counts n / 2^jumpLog steps,
	// rounded up. Where code is left, the instructions before count as places do. So
	// steps bound how many instructions are carried out.
	jumpLog = 4
)

// charge counts bytes that are about to be taken.
func (s *State) charge(bytes int) error {
	s.used += int64(bytes)
	if s.used < s.threshold {
		return nil
	}
	return s.chargeMore(bytes)
}

// use is charge for memory that is taken in any case. Over the limit the next checkpoint,
// which comes at once, raises the error.
func (s *State) use(bytes int) {
	if s.used += int64(bytes); s.used >= s.threshold {
		s.useMore()
	}
}

func (s *State) useMore() {
	if s.used < s.maxMemory {
		s.walkWanted = true
		s.threshold = s.maxMemory
	}
	s.expire()
}

// overdrawn decides about memory that was taken without a look at the limit.
func (s *State) overdrawn() error {
	s.walk()
	if s.used < s.maxMemory {
		return nil
	}
	return s.outOfMemory()
}

// chargeMore decides about a charge that passes the threshold: at the limit a walk finds
// the memory that can be freed.
func (s *State) chargeMore(bytes int) error {
	if s.used < s.maxMemory {
		s.walkWanted = true // at the next safe point
		s.expire()
		s.threshold = s.maxMemory
		return nil
	}
	s.used -= int64(bytes)
	s.walk()
	if int64(bytes) < s.maxMemory-s.used {
		s.used += int64(bytes)
		return nil
	}
	return s.outOfMemory()
}

// outOfMemory is the error of an allocation that has failed. After too many of them Lua
// cannot catch it.
func (s *State) outOfMemory() error {
	if s.freed >= s.maxMemory/16 {
		s.failures = 0
	}
	s.freed = 0
	s.failures++
	if s.failures >= maxFailures {
		s.exhausted = true
		return s.fatal(KindMemory, ErrExhausted)
	}
	return s.memoryError()
}

const maxFailures = 16

// Charge counts bytes that a library is about to take for values of the state, such as
// those that a userdata holds. Over the limit the error is one that Lua can catch. The
// next walk, which does not find them, drops them from the count.
func (s *State) Charge(bytes int64) error {
	if bytes > math.MaxInt32 {
		return s.memoryError()
	}
	return s.charge(int(bytes))
}

// Memory returns the bytes that the state takes: the result of the last walk, and all
// charges since.
func (s *State) Memory() int64 { return s.used }
