package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// model is the contract's promise for one connection, as a sequence of steps with nothing
// going on between them. It knows no bytes, no goroutines and no locks.
type model struct {
	now      time.Duration
	state    modelState
	deadline time.Duration // of the handshake, the closing handshake, a violation's patience or our last frames
	heard    time.Duration // when bytes came last, or the connection opened
	pinged   time.Duration // when our ping left, or should have; negative if none is unanswered

	closeCalled bool
	violated    bool       // a violation waits for the script
	inbox       []string   // events that wait for the script
	full        bool       // the inbox, so that nothing is read
	next        string     // the message that it has no room for
	held        []peerStep // of the peer after that, not yet read
	pongRaces   bool       // a ping was read together with an end, which may leave before its pong
	part        bool       // of a message that the peer has begun
	end         string     // the terminal event, once it is decided
	gone        bool       // and delivered

	sendQueue int      // its limit in bytes
	inboxSize int      // the inbox's
	early     []string // sends before open
	up        upward
	unsent    int
	dropped   int
}

type modelState string

const (
	mConnecting modelState = "connecting"
	mOpen       modelState = "open"
	mClosing    modelState = "closing"
	mOver       modelState = "over" // the end is decided
)

// newModel begins with a connection whose opening handshake begins now.
func newModel(now time.Duration, sendQueue, inboxSize int) *model {
	return &model{
		now: now, state: mConnecting, deadline: now + 5*time.Second, pinged: -1, sendQueue: sendQueue, inboxSize: inboxSize,
	}
}

// finish ends the connection at once.
func (m *model) finish(message, category string) {
	m.decide(message, category)
	m.cut()
}

// decide decides the end, which comes when our last frames have left. Before the script's
// Close a failure is an error, after it a close with 1006.
func (m *model) decide(message, category string) {
	m.state, m.deadline = mOver, m.now+5*time.Second
	if m.closeCalled {
		m.end = fmt.Sprintf("close 1006 %q", message)
	} else {
		m.end = fmt.Sprintf("error %q %s", message, category)
	}
}

// cut is the end of the transport: nothing more leaves.
func (m *model) cut() {
	m.unsent += len(m.early) + m.up.lose()
	m.early = nil
}

// The script's steps.

func (m *model) send(data string) {
	switch {
	case m.gone:
	case m.state == mClosing || m.state == mOver:
		m.unsent++
	case m.overfills(data):
		m.unsent++
		m.violated = false
		m.finish("send queue full", "queue_full")
	case m.state == mConnecting:
		m.early = append(m.early, "text "+data)
	default:
		m.up.put("text " + data)
	}
}

// overfills reports whether one more message is too many for the send queue.
func (m *model) overfills(data string) bool {
	size, count := len(data)+64, 0
	for _, frame := range append(m.early, m.up.waiting()...) {
		if text, ok := strings.CutPrefix(frame, "text "); ok {
			size += len(text) + 64
			count++
		}
	}
	return count > 0 && size > m.sendQueue
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
	if m.full {
		m.dropped++
	}
	switch {
	case m.state == mConnecting:
		m.finish("", "")
	case m.violated:
		m.answerViolation()
	case m.state == mOpen:
		m.state, m.deadline = mClosing, m.now+5*time.Second
		m.up.put(fmt.Sprintf("close %d", code))
	}
	m.readOn()
}

func (m *model) abort() {
	m.close(1001)
	if !m.gone && m.state != mOver {
		m.finish("The closing handshake timed out", "")
	}
	m.cut()
}

// deliver returns the events that a script which is awake gets.
func (m *model) deliver() (events []string) {
	for {
		events, m.inbox = append(events, m.inbox...), nil
		if !m.full {
			break
		}
		m.inbox = append(m.inbox, m.next)
		m.readOn()
	}
	if m.violated && m.state == mOpen {
		m.answerViolation()
	}
	if m.state == mOver && !m.leaving() && !m.gone {
		m.gone = true
		if m.part {
			m.dropped++
		}
		events = append(events, m.end)
	}
	return events
}

// readOn reads what waited for room in the inbox.
func (m *model) readOn() {
	if !m.full {
		return
	}
	m.full = false
	if !m.deaf() {
		m.hear()
	}
	held := m.held
	m.held = nil
	for _, step := range held {
		m.take(step)
	}
}

// peerStep is something that the peer does, and its effect once it is read.
type peerStep struct {
	what   string
	effect func()
}

// take takes a step of the peer, when its bytes are there. A reset is no bytes.
func (m *model) take(step peerStep) {
	if m.full && step.what != "reset" {
		m.held = append(m.held, step)
		m.pongRaces = m.pongRaces || step.what == "ping"
	} else {
		step.effect()
	}
}

// races reports whether Close, which makes the engine read on, would race the frames that
// are then read: the model cannot tell which one is first.
func (m *model) races() bool {
	return slices.ContainsFunc(m.held, func(step peerStep) bool { return step.what != "message" })
}

// closeCode is the code of the close frame that has left, or 1006.
func (m *model) closeCode() (code int) {
	if n := len(m.up.got); n > 0 {
		fmt.Sscanf(m.up.got[n-1], "close %d", &code)
	}
	if code == 0 {
		return 1006
	}
	return code
}

// The peer's steps.

func (m *model) accept() {
	if m.state != mConnecting {
		return
	}
	m.state, m.heard = mOpen, m.now
	m.inbox = append(m.inbox, "open")
	for _, frame := range m.early {
		m.up.put(frame)
	}
	m.early = nil
}

