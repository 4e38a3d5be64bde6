package engine

import (
	"strconv"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// keepalive notices a peer that has vanished: after ConnectOptions.Ping without a byte it
// is sent a ping, and when ConnectOptions.Pong later still nothing has come, the
// connection fails. Any byte counts. While a full inbox or a violation pauses reading,
// both clocks are stopped: the last bytes came just before the pause, and their time is
// set to the end of the pause. All of it is guarded by the connection's lock.
type keepalive struct {
	timer   *time.Timer // nil if pings are off
	due     time.Time   // when the timer is to fire
	number  uint64      // of our newest ping; its payload
	asked   time.Time   // when that ping was queued; zero when none is unanswered
	written bool        // that ping was handed to the operating system
	since   time.Time   // when it was, or while it waited for its turn, when anything else was
}

// lateTimer is how late a timer may come without a reason to think that we were not
// running.
const lateTimer = time.Second

// startKeepaliveLocked begins to watch an open connection.
func (c *connection) startKeepaliveLocked() {
	if c.opts.Ping > 0 {
		c.keepalive.due = time.Now().Add(c.opts.Ping)
		c.keepalive.timer = time.AfterFunc(c.opts.Ping, c.keepaliveDue)
	}
}

// reset makes the timer fire d from now.
func (k *keepalive) reset(now time.Time, d time.Duration) {
	k.due = now.Add(d)
	k.timer.Reset(d)
}

// pingLocked pings the peer, whose time to answer begins.
func (c *connection) pingLocked(now time.Time) {
	k := &c.keepalive
	k.number++
	k.asked, k.since, k.written = now, now, false
	c.outbox.Ping(strconv.FormatUint(k.number, 10))
	c.kickLocked()
	if c.opts.Pong > 0 {
		k.reset(now, c.opts.Pong)
	} else {
		k.reset(now, c.opts.Ping)
	}
}

// hear notes that a read has returned, or that a pause of reading is over. Called by
// readLoop alone.
func (c *connection) hear() { c.heard.Store(int64(time.Since(c.opened))) }

// keepaliveDue looks at how long nothing has come. It is the body of keepalive.timer.
func (c *connection) keepaliveDue() {
	paused := c.inbox.isPaused()
	c.mu.Lock()
	if c.state.now != open {
		c.mu.Unlock()
		return
	}
	k, now := &c.keepalive, time.Now()
	heard := c.opened.Add(time.Duration(c.heard.Load()))
	if paused || !heard.Before(k.asked) {
		k.asked = time.Time{}
	}
	// We did not run when the timer was due, as after a sleep or SIGSTOP: the answer may be
	// there and not yet read.
	late := now.Sub(k.due) > lateTimer
	switch {
	case paused:
		k.reset(now, c.opts.Ping)
	case k.asked.IsZero() && now.Sub(heard) < c.opts.Ping:
		k.reset(now, c.opts.Ping-now.Sub(heard))
	case k.asked.IsZero() || c.opts.Pong < 0 || late:
		c.pingLocked(now)
	case now.Sub(k.since) < c.opts.Pong:
		k.reset(now, c.opts.Pong-now.Sub(k.since))
	default:
		c.failLocked(failure.New(failure.PhaseOpen, failure.Keepalive, failure.MsgTimerExpired,
			"nothing came from the peer for %v, and no answer to a ping within %v: the peer or the way to it is gone",
			now.Sub(heard).Round(time.Millisecond), c.opts.Pong))
		c.unlock()
		c.cut()
		return
	}
	c.mu.Unlock()
}

// noteWriteLocked notes that bytes were written; all is true for the last bytes that the
// outbox had handed out. The time for an answer begins when the ping is written, or when
// nothing before it is written any longer.
func (k *keepalive) noteWriteLocked(all, pingWaits bool) {
	if !k.asked.IsZero() && !k.written {
		k.since = time.Now()
		k.written = all && !pingWaits
	}
}

// ponged measures the round trip of our newest ping (RFC 6455 §5.5.3).
func (c *connection) ponged(payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &c.keepalive
	if k.written && string(payload) == strconv.FormatUint(k.number, 10) {
		k.asked, k.written = time.Time{}, false
		c.roundTrip = time.Since(k.since)
	}
}
