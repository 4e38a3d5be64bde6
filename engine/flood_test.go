package engine_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// repeated is one frame so many times.
func repeated(frame wstest.Frame, times int) []byte { return bytes.Repeat(frame.Append(nil), times) }

// An endless message of empty fragments ends its connection, and one as long as may be is
// delivered.
func TestEmptyFragments(t *testing.T) {
	inBubble(t, "as many as may be", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.SendRaw(wstest.Text("a").Unfinished().Append(nil))
		peer.SendRaw(repeated(wstest.Continuation("").Unfinished(), 10_000))
		peer.Send(wstest.Continuation("b"))
		h.Want(`text "ab"`)
	})
	inBubble(t, "one more", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		begin := time.Now()
		go func() {
			peer.Conn.Write(wstest.Text("abc").Unfinished().Append(nil))
			peer.Conn.Write(repeated(wstest.Continuation("").Unfinished(), 1_000_000))
		}()
		peer.WantFrame(wstest.Close(1009, ""))
		h.Want(`error "A message was too large" too_big`)
		end := h.End(h.ID)
		if want := (engine.Tally{Messages: 1, Bytes: 3}); end.Dropped != want || end.CloseCode != 1009 ||
			end.Detail != "peer sent more than 10000 empty fragments in one message" {
			t.Errorf("end %+v", end)
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

// A peer that floods with control frames is held back to 10,000 a second. Nothing is
// lost, nothing fails, and its neighbours do not notice.
func TestControlFrameFlood(t *testing.T) {
	frames := 1_000_000
	if detector.Race {
		frames = 300_000
	}
	for name, frame := range map[string]wstest.Frame{"pings": wstest.Ping(""), "pongs": wstest.Pong("")} {
		inBubble(t, name, func(t *testing.T) {
			var log bytes.Buffer
			h, peer := enginetest.Open(t, engine.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))},
				engine.ConnectOptions{Ping: 100 * time.Millisecond, Pong: 100 * time.Millisecond, Caller: "bot.lua:12"})
			flooder := h.ID
			neighbour := h.Open(engine.ConnectOptions{}, wstest.Answer{})
			h.Want("open")
			begin := time.Now()
			peer.Serve()
			go peer.Conn.Write(append(repeated(frame, frames), wstest.Text("after").Append(nil)...))
			for range 10 {
				neighbour.Send(wstest.Text("x"))
				now := time.Now()
				h.Want(`text "x"`)
				if waited := time.Since(now); waited != 0 {
					t.Errorf("the neighbour waited %v", waited)
				}
				h.Run(time.Second)
			}
			h.Patience = time.Hour
			h.WantOf(flooder, `text "after"`)
			took, want := time.Since(begin), time.Duration(frames/10_000-1)*time.Second
			if took < want-3*time.Second || took > want+3*time.Second { // the last read's pause comes after the message
				t.Errorf("%d frames took %v, want about %v", frames, took, want)
			}
			if n := strings.Count(log.String(), "held back"); n != 1 || !strings.Contains(log.String(), "bot.lua:12") {
				t.Errorf("%d lines of the log say so:\n%s", n, log.String())
			}
		})
	}
	inBubble(t, "as many at once as a busy peer may have collected", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		begin := time.Now()
		peer.Serve()
		go peer.Conn.Write(append(repeated(wstest.Ping("p"), 10_000), wstest.Text("after").Append(nil)...))
		h.Want(`text "after"`)
		if took := time.Since(begin); took != 0 {
			t.Errorf("took %v", took)
		}
	})
	inBubble(t, "Close ends the pause", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		begin := time.Now()
		go peer.Conn.Write(append(repeated(wstest.Pong(""), 30_000), wstest.Close(1000, "bye").Append(nil)...))
		synctest.Wait()
		h.Close(h.ID, 1000, "")
		h.Want(`close 1000 "bye" clean`)
		if took := time.Since(begin); took != 0 {
			t.Errorf("took %v", took)
		}
	})
	inBubble(t, "a peer that also stops reading is noticed in time", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		var writer sync.WaitGroup
		writer.Go(func() { floodWithPings(peer) })
		h.Run(time.Minute)
		begin := time.Now()
		h.Close(h.ID, 1000, "")
		h.Want(`close 1006 "The closing handshake timed out"`)
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("took %v", took)
		}
		writer.Wait()
	})
	inBubble(t, "one to whom nothing can be written, too", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Conn.(*wstest.Conn).In().BreakAfter(100)
		begin := time.Now()
		var writer sync.WaitGroup
		writer.Go(func() { floodWithPings(peer) })
		h.Patience = time.Hour
		h.Want(`error "Underlying Transport Error" reset`)
		if took := time.Since(begin); took > 15*time.Second {
			t.Errorf("took %v", took)
		}
		writer.Wait()
	})
}

// floodWithPings sends 100,000 pings a second until it cannot. It reads nothing, and
// pauses since the bubble's clock would not advance while we read all of them.
func floodWithPings(peer *wstest.Peer) {
	for flood := repeated(wstest.Ping(""), 10_000); ; time.Sleep(100 * time.Millisecond) {
		if _, err := peer.Conn.Write(flood); err != nil {
			return
		}
	}
}
