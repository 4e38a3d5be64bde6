package loop

import "time"

// A turn of the loop delivers at most turnEvents events, or as many as take turnTime: the
// events of connections and the tasks that go on, taken together. While there are both,
// each has at least half.
const (
	turnEvents = 256
	turnTime   = 4 * time.Millisecond
)

// TaskSource is where tasks are: functions of the script that wait in between. Its
// methods are called on the loop's goroutine.
type TaskSource interface {
	// Runnable reports whether Run has something to do.
	Runnable() bool

	// Run lets tasks go on, at most so many and for about so long, and returns how many
	// did.
	Run(most int, d time.Duration) (ran int)

	// Live returns how many tasks have not ended. Tasks alone do not keep the loop alive:
	// while none is runnable something else must be there that could wake one.
	Live() int

	// CancelAll ends the waits of tasks, because the ending has begun.
	CancelAll()

	// Deadlocked is called when tasks are left, but nothing that could wake one. The loop
	// ends then.
	Deadlocked()
}

// share is the rest of a turn's budget.
type share struct {
	events int
	time   time.Duration
}

// runEvents delivers the events of a turn and lets tasks go on.
func (l *Loop) runEvents() (rest share) {
	rest = share{turnEvents, turnTime}
	l.runTasks(&rest, turnEvents/2, turnTime/2)
	began := time.Now()
	rest.events -= l.opts.Events.Dispatch(rest.events, max(rest.time, 1))
	rest.time -= time.Since(began)
	l.runTasks(&rest, rest.events, rest.time)
	return rest
}

// runTasks lets tasks go on within a part of the rest of a turn's budget.
func (l *Loop) runTasks(rest *share, most int, d time.Duration) {
	if most <= 0 || d <= 0 || !l.opts.Tasks.Runnable() {
		return
	}
	began := time.Now()
	rest.events -= l.opts.Tasks.Run(most, d)
	rest.time -= time.Since(began)
}

// runRest lets tasks go on that timers or ticks have started or woken.
func (l *Loop) runRest(rest *share) { l.runTasks(rest, rest.events, rest.time) }

// noTasks is a TaskSource without tasks.
type noTasks struct{}

func (noTasks) Runnable() bool             { return false }
func (noTasks) Run(int, time.Duration) int { return 0 }
func (noTasks) Live() int                  { return 0 }
func (noTasks) CancelAll()                 {}
func (noTasks) Deadlocked()                {}
