package engine_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// overhead is how much each message counts on top of its payload, by the contract.
const overhead = 64

// handler is an engine.Handler made of functions; nil ones ignore their event.
type handler struct {
	engine.NopHandler
	opened   func(engine.ID, *engine.Info)
	received func(engine.ID, []byte, engine.Kind)
	ended    func(engine.ID, *engine.End)
}

func (h handler) Opened(id engine.ID, info *engine.Info) {
	if h.opened != nil {
		h.opened(id, info)
	}
}

func (h handler) Received(id engine.ID, data []byte, kind engine.Kind) {
	if h.received != nil {
		h.received(id, data, kind)
	}
}

func (h handler) Ended(id engine.ID, end *engine.End) {
	if h.ended != nil {
		h.ended(id, end)
	}
}

// pump dispatches on the caller's goroutine until done.
func pump(t testing.TB, eng *engine.Engine, h engine.Handler, done func() bool) {
	t.Helper()
	const patience = 2 * time.Minute // as that of until
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for !done() {
		if eng.Dispatch(h, engine.Budget{}) > 0 {
			continue
		}
		select {
		case <-eng.Ready():
		case <-timer.C:
			t.Fatalf("pump: not done within %v", patience)
		}
	}
}

// numbered returns n text messages "0", "1", … padded to size bytes, as one run of
// frames.
func numbered(from, n, size int) []byte {
	var raw []byte
	for i := range n {
		raw = wstest.Text(fmt.Sprintf("%0*d", size, from+i)).Append(raw)
	}
	return raw
}

// feed writes raw to the peer's connection in the background; a full network holds it up.
// wait joins it.
func feed(peer *wstest.Peer, raw []byte) (wait func()) {
	var done sync.WaitGroup
	done.Go(func() { peer.Conn.Write(raw) })
	return done.Wait
}

func undelivered(h *enginetest.Rig) int { return h.Stats().Undelivered.Messages }

