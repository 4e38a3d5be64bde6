package host

import (
	"fmt"
	"math"
	"time"

	"github.com/tidewire/tidewire/internal/api/spelling"
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/internal/lua/number"
)

// events are the names that host.Register knows.
var events = []string{string(loop.Update), string(loop.Shutdown)}

const (
	// maxMilliseconds bounds the delays of timers, at some 31 years: a larger one is a
	// slip.
	maxMilliseconds = 1e12

	// maxWarnedEvents bounds the unknown event names remembered. A script that makes up
	// more of them gets no more warnings.
	maxWarnedEvents = 64

	// longestEvent is how much of a name is compared with those of events, in bytes.
	longestEvent = 32

	// failure is the exit code for a number that has no low eight bits.
	failure = 1
)

// Delay returns a timer's delay or period for a number of milliseconds, whole or not. A
// negative one counts as 0.
func Delay(milliseconds float64) (time.Duration, error) {
	if !(milliseconds <= maxMilliseconds) { // NaN, too
		return 0, fmt.Errorf("at most 1e12 milliseconds expected, got %s", text(milliseconds))
	}
	return time.Duration(max(milliseconds, 0) * float64(time.Millisecond)), nil
}

// ExitCode returns host.Exit's code, a whole number from 0 to 255.
func ExitCode(code float64) (int, error) {
	if !(code >= 0 && code <= 255) || code != math.Trunc(code) {
		return 0, fmt.Errorf("0 to 255 expected, got %s", text(code))
	}
	return int(code), nil
}

// OSExitCode returns os.exit's code. As a system does it keeps the low eight bits: a
// script that calls os.exit(-1) wants to end, not to read about its argument.
func OSExitCode(code float64) int {
	low := math.Mod(math.Trunc(code), 256)
	switch {
	case math.IsNaN(low): // of nan and inf
		return failure
	case low < 0:
		low += 256
	}
	return int(low)
}

// OSExitSuccess returns os.exit's code for true and false, as in Lua 5.2.
func OSExitSuccess(success bool) int {
	if success {
		return 0
	}
	return failure
}

// TickCount is utility.GetTickCount: whole milliseconds that never go back. They begin at
// the wall clock's count, so that they are as large as scripts expect of a system that
// has been up for long, and below 1e14, from where on Lua writes numbers with an
// exponent. It is safe for concurrent use.
type TickCount struct {
	begin time.Time
	base  int64
}

// NewTickCount returns a TickCount that begins now.
func NewTickCount() TickCount {
	now := time.Now()
	return TickCount{now, now.UnixMilli()}
}

// Now returns the count.
func (c TickCount) Now() float64 { return float64(c.base + time.Since(c.begin).Milliseconds()) }

// UnknownEvents remembers which event names a script was warned of. The zero value is
// ready to use.
type UnknownEvents struct{ warned map[string]bool }

// Warning returns the warning for an event that host.Register does not know, or "" if
// there was one already.
func (u *UnknownEvents) Warning(event string) string {
	if u.warned[event] || len(u.warned) >= maxWarnedEvents {
		return ""
	}
	if u.warned == nil {
		u.warned = make(map[string]bool)
	}
	u.warned[event] = true
	if meant := spelling.Near(event[:min(len(event), longestEvent)], events); meant != "" {
		return "unknown event, its handlers never run: did you mean \"" + meant + "\"?"
	}
	return "unknown event, its handlers never run: the events are onUpdate and shutdown"
}

func text(n float64) string { return string(number.Append(nil, n)) }
