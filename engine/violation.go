package engine

import (
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/proto"
)

// violationPatience is how long our close frame waits, after a violation, for the
// messages before it to be delivered.
const violationPatience = time.Second

// violation is a rule that the peer broke while the connection was open. Until the close
// frame that answers it is queued the connection counts as open: the messages before it
// are still delivered, and messages that are sent meanwhile leave first. Nothing is read,
// and keepalive is stopped.
type violation struct {
	err      *failure.Error // nil if there was none
	answered bool           // our close frame is queued
	timer    *time.Timer    // answers when delivery takes too long
}

// foundViolation begins to fail the connection (RFC 6455 §7.1.7). It is called by
// readLoop, once, before the messages that came with the violation are in the inbox.
func (c *connection) foundViolation(err error) {
	found := failure.From(failure.PhaseOpen, err)
	c.mu.Lock()
	defer c.unlock()
	c.violation.err = found
	if c.state.now == open {
		c.violation.timer = time.AfterFunc(violationPatience, c.violationOverdue)
	} else {
		c.answerViolationLocked()
	}
}

// violationOverdue is the body of the violation's timer.
func (c *connection) violationOverdue() {
	c.failViolated()
	c.inbox.stopAwaiting()
}

// failViolated answers the violation, unless that has been done.
func (c *connection) failViolated() {
	c.mu.Lock()
	defer c.unlock()
	c.answerViolationLocked()
}

// answerViolationLocked decides how the connection ends and queues our close frame: after
// the messages that were sent, or in the place of another close frame that is under way.
func (c *connection) answerViolationLocked() {
	if c.violation.answered || c.state.now == closed {
		return
	}
	c.violation.answered = true
	if c.violation.timer != nil {
		c.violation.timer.Stop()
	}
	wasOpen := c.state.now == open
	c.decideLocked(c.failureLocked(c.violation.err))
	if code := proto.CloseCode(c.violation.err); wasOpen {
		c.outbox.Close(code, "")
	} else {
		c.outbox.CloseNow(code, "")
	}
	c.armClosingLocked()
	c.hurryWriteLocked()
	c.kickLocked()
}
