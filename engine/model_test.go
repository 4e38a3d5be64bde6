package engine_test

import (
	"fmt"
	"time"
)

// model is the contract's promise for one connection whose peer reads everything at once,
// as a sequence of steps with nothing going on between them. It knows no bytes, no
// goroutines and no locks.
type model struct {
	now      time.Duration
	state    modelState
	deadline time.Duration // of the handshake, the closing handshake or a violation's patience
	heard    time.Duration // when bytes came last, or the connection opened
	pinged   time.Duration // when our ping left; negative if none is unanswered

	closeCalled bool
	violated    bool     // a violation waits for the script
	inbox       []string // events that wait for the script
	end         string   // the terminal event, once it is decided
	gone        bool     // and delivered

	queued  int      // sends before open
	frames  []string // that the peer must have got
	unsent  int
	dropped int
}

type modelState string

const (
	mConnecting modelState = "connecting"
	mOpen       modelState = "open"
	mClosing    modelState = "closing"
	mOver       modelState = "over" // the end is decided
)

func newModel(now time.Duration) *model {
	return &model{now: now, state: mConnecting, deadline: now + 5*time.Second, pinged: -1}
}

// finish decides the end. Before the script's Close a failure is an error, after it a
// close with 1006.
func (m *model) finish(message, category string) {
	m.state = mOver
	if m.closeCalled {
		m.end = fmt.Sprintf("close 1006 %q", message)
	} else {
		m.end = fmt.Sprintf("error %q %s", message, category)
	}
}

// The script's steps.

func (m *model) send(data string) {
	switch {
	case m.gone:
	case m.state == mConnecting:
		m.queued++
		m.frames = append(m.frames, "text "+data)
	case m.state == mOpen:
		m.frames = append(m.frames, "text "+data)
	default:
		m.unsent++
	}
}

func (m *model) close(code int) {
	if m.gone || m.closeCalled {
		return
	}
	m.closeCalled = true
	for _, event := range m.inbox {
		if event != "open" {
			m.dropped++
		}
	}
	m.inbox = nil
	switch {
	case m.state == mConnecting:
		m.finish("", "")
		m.nothingLeft()
	case m.violated:
		m.answerViolation()
	case m.state == mOpen:
		m.state, m.deadline = mClosing, m.now+5*time.Second
		m.frames = append(m.frames, fmt.Sprintf("close %d", code))
	}
}

func (m *model) abort() {
	m.close(1001)
	if !m.gone && m.state != mOver {
		m.finish("The closing handshake timed out", "")
	}
}

// deliver returns the events that a script which is awake gets.
func (m *model) deliver() (events []string) {
	events, m.inbox = m.inbox, nil
	if m.violated && m.state == mOpen {
		m.answerViolation()
	}
	if m.state == mOver && !m.gone {
		m.gone = true
		events = append(events, m.end)
	}
	return events
}

// The peer's steps.

func (m *model) accept() {
	m.state, m.heard, m.queued = mOpen, m.now, 0
	m.inbox = append(m.inbox, "open")
}

func (m *model) refuse() {
	m.finish("Invalid HTTP status.", "http_status")
	m.nothingLeft()
}

// deaf reports whether nothing that the peer sends is read.
func (m *model) deaf() bool { return m.state == mOver || m.violated }

func (m *model) message(data string) {
	switch {
	case m.deaf():
		return
	case m.closeCalled:
		m.dropped++
	default:
		m.inbox = append(m.inbox, "text "+data)
	}
	m.hear()
}

func (m *model) ping(data string) {
	if m.deaf() {
		return
	}
	m.hear()
	if m.state == mOpen {
		m.frames = append(m.frames, "pong "+data)
	}
}

func (m *model) peerCloses(code int) {
	if m.deaf() {
		return
	}
	if m.state == mOpen {
		m.frames = append(m.frames, fmt.Sprintf("close %d", code))
	}
	m.state, m.end = mOver, fmt.Sprintf("close %d \"\" clean", code)
}

func (m *model) transportEnds(message, category string) {
	if m.deaf() {
		return
	}
	connecting := m.state == mConnecting
	m.finish(message, category)
	if connecting {
		m.nothingLeft()
	}
}

func (m *model) violate() {
	switch {
	case m.deaf():
	case m.state == mClosing:
		m.finish("invalid opcode", "protocol")
	case len(m.inbox) == 0:
		m.answerViolation()
	default:
		m.violated, m.deadline = true, m.now+time.Second
	}
}

func (m *model) answerViolation() {
	m.violated = false
	m.frames = append(m.frames, "close 1002")
	m.finish("invalid opcode", "protocol")
}

func (m *model) hear() { m.heard, m.pinged = m.now, -1 }

// nothingLeft turns messages sent before open into unsent ones.
func (m *model) nothingLeft() {
	m.unsent += m.queued
	m.frames, m.queued = nil, 0
}

// The steps of time.

// due returns when time does something next; negative if nothing is due.
func (m *model) due() time.Duration {
	switch {
	case m.state == mConnecting, m.state == mClosing, m.violated:
		return m.deadline
	case m.state == mOpen && m.pinged < 0:
		return m.heard + 30*time.Second
	case m.state == mOpen:
		return m.pinged + 20*time.Second
	}
	return -1
}

// pass lets time do the steps that are due now.
func (m *model) pass() {
	switch {
	case m.state == mConnecting:
		m.finish("The opening handshake timed out", "timeout")
		m.nothingLeft()
	case m.violated:
		m.answerViolation()
	case m.state == mClosing:
		m.finish("The closing handshake timed out", "timeout")
	case m.pinged < 0:
		m.pinged = m.now
		m.frames = append(m.frames, "ping")
	default:
		m.finish("Timer Expired", "keepalive")
	}
}
