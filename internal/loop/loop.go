// Package loop is the one goroutine that a script lives on. It turns a source of events,
// timers and ticks into calls that never overlap, and ends them in order. It knows no VM
// and no sockets: scripts and connections reach it as functions and as an EventSource.
package loop

import (
	"sync"
	"time"
)

const (
	// DefaultFPS is the frame rate of ticks unless Options says another.
	DefaultFPS = 60

	// DefaultGrace is how long the ending may take unless Options says another.
	DefaultGrace = 5 * time.Second
)

// EventSource is where events come from: the connections, seen from the loop. Its methods
// but Refuse are called on the loop's goroutine, and so are the handlers that Dispatch
// calls.
type EventSource interface {
	// Ready receives a value when Dispatch has something to deliver.
	Ready() <-chan struct{}

	// Dispatch delivers events, at most so many and for about so long, and returns how
	// many. If any are left, Ready has a value again.
	Dispatch(most int, d time.Duration) (delivered int)

	// Live returns how many connections have events still to come. While there are any,
	// the loop goes on.
	Live() int

	// Refuse stops new connections, because the ending begins. It is called from any
	// goroutine, and more than once.
	Refuse()

	// CloseAll begins to end every live connection.
	CloseAll()

	// Abort cuts every connection that CloseAll has not ended; their last events are
	// there for the next Dispatch.
	Abort()
}

// Options configures a Loop. The zero value works.
type Options struct {
	// Events is the source of events. nil means none.
	Events EventSource

	// Tasks is the source of tasks. nil means none.
	Tasks TaskSource

	// FPS is the frame rate, in ticks a second. 0 means 60.
	FPS int

	// Grace is how long the ending may take before live connections are cut. 0 means 5 s;
	// negative means no time at all.
	Grace time.Duration

	// AfterTurn is called when a turn is over, before the loop sleeps; and after the main
	// function and each step of the ending. nil means nothing is to be done.
	AfterTurn func()

	// Interrupt unwinds the function that is running on the loop's goroutine, if any. It
	// is called from another goroutine: when the grace ends, with last false, after which
	// further functions run as usual; and lastWords later, with last true, after which no
	// function may run. nil leaves functions alone: one that does not return then keeps
	// Run from returning.
	Interrupt func(last bool)

	// Overdue is called from another goroutine if Run has not returned 1 s after the
	// grace, with the code of the first Exit, or 1 if there was none. nil leaves Run
	// running.
	Overdue func(code int)
}

func (o Options) withDefaults() Options {
	if o.Events == nil {
		o.Events = noEvents{}
	}
	if o.Tasks == nil {
		o.Tasks = noTasks{}
	}
	if o.FPS == 0 {
		o.FPS = DefaultFPS
	}
	if o.Grace == 0 {
		o.Grace = DefaultGrace
	}
	if o.AfterTurn == nil {
		o.AfterTurn = func() {}
	}
	if o.Interrupt == nil {
		o.Interrupt = func(bool) {}
	}
	if o.Overdue == nil {
		o.Overdue = func(int) {}
	}
	return o
}

// Handle names a handler or a timer for the life of its loop. Handles start at 1 and are
// never reused.
type Handle uint64

// Loop runs a script's functions. Exit, End, Ending, Post and Wake may be called from any
// goroutine; everything else only from the functions that the loop runs, or before Run.
type Loop struct {
	opts Options // constant after New
	wake chan struct{}

	// Owned by the goroutine that called Run:
	sleep      *time.Timer // wakes wait
	lastHandle Handle
	updates    handlers
	shutdowns  handlers
	timers     timers
	frames     frames
	held       int // Hold without Release

	ending ending // has its own lock

	mu          sync.Mutex // leaf; guards the fields below
	posted      []func()
	signals     []*Signal // those that are set
	postsClosed bool      // Post takes no more
}

