package loop

import (
	"sync"
	"time"
)

const (
	// lastWords is how long functions may still run after the grace: shutdown handlers
	// that had not had their turn, and the handlers of the last events. It is a little
	// less than overdue, so that a run normally ends by itself.
	lastWords = 900 * time.Millisecond

	// overdue is how long after the grace Run may still be running before Options.Overdue
	// is called.
	overdue = time.Second
)

// ending says whether the loop is ending, and how far. begin may be called from any
// goroutine.
type ending struct {
	begun     chan struct{} // closed by begin
	graceOver chan struct{} // closed by watchLoop, after Interrupt was called
	callsOver chan struct{} // closed by watchLoop: from then on no function may be called

	mu      sync.Mutex // leaf; guards the fields below
	started bool
	asked   bool // Exit or End was called
	code    int
	decided bool // the code is that of an Exit
}

func newEnding() ending {
	return ending{begun: make(chan struct{}), graceOver: make(chan struct{}), callsOver: make(chan struct{})}
}

// begin begins the ending, once.
func (e *ending) begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.started {
		e.started = true
		close(e.begun)
	}
}

// ask notes that somebody wants the end.
func (e *ending) ask() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked = true
}

// decide sets the exit code. The first one stays.
func (e *ending) decide(code int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.decided {
		e.code, e.decided = code, true
	}
}

// result returns the outcome so far, as Result has it.
func (e *ending) result() Result {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Result{Code: e.code, Decided: e.decided, Asked: e.asked}
}

// Exit ends the loop with an exit code, from any goroutine; the function that is running
// goes on until it returns. The first code stays: a later Exit, also one from within the
// ending, changes nothing. An ending that began by itself, or because main failed, has no
// code yet and takes one.
func (l *Loop) Exit(code int) {
	l.ending.decide(code)
	l.End()
}

// End is Exit without a code: the loop ends as if nothing were left to do.
func (l *Loop) End() {
	l.ending.ask()
	l.beginEnding()
}

// beginEnding is step (1) of the ending: timers and ticks stop, and nothing new begins.
func (l *Loop) beginEnding() {
	l.opts.Events.Refuse()
	l.ending.begin()
}

// Ending reports whether the loop is ending: from then on no timer and no tick is called,
// and nothing new should begin.
func (l *Loop) Ending() bool {
	select {
	case <-l.ending.begun:
		return true
	default:
		return false
	}
}

// runEnding is the ending from its first step to its last.
func (l *Loop) runEnding() {
	l.beginEnding() // (1)
	if l.opts.Grace < 0 {
		<-l.ending.graceOver // or Interrupt might hit a shutdown handler instead of the code that was running
	}
	l.opts.Tasks.CancelAll()
	l.shutdowns.run(l.callsAreOver) // (2)
	for l.opts.Tasks.Runnable() && !l.callsAreOver() {
		l.opts.Tasks.Run(turnEvents, turnTime)
	}
	l.opts.AfterTurn()
	l.opts.Events.CloseAll() // (3)
	l.drain(l.ending.graceOver)
	if l.opts.Events.Live() > 0 {
		l.opts.Events.Abort() // (4)
		l.drain(l.ending.callsOver)
	}
	l.closePosts(true) // (5)
}

// drain delivers events and calls posted functions and signals until none are left or the
// limit is closed.
func (l *Loop) drain(limit <-chan struct{}) {
	for {
		l.runPosted()
		l.runSignals()
		l.runEvents()
		l.opts.AfterTurn()
		if l.opts.Events.Live() == 0 && !l.opts.Tasks.Runnable() && l.closePosts(false) {
			return
		}
		select {
		case <-limit:
			return
		default:
		}
		if l.opts.Tasks.Runnable() {
			continue
		}
		select {
		case <-limit:
			return
		case <-l.opts.Events.Ready():
		case <-l.wake:
		}
	}
}

func (l *Loop) callsAreOver() bool {
	select {
	case <-l.ending.callsOver:
		return true
	default:
		return false
	}
}

// watchLoop keeps the time of an ending, so that a function that does not return cannot
// hold it up. Ended by closing returned, joined by Run.
func (l *Loop) watchLoop(returned <-chan struct{}) {
	select {
	case <-l.ending.begun:
	case <-returned:
		return
	}
	for _, step := range []struct {
		after time.Duration
		do    func()
	}{
		{max(l.opts.Grace, 0), func() { l.opts.Interrupt(false); close(l.ending.graceOver) }},
		// First the mark: the function that is interrupted may return at once, and none may
		// be called after it.
		{lastWords, func() { close(l.ending.callsOver); l.opts.Interrupt(true) }},
		{overdue - lastWords, func() { l.opts.Overdue(l.overdueCode()) }},
	} {
		timer := time.NewTimer(step.after)
		select {
		case <-timer.C:
			step.do()
		case <-returned:
			timer.Stop()
			return
		}
	}
}

// overdueCode is the exit code of a run that does not return: a failure if nothing else
// was said.
func (l *Loop) overdueCode() int {
	if result := l.ending.result(); result.Decided {
		return result.Code
	}
	return 1
}
