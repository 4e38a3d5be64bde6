package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// Every way in which an embedder can end its engine, in every state that a connection can
// be in.
func TestEndingInEveryState(t *testing.T) {
	const timedOut = `close 1006 "The closing handshake timed out"`
	states := []struct {
		name string
		// bring opens a connection and brings it there.
		bring func(*testing.T, *enginetest.Rig) engine.ID
		// The end after Abort, and after CloseAll when the peer keeps silent.
		abort, closeAll string
	}{
		{"in the dial guard's line", func(t *testing.T, h *enginetest.Rig) engine.ID {
			h.Next(h.Connect("ws://refused.test/", engine.ConnectOptions{}))
			return h.Connect("ws://refused.test/", engine.ConnectOptions{})
		}, `close 1006 ""`, `close 1006 ""`},
		{"dialling", func(t *testing.T, h *enginetest.Rig) engine.ID {
			h.Net.Blackhole("far.test:80")
			return h.Connect("ws://far.test/", engine.ConnectOptions{})
		}, `close 1006 ""`, `close 1006 ""`},
		{"shaking hands", func(t *testing.T, h *enginetest.Rig) engine.ID {
			id := h.Connect(enginetest.URL, engine.ConnectOptions{})
			wstest.Accept(t, h.Listener).ReadRequest()
			return id
		}, `close 1006 ""`, `close 1006 ""`},
		{"open, not yet told", func(t *testing.T, h *enginetest.Rig) engine.ID {
			h.Open(engine.ConnectOptions{}, wstest.Answer{}).Mute()
			return h.ID
		}, timedOut, timedOut},
		{"open with messages on both sides", func(t *testing.T, h *enginetest.Rig) engine.ID {
			peer := h.Open(engine.ConnectOptions{ReceiveQueue: 1000}, wstest.Answer{})
			h.Want("open")
			peer.Conn.(*wstest.Conn).In().SetCapacity(10)
			t.Cleanup(feed(peer, numbered(0, 1000, 50)))
			h.Send(h.ID, engine.Text, strings.Repeat("x", 100_000))
			return h.ID
		}, timedOut, timedOut},
		{"closing", func(t *testing.T, h *enginetest.Rig) engine.ID {
			h.Open(engine.ConnectOptions{}, wstest.Answer{}).Mute()
			h.Want("open")
			h.Close(h.ID, 0, "")
			return h.ID
		}, timedOut, timedOut},
		{"ended, not yet told", func(t *testing.T, h *enginetest.Rig) engine.ID {
			h.Open(engine.ConnectOptions{}, wstest.Answer{}).Close(3000, "bye")
			h.Want("open")
			return h.ID
		}, `close 3000 "bye" clean`, `close 3000 "bye" clean`},
		{"malformed", func(t *testing.T, h *enginetest.Rig) engine.ID {
			return h.Connect("nonsense", engine.ConnectOptions{})
		}, `error "invalid uri" uri`, `error "invalid uri" uri`},
	}
	for _, state := range states {
		inBubble(t, "CloseAll "+state.name, func(t *testing.T) {
			h := enginetest.New(t, engine.Options{})
			id := state.bring(t, h)
			synctest.Wait()
			h.CloseAll(1001, "")
			h.WantOf(id, state.closeAll)
			h.WantNothing(time.Minute)
		})
		inBubble(t, "Abort "+state.name, func(t *testing.T) {
			h := enginetest.New(t, engine.Options{})
			id := state.bring(t, h)
			synctest.Wait()
			begin := time.Now()
			h.Abort()
			h.WantOf(id, state.abort)
			if time.Since(begin) > 0 || h.Live() > 0 {
				t.Errorf("took %v, %d live on", time.Since(begin), h.Live())
			}
			h.WantNothing(time.Minute)
		})
		inBubble(t, "CloseAll and Abort at once "+state.name, func(t *testing.T) {
			h := enginetest.New(t, engine.Options{})
			id := state.bring(t, h)
			synctest.Wait()
			h.CloseAll(1001, "")
			h.Abort()
			h.End(id)
			h.WantOf(id, state.abort)
		})
		inBubble(t, "Shutdown "+state.name, func(t *testing.T) {
			h := enginetest.New(t, engine.Options{})
			id := state.bring(t, h)
			synctest.Wait()
			begin := time.Now()
			if err := h.Shutdown(context.Background()); err != nil || time.Since(begin) > 0 || h.Running() > 0 ||
				h.Net.OpenConns() > 0 {
				t.Errorf("%v after %v, %d run, %d open", err, time.Since(begin), h.Running(), h.Net.OpenConns())
			}
			if err := h.Shutdown(context.Background()); err != nil {
				t.Errorf("again: %v", err)
			}
			h.Drain()
			if got := h.Events(id); !slices.Equal(got, []string{state.abort}) || h.Live() > 0 {
				t.Errorf("then %q was delivered, want %q alone; %d live on", got, state.abort, h.Live())
			}
		})
	}
}

