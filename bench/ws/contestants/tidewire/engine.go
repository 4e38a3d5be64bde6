// Package tidewire is a client on our engine: with a handler in Go, and with a callback in
// Lua through the websocket module of our VM and of gopher-lua.
package tidewire

import (
	"errors"
	"fmt"
	"time"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/server"
	"github.com/tidewire/tidewire/engine"
)

// connections is the bound of the engine, more than any scenario has.
const connections = 20_000

// A handler is an engine and its App, all of it on one goroutine.
type handler struct {
	engine.NopHandler

	engine  *engine.Engine
	options client.Options
	kind    engine.Kind
	ids     []engine.ID // by connection
	opened  int
	more    bool
	err     error
}

// Engine returns the engine with a handler in Go. It has default limits, except for the
// number of connections.
func Engine(o client.Options) (client.Client, error) {
	h := &handler{engine: newEngine(o), options: o, kind: engine.Binary}
	if o.Text() {
		h.kind = engine.Text
	}
	return h, nil
}

func newEngine(o client.Options) *engine.Engine {
	return engine.New(engine.Options{MaxConnections: connections, TLSConfig: o.TLS})
}

func connectOptions(o client.Options) engine.ConnectOptions {
	var opts engine.ConnectOptions
	switch o.Deflate {
	case server.NoTakeover:
		opts.Compression = &engine.Compression{ServerNoContextTakeover: true, ClientNoContextTakeover: true}
	case server.Takeover:
		opts.Compression = &engine.Compression{}
	}
	return opts
}

func (h *handler) Dial(url string, n int) error {
	target := h.opened + n
	for range n {
		id, err := h.engine.Connect(url, connectOptions(h.options))
		if err != nil {
			return err
		}
		if int(id) != len(h.ids)+1 {
			return fmt.Errorf("connection %d has the id %d", len(h.ids), id)
		}
		h.ids = append(h.ids, id)
	}
	for h.opened < target && h.err == nil {
		<-h.engine.Ready()
		h.engine.Dispatch(h, engine.Budget{})
	}
	return h.err
}

func (h *handler) Play(t *client.Task) error {
	t.Begin(h)
	if t.Frames != nil {
		return withFrames(h.engine, t.Frames, func(b engine.Budget) error {
			h.engine.Dispatch(h, b)
			h.engine.Flush()
			return h.err
		})
	}
	h.more = !t.Done()
	for h.more && h.err == nil {
		h.engine.Flush()
		<-h.engine.Ready()
		h.engine.Dispatch(h, engine.Budget{})
	}
	return h.err
}

// withFrames is the loop of a program that has frames, too: a Dispatch delivers as many
// events as by default, and ends when the next frame is due, at the latest. Messages that
// were sent leave after it.
func withFrames(eng *engine.Engine, frames *client.Frames, dispatch func(engine.Budget) error) error {
	timer := time.NewTimer(frames.Until())
	defer timer.Stop()
	for !frames.Done() {
		select {
		case <-timer.C:
		case <-eng.Ready():
			// The value of Ready is taken, so there has to be a Dispatch, a short one at least.
			left := max(frames.Until(), time.Microsecond)
			if err := dispatch(engine.Budget{Time: left}); err != nil {
				return err
			}
		}
		frames.Run()
		timer.Reset(frames.Until())
	}
	return nil
}

func (h *handler) Send(connection int, data []byte) {
	if err := h.engine.QueueBytes(h.ids[connection], h.kind, data); err != nil {
		h.err = err
	}
}

func (h *handler) Opened(engine.ID, *engine.Info) { h.opened++ }

func (h *handler) Received(id engine.ID, data []byte, _ engine.Kind) {
	if !h.options.Task.Received(h, int(id)-1, data) {
		h.more = false
	}
}

func (h *handler) Ended(id engine.ID, end *engine.End) {
	h.err = errors.Join(h.err, fmt.Errorf("connection %d has ended: %s %s", id, end.Message, end.Detail))
}