// New returns a Loop that does nothing before Run.
func New(opts Options) *Loop {
	opts = opts.withDefaults()
	return &Loop{
		opts:   opts,
		wake:   make(chan struct{}, 1),
		frames: frames{epoch: time.Now(), rate: int64(opts.FPS)},
		ending: newEnding(),
	}
}

// Result is how a run ended.
type Result struct {
	Code    int   // of the first Exit; 0 if Decided is false
	Decided bool  // Exit was called
	Asked   bool  // Exit or End was called
	Err     error // of the main function
}

// Run calls main and then turns until no live connection, timer, Update handler, Hold or
// posted function is left, main fails, or Exit or End is called; then it ends the loop. It
// may be called once.
func (l *Loop) Run(main func() error) Result {
	returned := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { l.watchLoop(returned) }) // ended and joined here
	defer watch.Wait()
	defer close(returned)
	l.sleep = time.NewTimer(0)
	defer l.sleep.Stop()

	var err error
	if !l.Ending() {
		err = main()
		l.opts.AfterTurn()
	}
	for err == nil && !l.Ending() && l.alive() {
		l.wait()
		l.turn()
	}
	if err == nil && !l.Ending() && l.opts.Tasks.Live() > 0 {
		l.opts.Tasks.Deadlocked()
	}
	l.runEnding()
	result := l.ending.result()
	result.Err = err
	return result
}

// alive reports whether anything is left that could call a function.
func (l *Loop) alive() bool {
	return l.opts.Events.Live() > 0 || l.timers.keeping() > 0 || l.updates.len() > 0 || l.held > 0 || l.hasPosted() ||
		l.opts.Tasks.Runnable()
}

// wait sleeps until there is something to do. With neither timers nor Update handlers
// only an event, a posted function or Exit ends it.
func (l *Loop) wait() {
	l.timers.admit()
	if l.opts.Tasks.Runnable() {
		select {
		case <-l.opts.Events.Ready(): // the turn looks for events in any case
		default:
		}
		return
	}
	var timer <-chan time.Time
	if due, any := l.nextDue(); any {
		l.sleep.Reset(time.Until(due))
		timer = l.sleep.C
	}
	select {
	case <-l.opts.Events.Ready():
	case <-l.wake:
	case <-l.ending.begun:
	case <-timer:
	}
}

// nextDue returns when the next timer or tick is due, if there is any.
func (l *Loop) nextDue() (time.Time, bool) {
	due, any := l.timers.nextDue()
	if l.updates.len() == 0 {
		return due, any
	}
	if frame := l.frames.nextDue(); !any || frame.Before(due) {
		return frame, true
	}
	return due, true
}

// turn is one round: posted functions, signals, events and tasks, then due timers, then
// at most one tick. Each part is bounded, except for functions that take their time, so
// that none starves another.
func (l *Loop) turn() {
	l.runPosted()
	l.runSignals()
	rest := l.runEvents()
	l.runTimers()
	l.runRest(&rest)
	l.tick()
	l.runRest(&rest)
	l.opts.AfterTurn()
}

// runTimers calls the timers that were due when it began. Timers that these arm wait for
// the next turn.
func (l *Loop) runTimers() {
	for _, t := range l.timers.takeDue(time.Now()) {
		if l.Ending() {
			return
		}
		if !t.removed {
			t.f()
			l.timers.done(t, time.Now())
		}
	}
}

// tick calls the Update handlers if a frame is due. The next frame is the first one after
// they have returned: late frames are skipped.
func (l *Loop) tick() {
	if l.updates.len() == 0 || time.Now().Before(l.frames.nextDue()) {
		return
	}
	l.updates.run(l.Ending)
	l.frames.skipTo(time.Now())
}

// noEvents is an EventSource without connections.
type noEvents struct{}

func (noEvents) Ready() <-chan struct{}          { return nil }
func (noEvents) Dispatch(int, time.Duration) int { return 0 }
func (noEvents) Live() int                       { return 0 }
func (noEvents) Refuse()                         {}
func (noEvents) CloseAll()                       {}
func (noEvents) Abort()                          {}
