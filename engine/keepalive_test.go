package engine_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestKeepalive(t *testing.T) {
	const expired = `error "Timer Expired" keepalive`
	wantAfter := func(t *testing.T, begin time.Time, want time.Duration) {
		t.Helper()
		if took := time.Since(begin); took != want {
			t.Errorf("after %v, want %v", took, want)
		}
	}
	inBubble(t, "a pulled cable is noticed after 30 s and 20 s more", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		begin := time.Now()
		peer.Conn.(*wstest.Conn).Stall()
		h.Patience = time.Hour
		h.Want(expired)
		wantAfter(t, begin, 50*time.Second)
		end := h.End(h.ID)
		if !end.Retryable || end.CloseCode != 1006 || !strings.Contains(end.Detail, "50s") {
			t.Errorf("end %+v", end)
		}
	})
	inBubble(t, "the ping leaves after 30 s; a pong answers and measures the round trip", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		begin := time.Now()
		for round := range 3 {
			peer.Patience = time.Minute
			ping := peer.ReadFrame()
			if ping.Opcode != wstest.OpPing {
				t.Fatalf("got %v, want a ping", ping)
			}
			wantAfter(t, begin, time.Duration(round)*7*time.Second+time.Duration(round+1)*30*time.Second)
			time.Sleep(7 * time.Second)
			peer.Send(wstest.Pong("unasked"), wstest.Pong(string(ping.Payload)))
			synctest.Wait()
			if rtt := h.Stats().RoundTrip; rtt != 7*time.Second {
				t.Errorf("round trip %v, want 7s", rtt)
			}
		}
		h.WantNothing(time.Second)
	})
	inBubble(t, "a second answer to the same ping measures nothing", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Patience = time.Minute
		ping := peer.ReadFrame()
		time.Sleep(7 * time.Second)
		peer.Send(wstest.Pong(string(ping.Payload)))
		synctest.Wait()
		if err := h.Send(h.ID, engine.Text, "x"); err != nil {
			t.Fatal(err)
		}
		peer.ReadFrame()
		time.Sleep(time.Second)
		peer.Send(wstest.Pong(string(ping.Payload)))
		synctest.Wait()
		if rtt := h.Stats().RoundTrip; rtt != 7*time.Second {
			t.Errorf("round trip %v, want 7s", rtt)
		}
	})
	inBubble(t, "an answer within the same tick of the clock is one", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Serve()
		h.WantNothing(time.Hour)
	})
	inBubble(t, "any byte counts, half a frame too", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{},
			engine.ConnectOptions{Ping: 10 * time.Second, Pong: 5 * time.Second})
		for _, b := range wstest.Text("slow").Append(nil) {
			h.Run(9 * time.Second)
			peer.SendRaw([]byte{b})
		}
		begin := time.Now()
		peer.Mute()
		h.Want(`text "slow"`)
		h.Patience = time.Minute
		h.Want(expired)
		wantAfter(t, begin, 15*time.Second)
	})
	inBubble(t, "a byte instead of a pong will do", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{Ping: 10 * time.Second, Pong: 5 * time.Second})
		begin := time.Now()
		peer.Patience = time.Minute
		peer.WantFrame(wstest.Ping("1"))
		h.Run(4 * time.Second)
		peer.SendRaw([]byte{0x81})
		peer.Mute()
		h.Patience = time.Minute
		h.Want(expired)
		wantAfter(t, begin, 14*time.Second+15*time.Second)
	})
	inBubble(t, "settable, off", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{Ping: -1})
		peer.Mute()
		h.WantNothing(time.Hour)
	})
	inBubble(t, "pings without a deadline", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{Ping: time.Second, Pong: -1})
		peer.WantFrame(wstest.Ping("1"), wstest.Ping("2"))
		peer.Mute()
		h.WantNothing(time.Hour)
	})
	inBubble(t, "both clocks stand still while a full inbox pauses reading", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{
			ReceiveQueue: 200, Ping: 10 * time.Second, Pong: 5 * time.Second})
		peer.Send(wstest.Text("1"), wstest.Text("2"), wstest.Text("3"), wstest.Text("4"), wstest.Text("5"),
			wstest.Text("6"))
		time.Sleep(time.Hour) // nobody dispatches
		peer.WantSilence(0)
		begin := time.Now()
		h.Want(`text "1"`, `text "2"`, `text "3"`, `text "4"`, `text "5"`, `text "6"`)
		peer.Mute()
		h.Patience = time.Minute
		h.Want(expired)
		wantAfter(t, begin, 15*time.Second)
	})
	inBubble(t, "a ping behind a message that leaves slowly: the time runs from its last byte, not from its first",
		func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
			begin := time.Now()
			peer.Conn.(*wstest.Conn).In().SetCapacity(70_000)
			h.Send(h.ID, engine.Binary, strings.Repeat("x", 200_000)) // four writes; the ping waits from 30 s on
			for _, pause := range []time.Duration{45 * time.Second, 15 * time.Second} {
				time.Sleep(pause)
				if _, err := io.ReadFull(peer.Conn, make([]byte, 64<<10)); err != nil {
					t.Fatal(err)
				}
			}
			h.Patience = time.Hour
			h.Want(expired)
			wantAfter(t, begin, 80*time.Second)
		})
	inBubble(t, "a ping behind a message that cannot leave: the time runs from the last byte that left",
		func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
			begin := time.Now()
			peer.Conn.(*wstest.Conn).In().SetCapacity(10)
			h.Send(h.ID, engine.Binary, strings.Repeat("x", 1000))
			h.Patience = time.Hour
			h.Want(expired)
			wantAfter(t, begin, 50*time.Second)
		})
}
