package websocket

import (
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/permission"
)

// This file is the module for Go code that shares the engine with the script.

// ErrEnding is returned by Module.Connect once the engine refuses new connections.
var ErrEnding = wsapi.ErrEnding

// Connect begins a connection like the script's function of that name, but its events go
// to h within Pump, and to no callback. number is the id that the script may use, also
// with Send and Close. Of h's Drained only the end comes, as Engine.Mark describes it.
// The error is the engine's, or ErrEnding.
func (m *Module) Connect(url string, opts engine.ConnectOptions, h engine.Handler) (
	number float64, id engine.ID, err error,
) {
	c, err := m.session.Begin(url, opts, held{handler: h})
	if err != nil {
		return 0, 0, err
	}
	return c.Number, c.ID(), nil
}

// Limits returns those of Options, for modules that read the same options. Module.Connect
// does not ask them.
func (m *Module) Limits() permission.Limits { return m.limits }

// ID returns the engine's id of a live connection of the script.
func (m *Module) ID(number float64) (id engine.ID, live bool) {
	c := m.session.Live(number)
	if c == nil {
		return 0, false
	}
	return c.ID(), true
}

// CloseID is the script's function Close. The error is about the code or the reason, which
// are checked for an ended or unknown id, too.
func (m *Module) CloseID(number, code float64, reason string) error {
	return m.session.Close(number, code, reason)
}

// Buffered counts the messages of a connection that wait to be written, and their bytes
// with 64 on top for each message, as the option sendQueue counts them. An ended or
// unknown id has none.
func (m *Module) Buffered(number float64) (messages int, bytes int64) {
	return m.session.Buffered(number)
}

// OnDrain calls f within Pump, once: with true as soon as at most so many bytes wait to
// be written, counted as by Buffered, or with false when the connection has ended. cancel
// takes that back. live is false for an ended or unknown id: f is not called then.
func (m *Module) OnDrain(number float64, bytes int64, f func(drained bool)) (cancel func(), live bool) {
	d, live := m.session.OnDrain(number, bytes, f)
	if !live {
		return func() {}, false
	}
	return func() { m.session.CancelDrain(number, d) }, true
}