func TestLinger(t *testing.T) {
	closed := func(t *testing.T) (*enginetest.Rig, *wstest.Peer) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Close(1000, "")
		h.Want(`close 1000 "" clean`)
		peer.WantFrame(wstest.Close(1000, ""))
		if h.Running() != 1 || h.Live() != 0 {
			t.Errorf("%d run, %d live", h.Running(), h.Live())
		}
		return h, peer
	}
	inBubble(t, "the peer's FIN ends it", func(t *testing.T) {
		h, peer := closed(t)
		peer.Hangup()
		synctest.Wait()
		if h.Running() != 0 || h.Net.OpenConns() != 0 {
			t.Errorf("%d run, %d open", h.Running(), h.Net.OpenConns())
		}
	})
	inBubble(t, "without it 2 s do, whatever comes", func(t *testing.T) {
		h, peer := closed(t)
		defer feed(peer, numbered(0, 100_000, 50))()
		time.Sleep(2*time.Second - 1)
		if h.Running() != 1 {
			t.Error("cut too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if h.Running() != 0 || h.Net.OpenConns() != 0 {
			t.Errorf("%d run, %d open", h.Running(), h.Net.OpenConns())
		}
	})
	inBubble(t, "Shutdown does", func(t *testing.T) {
		h, _ := closed(t)
		begin := time.Now()
		if err := h.Shutdown(context.Background()); err != nil || time.Since(begin) > 0 || h.Net.OpenConns() != 0 {
			t.Errorf("%v after %v, %d open", err, time.Since(begin), h.Net.OpenConns())
		}
	})
}

func TestRefuse(t *testing.T) {
	inBubble(t, "an id and nothing more", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Refuse()
		for i := range 3 {
			if id := h.Connect([]string{enginetest.URL, "nonsense", "ws://refused.test/"}[i],
				engine.ConnectOptions{}); int(id) != i+2 {
				t.Errorf("id %d", id)
			}
		}
		h.WantNothing(20 * time.Second)
		if n := len(h.Net.Dials()); n != 1 || h.Live() != 1 {
			t.Errorf("%d dials, %d live", n, h.Live())
		}
		peer.Send(wstest.Text("goes on"))
		h.Want(`text "goes on"`)
	})
}

// Connect on some goroutines, CloseAll, Abort or Shutdown on another, Dispatch on a
// third.
func TestEndingBesideConnect(t *testing.T) {
	for round := range 30 {
		n := new(wstest.Net)
		eng := engine.New(engine.Options{DialContext: n.DialContext, MaxConnections: 1200})
		var callers sync.WaitGroup
		var mu sync.Mutex
		given := make(map[engine.ID]string)
		ends := make(map[engine.ID]int)
		for g := range 3 {
			callers.Go(func() {
				for i := range 400 {
					url := []string{"nonsense", "ws://refused.test/", fmt.Sprintf("ws://refused%d.test/", i)}[g]
					if id, err := eng.Connect(url, engine.ConnectOptions{}); err == nil {
						mu.Lock()
						given[id] = url
						mu.Unlock()
					}
				}
			})
		}
		h := handler{ended: func(id engine.ID, end *engine.End) {
			mu.Lock()
			ends[id]++
			mu.Unlock()
			if end.URL == "" {
				t.Errorf("connection %d: no URL", id)
			}
		}}
		stop := make(chan struct{})
		var host sync.WaitGroup
		host.Go(func() {
			for {
				eng.Dispatch(h, engine.Budget{})
				select {
				case <-stop:
					return
				case <-eng.Ready():
				}
			}
		})
		time.Sleep(time.Duration(round) * 20 * time.Microsecond) // not a signal: any point of the callers' work will do
		switch round % 3 {
		case 0:
			eng.CloseAll(1001, "")
		case 1:
			eng.Abort()
		case 2:
			eng.Shutdown(context.Background())
		}
		callers.Wait()
		if err := eng.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		close(stop)
		host.Wait()
		for eng.Live() > 0 {
			if eng.Dispatch(h, engine.Budget{}) == 0 {
				t.Fatalf("%d connections live on without an event", eng.Live())
			}
		}
		for id, n := range ends {
			if n != 1 || given[id] == "" {
				t.Errorf("connection %d to %q: %d ends", id, given[id], n)
			}
		}
	}
}
