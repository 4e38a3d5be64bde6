package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// tally is a handler that counts, and does something for each message.
type tally struct {
	engine.NopHandler
	ids  []engine.ID // of each event in order
	each func()
}

func (h *tally) Opened(id engine.ID, _ *engine.Info) { h.ids = append(h.ids, id) }
func (h *tally) Ended(id engine.ID, _ *engine.End)   { h.ids = append(h.ids, id) }
func (h *tally) Received(id engine.ID, _ []byte, _ engine.Kind) {
	h.ids = append(h.ids, id)
	if h.each != nil {
		h.each()
	}
}

// flooded returns a rig with so many connections, each with so many messages waiting.
func flooded(t *testing.T, connections, messages int) *enginetest.Rig {
	h := enginetest.New(t, engine.Options{})
	var peers []*wstest.Peer
	for range connections {
		peers = append(peers, h.Open(engine.ConnectOptions{}, wstest.Answer{}))
		h.Want("open")
	}
	for _, peer := range peers {
		for range messages {
			peer.Send(wstest.Text("x"))
		}
		synctest.Wait() // so that it enters the ready list before the next one
	}
	return h
}

func TestDispatchBudget(t *testing.T) {
	inBubble(t, "events", func(t *testing.T) {
		h := flooded(t, 1, 600)
		handler := &tally{}
		<-h.Ready()
		for _, want := range []int{256, 256, 88, 0} {
			if n := h.Dispatch(handler, engine.Budget{}); n != want {
				t.Errorf("delivered %d, want %d", n, want)
			}
			select {
			case <-h.Ready():
				if want < 256 {
					t.Error("Ready, but nothing waits")
				}
			default:
				if want == 256 {
					t.Error("more waits, but Ready has no value")
				}
			}
		}
	})
	inBubble(t, "time: one more callback at most", func(t *testing.T) {
		h := flooded(t, 1, 100)
		handler := &tally{each: func() { time.Sleep(3 * time.Millisecond) }}
		if n := h.Dispatch(handler, engine.Budget{}); n != 2 {
			t.Errorf("delivered %d events of 3 ms in 4 ms, want 2", n)
		}
		if n := h.Dispatch(handler, engine.Budget{Time: 10 * time.Millisecond}); n != 4 {
			t.Errorf("delivered %d events of 3 ms in 10 ms, want 4", n)
		}
	})
	inBubble(t, "time: 15 more where the clock is not looked at", func(t *testing.T) {
		h := flooded(t, 1, 600)
		slow := false
		handler := &tally{}
		handler.each = func() {
			if slow {
				time.Sleep(time.Millisecond)
			}
			slow = len(handler.ids) >= 100
		}
		n := h.Dispatch(handler, engine.Budget{Events: 600})
		if slowOnes := n - 100; slowOnes < 4 || slowOnes > 4+15 {
			t.Errorf("%d events of 1 ms in 4 ms, behind those of no time; want 4 to 19", slowOnes)
		}
		if n := h.Dispatch(handler, engine.Budget{Time: 10 * time.Millisecond}); n != 10 {
			t.Errorf("delivered %d events of 1 ms in 10 ms, want 10: the first one is slow", n)
		}
	})
	inBubble(t, "time: all events are short, and many fit into it", func(t *testing.T) {
		h := flooded(t, 3, 2000)
		handler := &tally{each: func() { time.Sleep(time.Microsecond) }}
		for range 4 {
			n := h.Dispatch(handler, engine.Budget{Events: 1 << 30, Time: time.Millisecond})
			if n < 1000 || n > 1000+15 {
				t.Errorf("delivered %d events of 1 µs in 1 ms, want 1000 to 1015", n)
			}
		}
	})
	inBubble(t, "time: the handler says that an event took long", func(t *testing.T) {
		h := flooded(t, 1, 600)
		handler := &tally{}
		handler.each = func() {
			if len(handler.ids) > 100 {
				time.Sleep(time.Millisecond)
				h.TookLong()
			}
		}
		if n := h.Dispatch(handler, engine.Budget{Events: 600}); n != 104 {
			t.Errorf("delivered %d events, want 100 of no time and 4 of 1 ms", n)
		}
	})
	inBubble(t, "stopped by the embedder", func(t *testing.T) {
		h := flooded(t, 2, 100)
		handled := 0
		handler := &tally{each: func() { handled++ }}
		if n := h.Dispatch(handler, engine.Budget{Stop: func() bool { return handled == 3 }}); n != 3 {
			t.Errorf("delivered %d events, want 3", n)
		}
		handled = 4
		if n := h.Dispatch(handler, engine.Budget{Time: time.Hour}); n != 197 {
			t.Errorf("delivered %d events after it, want 197", n)
		}
	})
	inBubble(t, "a terminal event waits for the next one when the budget is spent", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text("x"), wstest.Close(1000, ""))
		synctest.Wait()
		for _, want := range []int{1, 1, 0} {
			if n := h.Dispatch(&tally{}, engine.Budget{Events: 1}); n != want {
				t.Errorf("delivered %d, want %d", n, want)
			}
		}
		if h.Live() != 0 {
			t.Errorf("%d live", h.Live())
		}
	})
}

// R3: each connection with something to deliver gets a turn of at most 64 events a round.
func TestDispatchIsFair(t *testing.T) {
	inBubble(t, "rounds", func(t *testing.T) {
		h := flooded(t, 3, 150)
		handler := &tally{}
		for h.Dispatch(handler, engine.Budget{Time: time.Hour}) > 0 {
		}
		// 64 of each, 64 of each, 22 of each.
		var runs []string
		for i := 0; i < len(handler.ids); {
			n := 1
			for i+n < len(handler.ids) && handler.ids[i+n] == handler.ids[i] {
				n++
			}
			runs = append(runs, fmt.Sprintf("%d×%d", handler.ids[i], n))
			i += n
		}
		want := []string{"1×64", "2×64", "3×64", "1×64", "2×64", "3×64", "1×22", "2×22", "3×22"}
		if fmt.Sprint(runs) != fmt.Sprint(want) {
			t.Errorf("turns %v, want %v", runs, want)
		}
	})
}

// A handler that unwinds the goroutine loses nothing: the message that it was given
// counts as delivered, the rest comes.
func TestDispatchUnwound(t *testing.T) {
	inBubble(t, "panic", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text("1"), wstest.Text("2"), wstest.Text("3"), wstest.Close(1000, ""))
		synctest.Wait()
		func() {
			defer func() {
				if recover() != "out" {
					t.Error("no panic")
				}
			}()
			h.Dispatch(&tally{each: func() { panic("out") }}, engine.Budget{})
		}()
		h.Want(`text "2"`, `text "3"`, `close 1000 "" clean`)
	})
}

func TestStats(t *testing.T) {
	inBubble(t, "counts", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		h.Send(h.ID, engine.Text, "12345")
		peer.Send(wstest.Text("abc"))
		h.WantOf(h.Connect("nonsense", engine.ConnectOptions{}), `error "invalid uri" uri`)
		h.Connect("ws://peer.test/other", engine.ConnectOptions{})
		h.Connect("nonsense", engine.ConnectOptions{})
		synctest.Wait()
		got := h.Stats()
		want := engine.Stats{Connecting: 1, Open: 1, Closing: 1,
			Unsent: engine.Tally{Messages: 1, Bytes: 5}, Undelivered: got.Undelivered}
		if got != want {
			t.Errorf("stats %+v, want %+v", got, want)
		}
	})
}
