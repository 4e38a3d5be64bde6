package engine

import "sync"

// condition is a sync.Cond that is made by the first to wait: most connections never have
// one. The lock that it goes with is held for both of its methods.
type condition struct{ cond *sync.Cond }

// Wait gives up the lock, which is l, until the next broadcast.
func (c *condition) Wait(l sync.Locker) {
	if c.cond == nil {
		c.cond = sync.NewCond(l)
	}
	c.cond.Wait()
}

// Broadcast wakes all that wait.
func (c *condition) Broadcast() {
	if c.cond != nil {
		c.cond.Broadcast()
	}
}
