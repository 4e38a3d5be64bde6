// Package pace bounds the control frames that are read from a peer. A ping takes two bytes
// to send and a goroutine's work to answer, and no script hears of it; RFC 6455 §5.5 sets
// no bound to how many may come. So a peer that sends more than any has use for is not
// failed but held back: nothing is read for a while, and TCP does the rest.
package pace

import "time"

const (
	// PerSecond is how many control frames a second are read from one peer in the long
	// run, and how many may come at once after a quiet second.
	PerSecond = 10_000

	each  = time.Second / PerSecond
	burst = time.Second
)

// Control is one peer's account. The zero value is that of a new connection. It is not
// safe for concurrent use.
type Control struct {
	paid time.Time // when the frames read so far will have been read at the pace
}

// Read notes that n control frames were read at now, and returns how long to read nothing;
// 0 for a peer within the bound.
func (c *Control) Read(n int, now time.Time) time.Duration {
	if c.paid.Before(now) {
		c.paid = now
	}
	c.paid = c.paid.Add(time.Duration(n) * each)
	return max(c.paid.Sub(now)-burst, 0)
}