func TestReceiveQueue(t *testing.T) {
	const size = 50
	options := engine.ConnectOptions{ReceiveQueue: 60 * (size + overhead)}

	inBubble(t, "reading stops when full and goes on at half", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, options)
		conn := peer.Conn.(*wstest.Conn)
		conn.Out().SetCapacity(1000)
		wait := feed(peer, numbered(0, 1000, size))
		synctest.Wait()
		stands := conn.Out().Written()
		if n := undelivered(h); n != 60 {
			t.Fatalf("full with %d messages, want 60", n)
		}
		if most := int64(60*(size+2) + 1000 + 16<<10); stands > most {
			t.Errorf("%d bytes have left the peer, want at most %d", stands, most)
		}
		next := 0
		deliver := func(n int) {
			got := h.Dispatch(handler{received: func(_ engine.ID, data []byte, _ engine.Kind) {
				if string(data) != fmt.Sprintf("%0*d", size, next) {
					t.Fatalf("message %d is %q", next, data)
				}
				next++
			}}, engine.Budget{Events: n, Time: time.Hour})
			if got != n {
				t.Fatalf("%d events, want %d", got, n)
			}
			synctest.Wait()
		}
		deliver(29)
		if n := undelivered(h); n != 31 || conn.Out().Written() != stands {
			t.Fatalf("with 31 left: %d messages wait, %d bytes have left, want 31 and %d", n, conn.Out().Written(),
				stands)
		}
		deliver(1)
		if n := undelivered(h); n != 60 {
			t.Fatalf("with half free: %d messages wait, want 60", n)
		}
		for next < 1000 {
			deliver(min(7, 1000-next))
		}
		wait()
	})

	inBubble(t, "each message counts 64 bytes more", func(t *testing.T) {
		for _, size := range []int{0, 1, 63, 500} {
			const fit = 13
			for _, limit := range []int{fit * (size + overhead), fit*(size+overhead) + size + overhead - 1} {
				h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{ReceiveQueue: int64(limit)})
				wait := feed(peer, bytes.Repeat(wstest.Binary(strings.Repeat("x", size)).Append(nil), 100))
				synctest.Wait()
				if n := undelivered(h); n != fit {
					t.Errorf("%d bytes each, limit %d: %d messages wait, want %d", size, limit, n, fit)
				}
				h.Close(h.ID, 0, "")
				wait()
				peer.Conn.Close()
				h.End(h.ID)
			}
		}
	})

	inBubble(t, "a larger message is admitted alone", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{ReceiveQueue: 1000})
		var raw []byte
		for _, frame := range []wstest.Frame{
			wstest.Text("small"), wstest.Binary(strings.Repeat("a", 100_000)), wstest.Binary(strings.Repeat("b", 937)),
			wstest.Binary(strings.Repeat("c", 1)), wstest.Text("end"),
		} {
			raw = frame.Append(raw)
		}
		defer feed(peer, raw)()
		for _, waiting := range []int{1, 1, 1, 2} {
			synctest.Wait()
			if n := undelivered(h); n != waiting {
				t.Errorf("%d messages wait, want %d", n, waiting)
			}
			// One event and no more: messages that find room meanwhile are for the next
			// round.
			if n := h.Dispatch(handler{}, engine.Budget{Events: 1}); n != 1 {
				t.Fatalf("%d events, want 1", n)
			}
		}
	})

	inBubble(t, "a ping that was read is answered, whatever waits before it", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, options)
		peer.SendRaw(wstest.Ping("p").Append(numbered(0, 200, size)))
		synctest.Wait()
		if n := undelivered(h); n != 60 {
			t.Fatalf("%d messages wait, want 60", n)
		}
		peer.WantFrame(wstest.Pong("p"))
	})

	// Of small reads the messages are packed together; a large one is taken over whole.
	for name, network := range map[string]int{"small reads": 1000, "large reads": 64 << 10} {
		inBubble(t, "Close while full reads on, and counts what it drops: "+name, func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, options)
			peer.Conn.(*wstest.Conn).Out().SetCapacity(network)
			raw := wstest.Text("half").Unfinished().Append(numbered(0, 5000, size))
			raw = wstest.Ping("p").Append(raw)
			wait := feed(peer, wstest.Close(3000, "done").Append(raw))
			synctest.Wait()
			if n := undelivered(h); n != 60 {
				t.Fatalf("%d messages wait, want 60", n)
			}
			begin := time.Now()
			h.Close(h.ID, 0, "")
			wait()
			h.Want(`close 3000 "done" clean`)
			if took := time.Since(begin); took > 0 {
				t.Errorf("took %v", took)
			}
			if dropped := h.End(h.ID).Dropped; dropped != (engine.Tally{Messages: 5001, Bytes: 5000*size + 4}) {
				t.Errorf("dropped %+v", dropped)
			}
		})
	}

	for name, end := range map[string]struct {
		bring func(*wstest.Peer)
		want  string
	}{
		"a close frame": {func(p *wstest.Peer) { p.Conn.Write(wstest.Close(1000, "").Append(nil)) },
			`close 1000 "" clean`},
		"FIN": {func(p *wstest.Peer) { p.Conn.(*wstest.Conn).CloseWrite() }, `error "End of File" eof`},
		"a reset": {func(p *wstest.Peer) { p.Conn.(*wstest.Conn).Reset() }, `error "Underlying Transport ` +
			`Error" reset`},
		"a masked frame": {func(p *wstest.Peer) { p.Conn.Write([]byte{0x81, 0x81, 0, 0, 0, 0, 'x'}) },
			`error "Servers may not send masked frames" protocol`},
	} {
		inBubble(t, "behind a full inbox comes "+name, func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, options)
			var behind sync.WaitGroup
			behind.Go(func() {
				peer.Conn.Write(numbered(0, 200, size))
				end.bring(peer)
			})
			synctest.Wait()
			time.Sleep(time.Minute) // nothing times out while the script makes no room
			for i := range 200 {
				h.Want(fmt.Sprintf("text %q", fmt.Sprintf("%0*d", size, i)))
			}
			h.Want(end.want)
			if dropped := h.End(h.ID).Dropped; dropped != (engine.Tally{}) {
				t.Errorf("dropped %+v", dropped)
			}
			behind.Wait()
		})
	}

	// The write finds a broken pipe, which is what a FIN makes of it, too.
	inBubble(t, "behind a full inbox comes a FIN, which a write meets first", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, options)
		peer.SendRaw(numbered(0, 100, size))
		peer.Hangup()
		synctest.Wait()
		h.Send(h.ID, engine.Text, "lost")
		synctest.Wait()
		for i := range 100 {
			h.Want(fmt.Sprintf("text %q", fmt.Sprintf("%0*d", size, i)))
		}
		h.Want(`error "End of File" eof`)
	})
	inBubble(t, "the terminal event needs no room", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, options)
		peer.SendRaw(wstest.Close(1000, "").Append(numbered(0, 60, size)))
		synctest.Wait()
		if s := h.Stats(); s.Undelivered.Messages != 60 || s.Closing != 1 {
			t.Errorf("stats %+v", s)
		}
		peer.WantFrame(wstest.Close(1000, ""))
		if end := h.End(h.ID); !end.Clean {
			t.Errorf("end %+v", end)
		}
	})

	inBubble(t, "a failed send queue waits for the messages received before", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{},
			engine.ConnectOptions{ReceiveQueue: 60 * (size + overhead), SendQueue: 100})
		defer feed(peer, numbered(0, 200, size))()
		peer.Conn.(*wstest.Conn).In().SetCapacity(0)
		synctest.Wait()
		h.Send(h.ID, engine.Text, "one")
		h.Send(h.ID, engine.Text, "too many")
		synctest.Wait()
		events := 0
		for {
			event := h.Next(h.ID)
			if !strings.HasPrefix(event, "text") {
				if event != `error "send queue full" queue_full` || events < 60 {
					t.Errorf("after %d messages %s", events, event)
				}
				return
			}
			events++
		}
	})
}

// R3 with many: each connection that has something to deliver gets a turn in each round,
// of at most 64 events, the opening and the terminal one included.
func TestTurnsOfMany(t *testing.T) {
	inBubble(t, "500 connections", func(t *testing.T) {
		const connections, messages = 500, 150
		h := enginetest.New(t, engine.Options{})
		for range connections {
			h.Open(engine.ConnectOptions{}, wstest.Answer{Then: wstest.Close(1000,
				"").Append(numbered(0, messages, 3))})
		}
		synctest.Wait()
		left := make(map[engine.ID]int)
		for id := range engine.ID(connections) {
			left[id+1] = messages + 2
		}
		var turn engine.ID
		events := 0
		round := make(map[engine.ID]bool) // those that had a turn in this round
		count := func(id engine.ID) {
			if id != turn || events == 64 {
				if round[id] {
					if want := len(left); len(round) < want {
						t.Fatalf("connection %d has its next turn after %d of %d", id, len(round), want)
					}
					clear(round)
				}
				turn, events, round[id] = id, 0, true
			}
			events++
			if left[id]--; left[id] == 0 {
				delete(left, id)
				delete(round, id)
			}
		}
		pump(t, h.Engine, handler{
			opened:   func(id engine.ID, _ *engine.Info) { count(id) },
			received: func(id engine.ID, _ []byte, _ engine.Kind) { count(id) },
			ended:    func(id engine.ID, _ *engine.End) { count(id) },
		}, func() bool { return len(left) == 0 })
	})
}
