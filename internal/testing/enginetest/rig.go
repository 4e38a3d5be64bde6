// Package enginetest wires an engine to wstest's in-memory network and plays its
// embedder: it dispatches on the test's goroutine, writes the events down as strings and
// checks the order that engine.Handler promises. It works in a testing/synctest bubble
// and outside. It is apart from wstest so that the packages below engine can use that
// one.
package enginetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/memory"
)

const (
	// Addr is where Open's peer listens, and URL leads there.
	Addr = "peer.test:80"
	URL  = "ws://peer.test/"

	// defaultPatience is how long a Want dispatches for when Rig.Patience is 0.
	defaultPatience = 10 * time.Second
)

// Rig is an engine with a network and a dispatcher of its own. Its methods are for the
// test's goroutine.
type Rig struct {
	*engine.Engine
	Net      *wstest.Net      // the engine's network, unless Options.DialContext was given
	Memory   *memory.Account  // the engine's; one that New has made is empty at the end
	Listener *wstest.Listener // on Addr
	ID       engine.ID        // the connection that Open made, and that Want checks

	// Patience is how long a Want waits, in bubble time within a bubble. 0 means 10 s.
	Patience time.Duration

	// On, if not nil, is called within each callback, after it was written down: the
	// place to call the engine from inside. event is as in Want.
	On func(id engine.ID, event string)

	tb     testing.TB
	events map[engine.ID][]string // dispatched and not yet wanted
	stages map[engine.ID]stage
	ends   map[engine.ID]*engine.End
	infos  map[engine.ID]*engine.Info
}

// stage is how far a connection has come in the order that engine.Handler promises.
type stage string

const (
	fresh  stage = "" // before its first event
	opened stage = "after open"
	ended  stage = "after the end"
)

// New returns a Rig whose engine has no connection yet. At the end of the test the engine
// is shut down, and the test fails if that takes long, or if a connection of Net is left
// open.
func New(tb testing.TB, opts engine.Options) *Rig {
	tb.Helper()
	h := &Rig{
		Net:    new(wstest.Net),
		tb:     tb,
		events: make(map[engine.ID][]string),
		stages: make(map[engine.ID]stage),
		ends:   make(map[engine.ID]*engine.End),
		infos:  make(map[engine.ID]*engine.Info),
	}
	var err error
	if h.Listener, err = h.Net.Listen(Addr); err != nil {
		tb.Fatalf("rig: %v", err)
	}
	if opts.DialContext == nil {
		opts.DialContext = h.Net.DialContext
	}
	if h.Memory = opts.Memory; h.Memory == nil {
		h.Memory = new(memory.Account)
		opts.Memory = h.Memory
		tb.Cleanup(func() { // after shutdown
			if n := h.Memory.Used(); n != 0 {
				tb.Errorf("rig: the engine left %d bytes charged", n)
			}
		})
	}
	h.Engine = engine.New(opts)
	tb.Cleanup(h.shutdown)
	return h
}

// Open returns a Rig with one open connection and the server at its other end. The
// connection's ID is Rig.ID, and its open event has been dispatched.
func Open(tb testing.TB, opts engine.Options, connectOpts engine.ConnectOptions) (*Rig, *wstest.Peer) {
	tb.Helper()
	h := New(tb, opts)
	peer := h.Open(connectOpts, wstest.Answer{})
	h.Want("open")
	return h, peer
}

// Open connects to Addr, answers the opening handshake and makes the connection Rig.ID.
// Its open event is still to come.
func (h *Rig) Open(opts engine.ConnectOptions, answer wstest.Answer) *wstest.Peer {
	h.tb.Helper()
	h.ID = h.Connect(URL, opts)
	peer := wstest.Accept(h.tb, h.Listener)
	peer.Handshake(answer)
	return peer
}

// Connect is the engine's, without an error wanted.
func (h *Rig) Connect(url string, opts engine.ConnectOptions) engine.ID {
	h.tb.Helper()
	id, err := h.Engine.Connect(url, opts)
	if err != nil {
		h.tb.Fatalf("rig: connect to %s: %v", url, err)
	}
	return id
}

// Want dispatches until the connection's next events are these, such as
//
//	open
//	text "x"
//	binary "\x00\xff"
//	close 1000 "bye" clean
//	close 1006 ""
//	error "End of File" eof
func (h *Rig) Want(events ...string) {
	h.tb.Helper()
	h.WantOf(h.ID, events...)
}

// WantOf is Want for any connection. Events of others are kept for their own Want.
func (h *Rig) WantOf(id engine.ID, events ...string) {
	h.tb.Helper()
	for _, want := range events {
		if got := h.Next(id); got != want {
			h.tb.Fatalf("rig: connection %d: want %s, got %s", id, want, got)
		}
	}
}

