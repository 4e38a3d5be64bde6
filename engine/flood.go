package engine

import (
	"time"

	"github.com/tidewire/tidewire/internal/ws/pace"
)

// holdBack makes readLoop, which calls it, read nothing for a while if the peer sends
// more control frames than it may; n of them were in the last read. Once the connection
// ends its timers bound the reading.
func (c *connection) holdBack(n int) {
	pause := c.pace.Read(n, time.Now())
	if pause == 0 {
		return
	}
	c.mu.Lock()
	isOpen := c.state.now == open
	c.mu.Unlock()
	if !isOpen {
		return
	}
	if !c.flooded {
		c.flooded = true
		c.engine.opts.Logger.Warn("the peer sends more pings and pongs than anybody needs: it is held back",
			"id", uint64(c.id), "limit a second", pace.PerSecond, "caller", c.opts.Caller)
	}
	c.inbox.pauseReading(pause)
	c.hear()
}

// pauseReading makes readLoop, which calls it, read nothing for d. Close ends that: from
// then on the peer's close frame is waited for.
func (in *inbox) pauseReading(d time.Duration) {
	over := false // guarded by in.mu
	timer := time.AfterFunc(d, func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		over = true
		in.room.Broadcast()
	})
	defer timer.Stop()
	in.mu.Lock()
	defer in.mu.Unlock()
	in.pausing = true
	for !over && !in.closeCalled.Load() {
		in.room.Wait(&in.mu)
	}
	in.pausing = false
}
