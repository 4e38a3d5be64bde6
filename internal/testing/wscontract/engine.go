package wscontract

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/tidewire/tidewire/engine"
)

// Engine behaves like an engine without a network: it notes its calls and delivers the
// events that a test gives it. Its ids begin at 101, so that they are never those of the
// script. The zero value works.
type Engine struct {
	urls    []string
	options []engine.ConnectOptions
	sent    []string // as sent describes them
	closed  []string // "101 1000 'bye'"; of the id 0 for an unknown one
	events  []func(engine.Handler)
	long    int // how often TookLong was called
	flushed int // how many messages had been sent when Flush was called last

	connectErr error
}

// Connects returns how many connections were begun.
func (e *Engine) Connects() int { return len(e.urls) }

// Connect implements wsapi.Engine.
func (e *Engine) Connect(url string, opts engine.ConnectOptions) (engine.ID, error) {
	if e.connectErr != nil {
		return 0, e.connectErr
	}
	e.urls, e.options = append(e.urls, url), append(e.options, opts)
	return engine.ID(100 + len(e.urls)), nil
}

// Defaults implements wsapi.Engine.
func (e *Engine) Defaults() engine.ConnectOptions {
	const each = 5 * time.Second
	return engine.ConnectOptions{
		MaxMessage: 32_000_000, SendQueue: 16 << 20, ReceiveQueue: 4 << 20,
		Timeouts: engine.Timeouts{TCP: each, TLS: each, Handshake: each, Closing: each},
	}
}

// Flush implements wsapi.Engine.
func (e *Engine) Flush() { e.flushed = len(e.sent) }

// Queue implements wsapi.Engine.
func (e *Engine) Queue(id engine.ID, kind engine.Kind, data string) error {
	if kind == engine.Text && !utf8.ValidString(data) {
		return engine.ErrInvalidUTF8
	}
	e.sent = append(e.sent, sent(id, kind, data))
	return nil
}

// sent describes a message.
func sent(id engine.ID, kind engine.Kind, data string) string {
	words := map[engine.Kind]string{
		engine.DefaultKind: "default", engine.Auto: "auto", engine.Text: "text", engine.Binary: "binary",
	}
	return fmt.Sprintf("%d %s %q", id, words[kind], data)
}

// Close implements wsapi.Engine.
func (e *Engine) Close(id engine.ID, code int, reason string) error {
	if code == 0 {
		code = 1000
	}
	if code != 1000 && (code < 3000 || code > 4999) {
		return engine.ErrCloseCode
	}
	if len(reason) > 123 || !utf8.ValidString(reason) {
		return engine.ErrCloseReason
	}
	e.closed = append(e.closed, fmt.Sprintf("%d %d '%s'", id, code, reason))
	return nil
}

// Buffered implements wsapi.Engine.
func (e *Engine) Buffered(engine.ID) (messages int, bytes int64) { return 0, 0 }

// Mark implements wsapi.Engine.
func (e *Engine) Mark(engine.ID, int64) (live bool) { return true }

// Dispatch implements wsapi.Engine.
func (e *Engine) Dispatch(h engine.Handler, budget engine.Budget) (delivered int) {
	for len(e.events) > 0 && (budget.Events == 0 || delivered < budget.Events) {
		event := e.events[0]
		e.events[0] = nil // it holds its message
		e.events = e.events[1:]
		event(h)
		delivered++
	}
	return delivered
}

// TookLong implements wsapi.Engine.
func (e *Engine) TookLong() { e.long++ }

// Do queues a function that gets the module as the engine sees it.
func (e *Engine) Do(event func(h engine.Handler)) { e.events = append(e.events, event) }

// Opened queues the event of that name.
func (e *Engine) Opened(id engine.ID, info engine.Info) {
	e.Do(func(h engine.Handler) { h.Opened(id, &info) })
}

// Received queues a message, whose buffer is overwritten as soon as the handler has
// returned.
func (e *Engine) Received(id engine.ID, data string, kind engine.Kind) {
	e.Do(func(h engine.Handler) {
		buffer := []byte(data)
		h.Received(id, buffer, kind)
		clear(buffer)
	})
}

// Ended queues the terminal event.
func (e *Engine) Ended(id engine.ID, end engine.End) {
	e.Do(func(h engine.Handler) { h.Ended(id, &end) })
}