// Next dispatches until the connection has an event that was not wanted yet, and returns
// it.
func (h *Rig) Next(id engine.ID) string {
	h.tb.Helper()
	if !h.dispatch(h.patience(), func() bool { return len(h.events[id]) > 0 }) {
		h.tb.Fatalf("rig: connection %d: no event within %v", id, h.patience())
	}
	event := h.events[id][0]
	h.events[id] = h.events[id][1:]
	return event
}

// WantNothing dispatches for d and wants no event of any connection.
func (h *Rig) WantNothing(d time.Duration) {
	h.tb.Helper()
	h.Run(d)
	for id, events := range h.events {
		if len(events) > 0 {
			h.tb.Fatalf("rig: connection %d: want nothing, got %q", id, events)
		}
	}
}

// Run dispatches for d.
func (h *Rig) Run(d time.Duration) { h.dispatch(d, func() bool { return false }) }

// End dispatches until the connection's terminal event, whatever comes before, and
// returns it.
func (h *Rig) End(id engine.ID) *engine.End {
	h.tb.Helper()
	if !h.dispatch(h.patience(), func() bool { return h.ends[id] != nil }) {
		h.tb.Fatalf("rig: connection %d: no end within %v; events %q", id, h.patience(), h.events[id])
	}
	return h.ends[id]
}

// Drain dispatches the events that there are now, and reports whether there were any.
func (h *Rig) Drain() bool {
	delivered := 0
	for n := h.Dispatch(recorder{h: h}, engine.Budget{}); n > 0; n = h.Dispatch(recorder{h: h}, engine.Budget{}) {
		delivered += n
	}
	return delivered > 0
}

// Events returns the events dispatched for the connection and not yet wanted.
func (h *Rig) Events(id engine.ID) []string { return slices.Clone(h.events[id]) }

// Info returns the Info of the connection's open event, or nil.
func (h *Rig) Info(id engine.ID) *engine.Info { return h.infos[id] }

// dispatch delivers events until done, and reports whether that was within d.
func (h *Rig) dispatch(d time.Duration, done func() bool) bool {
	end := time.Now().Add(d)
	timer := time.NewTimer(d)
	defer timer.Stop()
	for !done() {
		if h.Dispatch(recorder{h: h}, engine.Budget{}) > 0 && time.Now().Before(end) {
			continue
		}
		select {
		case <-h.Ready():
		case <-timer.C:
			return false
		}
	}
	return true
}

func (h *Rig) patience() time.Duration {
	if h.Patience > 0 {
		return h.Patience
	}
	return defaultPatience
}

func (h *Rig) shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), defaultPatience)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		h.tb.Errorf("rig: shutdown: %v", err)
	}
	h.Listener.Close()
	if n := h.Net.OpenConns(); n > 0 {
		h.tb.Errorf("rig: the engine left %d connections open", n)
	}
}

// recorder is the handler of a Rig.
type recorder struct {
	engine.NopHandler
	h *Rig
}

func (r recorder) Opened(id engine.ID, info *engine.Info) {
	r.h.infos[id] = info
	event := "open"
	if info.Protocol != "" {
		event += " protocol " + info.Protocol
	}
	r.h.record(id, event, opened, fresh)
}

func (r recorder) Received(id engine.ID, data []byte, kind engine.Kind) {
	name := "text"
	if kind == engine.Binary {
		name = "binary"
	}
	r.h.record(id, name+" "+wstest.Quote(data), opened, opened)
}

func (r recorder) Drained(id engine.ID, over bool) {
	event := "drained"
	if over {
		event += " for good"
	}
	r.h.record(id, event, r.h.stages[id], fresh, opened)
}

func (r recorder) Ended(id engine.ID, end *engine.End) {
	r.h.ends[id] = end
	r.h.record(id, EndString(end), ended, fresh, opened)
}

// EndString is a terminal event as Want has it.
func EndString(end *engine.End) string {
	if end.Failed {
		return fmt.Sprintf("error %q %s", end.Message, end.Category)
	}
	event := fmt.Sprintf("close %d %q", end.Code, end.Reason)
	if end.Clean {
		event += " clean"
	}
	return event
}

// record writes down an event, which may come in the stages given and leads to another.
func (h *Rig) record(id engine.ID, event string, to stage, from ...stage) {
	if !slices.Contains(from, h.stages[id]) {
		h.tb.Errorf("rig: connection %d: %s comes %s", id, event, cmp.Or(h.stages[id], "first"))
	}
	h.stages[id] = to
	h.events[id] = append(h.events[id], event)
	if h.On != nil {
		h.On(id, event)
	}
}
