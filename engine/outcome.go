package engine

import (
	"errors"
	"fmt"
	"io"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/secrets"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// outcome holds everything in End except the tallies.
type outcome struct {
	failed   bool // see End.Failed
	message  string
	code     int
	reason   string
	clean    bool
	byPeer   bool // closed, and not by Close
	phase    failure.Phase
	category failure.Category
	detail   string
	err      error // nil after a clean close, and after Close before the connection was open
}

// cleanLocked is a completed closing handshake (RFC 6455 §7.1.4, §7.1.5), with the peer's
// code and reason.
func (c *connection) cleanLocked(code int, reason string) *outcome {
	detail := fmt.Sprintf("closed with %d", code)
	if code == wire.CloseNoCode {
		detail = "closed without a code"
	}
	if reason != "" {
		detail += fmt.Sprintf(" %q", c.mask().Hide(reason))
	}
	return &outcome{
		code:     code,
		reason:   reason,
		clean:    true,
		byPeer:   !c.closeCalled.Load(),
		phase:    failure.PhaseClosing,
		category: failure.Closed,
		detail:   detail,
	}
}

// mask hides the parts of the script's request that no text shows, also if the peer
// repeats them.
func (c *connection) mask() secrets.Mask {
	return (&route{target: c.target, header: c.opts.Header}).mask()
}

// failureLocked is the abnormal end for err's reason: a failure before Close was called,
// closed with 1006 after it.
func (c *connection) failureLocked(err *failure.Error) *outcome {
	o := &outcome{
		failed:   !c.closeCalled.Load(),
		code:     wire.CloseAbnormal,
		phase:    err.Phase,
		category: err.Category,
		detail:   err.Error(),
		err:      err,
	}
	if o.phase == failure.PhaseOpen && c.closeCalled.Load() {
		o.phase = failure.PhaseClosing
	}
	if o.failed {
		o.message = err.Message
	} else {
		o.reason = err.Message
	}
	return o
}

// fill writes the outcome into a terminal event that has its Info.
func (o *outcome) fill(end *End) {
	end.Failed, end.Message = o.failed, o.message
	end.Code, end.Reason, end.Clean = o.code, o.reason, o.clean
	end.Phase, end.Category, end.Detail = Phase(o.phase), Category(o.category), o.detail
	status := 0
	if end.HTTP != nil {
		status = end.HTTP.Status
	}
	end.Retryable = failure.Retryable(o.category, status) || o.byPeer && failure.RetryableClose(o.code)
	if o.err != nil {
		end.Err = &Error{ID: end.ID, Op: Phase(o.phase), Category: Category(o.category), Err: o.err}
	}
}

// closingTimeout is the end of a closing handshake that did not complete. cause is
// net.ErrClosed if it was cut short from our side, otherwise nil.
func closingTimeout(cause error, why string) *failure.Error {
	return failure.Explain(failure.PhaseClosing, failure.Timeout, failure.MsgClosingTimeout, cause,
		"the closing handshake timed out: %s", why)
}

// transportFailure is the end of an open connection whose transport failed in op, "read"
// or "write".
func transportFailure(op string, err error) *failure.Error {
	explain := func(category failure.Category, message, story string) *failure.Error {
		return failure.Explain(failure.PhaseOpen, category, message, err, "%s", story)
	}
	var known *failure.Error
	switch category := failure.Network(err); {
	case errors.As(err, &known): // the transport knows better
		return known
	case errors.Is(err, io.ErrUnexpectedEOF): // the transport's word for TLS that ended without close_notify
		return explain(failure.EOF, failure.MsgTransport,
			"the peer ended the TCP connection in the middle of TLS, without close_notify and without a close frame")
	case errors.Is(err, io.EOF):
		return explain(failure.EOF, failure.MsgEOF, "the peer ended the connection without a close frame")
	case category == failure.Reset:
		return explain(category, failure.MsgTransport, "the peer reset the connection, without a close frame")
	case category == failure.Timeout:
		return explain(category, failure.MsgTransport, "the system gave up: what was sent is not acknowledged any more")
	case category == failure.Unreachable:
		return explain(category, failure.MsgTransport, "there is no way to the peer any more: check the network")
	default:
		return failure.New(failure.PhaseOpen, category, failure.MsgTransport, "%s: %w", op, err)
	}
}
