package engine_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// sleeper is a wall clock that runs ahead of the bubble's clock, as after a sleep of the
// machine during which the monotonic clock was stopped.
type sleeper struct{ ahead atomic.Int64 }

func (s *sleeper) now() time.Time        { return time.Now().Round(0).Add(time.Duration(s.ahead.Load())) }
func (s *sleeper) sleep(d time.Duration) { s.ahead.Add(int64(d)) }

// openSleeper is enginetest.Open with such a clock.
func openSleeper(t *testing.T, opts engine.ConnectOptions) (*enginetest.Rig, *wstest.Peer, *sleeper) {
	s := new(sleeper)
	h := enginetest.New(t, engine.Options{})
	h.SetWallClock(s.now)
	peer := h.Open(opts, wstest.Answer{})
	h.Want("open")
	return h, peer, s
}

func TestSleepOfTheMachine(t *testing.T) {
	const expired = `error "Timer Expired" keepalive`
	inBubble(t, "a connection that died meanwhile is found within the time for a pong", func(t *testing.T) {
		h, peer, clock := openSleeper(t, engine.ConnectOptions{})
		h.Run(time.Second)
		peer.Conn.(*wstest.Conn).Stall()
		clock.sleep(8 * time.Hour)
		woke := time.Now()
		h.Patience = time.Hour
		h.Want(expired)
		if took := time.Since(woke); took < 20*time.Second || took > 22*time.Second {
			t.Errorf("found after %v", took)
		}
	})
	inBubble(t, "each peer is pinged once", func(t *testing.T) {
		h, first, clock := openSleeper(t, engine.ConnectOptions{})
		peers := []*wstest.Peer{first}
		for _, opts := range []engine.ConnectOptions{{}, {Pong: -1}, {Ping: -1}} {
			peers = append(peers, h.Open(opts, wstest.Answer{}))
			h.Want("open")
		}
		peers, off := peers[:3], peers[3]
		h.Run(3 * time.Second)
		for range 2 {
			clock.sleep(time.Minute)
			woke := time.Now()
			for _, peer := range peers {
				ping := peer.ReadFrame()
				if took := time.Since(woke); ping.Opcode != wstest.OpPing || took > 2*time.Second {
					t.Errorf("%v after %v, want a ping", ping, took)
				}
				peer.Send(wstest.Pong(string(ping.Payload)))
			}
			h.Run(25 * time.Second)
			for _, peer := range peers {
				peer.WantSilence(0)
			}
		}
		off.WantSilence(0)
		h.WantNothing(0)
	})
	inBubble(t, "a ping that was unanswered gets its whole time again", func(t *testing.T) {
		h, peer, clock := openSleeper(t, engine.ConnectOptions{})
		peer.Patience = time.Minute
		peer.ReadFrame() // the ping after 30 s
		h.Run(17 * time.Second)
		clock.sleep(time.Hour)
		ping := peer.ReadFrame()
		h.WantNothing(19 * time.Second)
		peer.Send(wstest.Pong(string(ping.Payload)))
		h.WantNothing(30 * time.Second)
	})
	inBubble(t, "a clock that is set back, or a little forward, is nothing", func(t *testing.T) {
		h, peer, clock := openSleeper(t, engine.ConnectOptions{})
		for _, jump := range []time.Duration{-24 * time.Hour, 4 * time.Second, -time.Second, 4 * time.Second} {
			clock.sleep(jump)
			h.Run(5 * time.Second)
		}
		peer.WantSilence(0)
	})
	inBubble(t, "while a full inbox pauses reading nobody is pinged", func(t *testing.T) {
		h, peer, clock := openSleeper(t, engine.ConnectOptions{ReceiveQueue: 100})
		peer.Send(wstest.Text("1"), wstest.Text("2"), wstest.Text("3"))
		synctest.Wait()
		clock.sleep(time.Hour)
		time.Sleep(10 * time.Second)
		peer.WantSilence(0)
		h.Want(`text "1"`, `text "2"`, `text "3"`)
	})
	inBubble(t, "the clocks are compared while there is a connection", func(t *testing.T) {
		h, peer, _ := openSleeper(t, engine.ConnectOptions{})
		for range 3 {
			peer.Serve()
			h.Run(time.Minute)
			if !h.ComparesClocks() {
				t.Error("not while one is open")
			}
			h.Close(h.ID, 1000, "")
			h.Want(`close 1000 "" clean`)
			h.Run(10 * time.Second)
			if h.ComparesClocks() {
				t.Error("still after the last one")
			}
			peer = h.Open(engine.ConnectOptions{}, wstest.Answer{})
			h.Want("open")
		}
	})
}

// A timer that comes late finds an answer that nobody has had the time to read.
func TestLateKeepalive(t *testing.T) {
	inBubble(t, "late by more than a second", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Run(29 * time.Second)
		h.ExpireKeepalive(h.ID, 1001*time.Millisecond)
		peer.WantFrame(wstest.Ping("1"))
		h.WantNothing(19 * time.Second)
		h.Want(`error "Timer Expired" keepalive`)
	})
	inBubble(t, "late by a second", func(t *testing.T) {
		h, _ := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Run(29 * time.Second)
		h.ExpireKeepalive(h.ID, time.Second)
		h.Want(`error "Timer Expired" keepalive`)
	})
}