func (m *model) refuse() {
	if m.state == mConnecting {
		m.finish("Invalid HTTP status.", "http_status")
	}
}

// deaf reports whether nothing that the peer sends is read.
func (m *model) deaf() bool { return m.state == mOver || m.violated }

// leaving reports whether a decided end waits for our last frames.
func (m *model) leaving() bool { return m.up.hand != "" }

func (m *model) begin() {
	if !m.deaf() {
		m.part = true
		m.hear()
	}
}

func (m *model) message(data string) {
	switch {
	case m.deaf():
		return
	case m.closeCalled:
		m.dropped++
	case m.inboxFull(data):
		m.full, m.next = true, "text "+data
	default:
		m.inbox = append(m.inbox, "text "+data)
	}
	m.part = false
	m.hear()
}

// inboxFull reports whether one more message is too many for the inbox.
func (m *model) inboxFull(data string) bool {
	size, count := len(data)+64, 0
	for _, event := range m.inbox {
		if text, ok := strings.CutPrefix(event, "text "); ok {
			size += len(text) + 64
			count++
		}
	}
	return count > 0 && size > m.inboxSize
}

func (m *model) ping(data string) {
	if m.deaf() {
		return
	}
	m.hear()
	if m.state == mOpen || m.up.last != "" {
		m.up.put("pong " + data)
	}
}

func (m *model) peerCloses(code int) {
	if m.deaf() {
		return
	}
	if m.state == mOpen {
		m.up.put(fmt.Sprintf("close %d", code))
	}
	m.unsent += m.up.skip()
	m.state, m.deadline, m.end = mOver, m.now+5*time.Second, fmt.Sprintf("close %d \"\" clean", code)
}

func (m *model) transportEnds(message, category string) {
	if m.state == mOver && category == "reset" {
		m.cut()
	}
	if !m.deaf() {
		m.finish(message, category)
	}
}

func (m *model) violate() {
	switch {
	case m.deaf():
	case m.state == mClosing:
		if m.up.last != "" {
			m.up.last = "close 1002"
			m.unsent += m.up.skip()
		}
		m.decide("invalid opcode", "protocol")
	case len(m.inbox) == 0:
		m.answerViolation()
	default:
		m.violated, m.deadline = true, m.now+time.Second
	}
}

func (m *model) answerViolation() {
	m.violated = false
	m.up.put("close 1002")
	m.decide("invalid opcode", "protocol")
}

func (m *model) hear() { m.heard, m.pinged = m.now, -1 }

// stopReading and read are the peer's, too.

func (m *model) stopReading() { m.up.stuck = true }

func (m *model) read() {
	if m.pinged >= 0 && m.up.pingWaits() {
		m.pinged = m.now
	}
	if m.state == mClosing && m.leaving() {
		m.deadline = m.now + 5*time.Second
	}
	m.up.flow()
}

// The steps of time.

// due returns when time does something next; negative if nothing is due.
func (m *model) due() time.Duration {
	switch {
	case m.state == mConnecting, m.state == mClosing, m.violated, m.state == mOver && m.leaving():
		return m.deadline
	case m.full:
		return -1
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
	case m.violated:
		m.answerViolation()
	case m.state == mClosing:
		m.finish("The closing handshake timed out", "timeout")
	case m.state == mOver:
		m.cut()
	case m.pinged < 0:
		m.pinged = m.now
		m.up.put("ping")
	default:
		m.finish("Timer Expired", "keepalive")
	}
}

// upward is the way of our frames. While it is stuck the first one waits in the writer's
// hand, and the others after it.
type upward struct {
	got   []string // by the peer
	stuck bool
	hand  string
	pongs []string // the newest 16
	ping  bool
	texts []string
	last  string // our close frame
}

func (u *upward) put(frame string) {
	kind, _, _ := strings.Cut(frame, " ")
	switch {
	case !u.stuck:
		u.got = append(u.got, frame)
	case u.hand == "":
		u.hand = frame
	case kind == "pong":
		u.pongs = append(u.pongs, frame)
		u.pongs = u.pongs[max(0, len(u.pongs)-16):]
	case kind == "ping":
		u.ping = true
	case kind == "text":
		u.texts = append(u.texts, frame)
	case kind == "close":
		u.last = frame
	}
}

func (u *upward) pingWaits() bool { return u.ping || u.hand == "ping" }

// waiting returns the frames that wait, in the order in which they will leave.
func (u *upward) waiting() (frames []string) {
	if u.hand == "" {
		return nil
	}
	frames = append([]string{u.hand}, u.pongs...)
	if u.ping {
		frames = append(frames, "ping")
	}
	frames = append(frames, u.texts...)
	if u.last != "" {
		frames = append(frames, u.last)
	}
	return frames
}

func (u *upward) flow() { *u = upward{got: append(u.got, u.waiting()...)} }

// skip drops the frames between the writer's hand and the close frame, and returns how
// many of them were messages.
func (u *upward) skip() (messages int) {
	messages = len(u.texts)
	u.pongs, u.ping, u.texts = nil, false, nil
	return messages
}

// lose drops everything that waits, and returns how many messages those were.
func (u *upward) lose() (messages int) {
	messages = u.skip()
	if strings.HasPrefix(u.hand, "text ") {
		messages++
	}
	u.hand, u.last = "", ""
	return messages
}
