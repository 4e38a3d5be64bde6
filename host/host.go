// Package host is the one goroutine that a script lives on. It turns a source of events, timers and ticks into calls
// that never overlap, and ends them in order. It knows no VM and no sockets: scripts and connections reach it as
// functions and as a Source.
package host

import (
	"sync"
	"time"
)

const (
	// DefaultFPS is the frame rate of ticks unless Options says another.
	DefaultFPS = 60

	// DefaultGrace is how long the ending may take unless Options says another.
	DefaultGrace = 5 * time.Second

	// One turn handles this many events, or goes on for this long, before timers and ticks get theirs.
	turnEvents = 256
	turnTime   = 4 * time.Millisecond
)

// Source is where events come from: the connections, seen from the host. Its methods but Refuse are called on the
// host's goroutine, and so are the handlers that Dispatch calls.
type Source interface {
	// Ready receives a value when Dispatch has something to deliver.
	Ready() <-chan struct{}

	// Dispatch delivers at most so many events for about so long, and returns how many it delivered. If any are left,
	// Ready has a value again.
	Dispatch(events int, limit time.Duration) int

	// Live returns how many connections have events still to come. While there are any, the host goes on.
	Live() int

	// Refuse says that the ending begins: no new connection begins any more. It is called from any goroutine, and more
	// than once.
	Refuse()

	// CloseAll begins to end every live connection.
	CloseAll()

	// Abort cuts every connection that CloseAll has not ended; their last events are there for the next Dispatch.
	Abort()
}

// Options configures a Host. The zero value works.
type Options struct {
	// Events is the source of events. nil means none.
	Events Source

	// FPS is the frame rate, in ticks a second. 0 means 60.
	FPS int

	// Grace is how long the ending may take before what is left is cut. 0 means 5 s; negative means no time at all.
	Grace time.Duration

	// AfterTurn is called when a turn is over, before the host sleeps; and after the main function and each step of the
	// ending. nil means nothing is to be done.
	AfterTurn func()

	// Interrupt unwinds the function that is running on the host's goroutine, if any. It is called from another
	// goroutine: when the grace ends, with last false, after which further functions run as usual; and lastWords later,
	// with last true, after which none may run any more. nil leaves functions alone: one that does not return then
	// keeps Run from returning.
	Interrupt func(last bool)

	// Overdue is called from another goroutine if Run has not returned 1 s after the grace, with the code of the
	// first Exit, or 1 if there was none. nil leaves Run running.
	Overdue func(code int)
}

func (o Options) withDefaults() Options {
	if o.Events == nil {
		o.Events = noEvents{}
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

// Handle names a handler or a timer for the life of its host. Handles start at 1 and are never reused.
type Handle uint64

// Host runs a script's functions. Exit, Ending and Post may be called from any goroutine; everything else only from the
// functions that the host runs, or before Run.
type Host struct {
	opts Options // constant after New
	wake chan struct{}

	// Owned by the goroutine that called Run:
	sleep      *time.Timer // wakes wait
	lastHandle Handle
	updates    handlers
	shutdowns  handlers
	timers     timers
	frames     frames

	ending ending // has its own lock

	mu     sync.Mutex // leaf; guards what follows
	posted []func()
	over   bool
}

// New returns a Host that does nothing before Run.
func New(opts Options) *Host {
	opts = opts.withDefaults()
	return &Host{
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
	Err     error // what the main function returned
}

// Run calls main and then turns until no live connection, timer, Update handler or posted function is left, main fails,
// or Exit is called; then it ends the host. It may be called once.
func (h *Host) Run(main func() error) Result {
	over := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { h.watchLoop(over) }) // ended and joined here
	defer watch.Wait()
	defer close(over)
	h.sleep = time.NewTimer(0)
	defer h.sleep.Stop()

	var err error
	if !h.Ending() {
		err = main()
		h.opts.AfterTurn()
	}
	for err == nil && !h.Ending() && h.alive() {
		h.wait()
		h.turn()
	}
	h.end()
	code, decided := h.ending.result()
	return Result{Code: code, Decided: decided, Err: err}
}

// alive reports whether anything is left that could call a function.
func (h *Host) alive() bool {
	return h.opts.Events.Live() > 0 || h.timers.len() > 0 || h.updates.len() > 0 || h.hasPosted()
}

// wait sleeps until there is something to do. With neither timers nor Update handlers only an event, a posted function
// or Exit ends it.
func (h *Host) wait() {
	h.timers.admit()
	var timer <-chan time.Time
	if due, any := h.nextDue(); any {
		h.sleep.Reset(time.Until(due))
		timer = h.sleep.C
	}
	select {
	case <-h.opts.Events.Ready():
	case <-h.wake:
	case <-h.ending.begun:
	case <-timer:
	}
}

// nextDue returns when the next timer or tick is due, if there is any.
func (h *Host) nextDue() (time.Time, bool) {
	due, any := h.timers.nextDue()
	if h.updates.len() == 0 {
		return due, any
	}
	if frame := h.frames.nextDue(); !any || frame.Before(due) {
		return frame, true
	}
	return due, true
}

// turn is one round: posted functions and events, then due timers, then at most one tick. Each part is bounded, but for
// functions that take their time, so that none starves another.
func (h *Host) turn() {
	h.runPosted()
	h.opts.Events.Dispatch(turnEvents, turnTime)
	h.runTimers()
	h.tick()
	h.opts.AfterTurn()
}

// runTimers calls the timers that were due when it began. What these arm in their turn waits for the next turn.
func (h *Host) runTimers() {
	for _, t := range h.timers.takeDue(time.Now()) {
		if h.Ending() {
			return
		}
		if !t.removed {
			t.f()
			h.timers.done(t, time.Now())
		}
	}
}

// tick calls the Update handlers if a frame is due. The next frame is the first one after they have returned: late
// frames are skipped.
func (h *Host) tick() {
	if h.updates.len() == 0 || time.Now().Before(h.frames.nextDue()) {
		return
	}
	h.updates.run(h.Ending)
	h.frames.skipTo(time.Now())
}

// noEvents is a Source without connections.
type noEvents struct{}

func (noEvents) Ready() <-chan struct{}          { return nil }
func (noEvents) Dispatch(int, time.Duration) int { return 0 }
func (noEvents) Live() int                       { return 0 }
func (noEvents) Refuse()                         {}
func (noEvents) CloseAll()                       {}
func (noEvents) Abort()                          {}
