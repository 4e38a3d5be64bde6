package task

import (
	"time"

	"github.com/tidewire/tidewire/lua"
)

// maxSeconds bounds durations, at some 31 years: a larger one is a slip.
const maxSeconds = 1e9

// Seconds returns argument n of a function that waits, a number of seconds: whole or not,
// negative means 0. nil means without end, and limited is false then. A bad argument is
// for Call.Err.
func Seconds(c *lua.Call, n int) (d time.Duration, limited bool) {
	if c.Arg(n).IsNil() {
		return 0, false
	}
	seconds := c.Number(n)
	if !(seconds <= maxSeconds) && c.Err() == nil { // NaN, too
		text, _ := lua.ToText(lua.Number(seconds))
		c.Fail(c.ArgError(n, "at most 1e9 seconds expected, got "+text))
		return 0, true
	}
	return time.Duration(max(seconds, 0) * float64(time.Second)), true
}

// sleep is sleep(seconds). Without time to wait, the others that can go on do so first.
func (s *Scheduler) sleep(c *lua.Call) error {
	if c.Arg(1).IsNil() {
		c.Number(1)
	}
	d, _ := Seconds(c, 1)
	if err := c.Err(); err != nil {
		return err
	}
	if err := s.mayWait(c, &waitSleep.Waiting); err != nil {
		return err
	}
	w := s.newWait(&waitSleep)
	if d == 0 {
		w.again = true
	} else {
		w.Timeout(d)
	}
	return w.suspend(c, nil)
}

var waitSleep = waitKind{Waiting: Waiting{Name: "sleep"}}
