package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/hostile"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// Each hostile peer leads to one terminal event, which is the one that it names, in time,
// and takes no more memory than it may; and nothing of it stays.
func TestHostilePeers(t *testing.T) {
	for _, p := range detector.Some(hostile.Peers()) {
		inBubble(t, p.Name, func(t *testing.T) { playHostile(t, p) })
	}
}

func playHostile(t *testing.T, p *hostile.Peer) {
	h := enginetest.New(t, engine.Options{})
	h.Patience = 10 * time.Minute
	opts := engine.ConnectOptions{MaxMessage: hostile.MaxMessage, Ping: hostile.Ping, Pong: hostile.Pong}
	if p.Compress {
		opts.Compression = new(engine.Compression)
	}
	begin := time.Now()
	h.On = func(id engine.ID, event string) {
		if event != "open" {
			return
		}
		if p.Sends > 0 {
			h.Send(id, engine.Binary, strings.Repeat("x", p.Sends))
		}
		if p.Closes {
			begin = time.Now()
			h.Close(id, 1000, "")
		}
	}
	h.ID = h.Connect(enginetest.URL, opts)
	conn, err := h.Listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan int, 1)
	go func() { sent <- p.Run(conn.(*wstest.Conn)) }()

	if p.Want.Stays {
		h.Run(hostile.Stay)
		begin = time.Now()
		h.Close(h.ID, 1000, "")
	}
	end := h.End(h.ID)
	took := time.Since(begin)
	peak := h.Memory.Figures().Peak
	wantHostileEnd(t, p, end)
	if took > p.Want.Within {
		t.Errorf("it took %v, want at most %v", took, p.Want.Within)
	}
	if peak > p.Want.Memory {
		t.Errorf("%d bytes were charged at once, want at most %d", peak, p.Want.Memory)
	}
	h.Run(10 * time.Second)
	wantHostileEvents(t, p, h.Events(h.ID))
	if used := h.Memory.Used(); used != 0 {
		t.Errorf("%d bytes are still charged", used)
	}
	if n := h.Net.OpenConns(); n != 0 {
		t.Errorf("%d connections are still open", n)
	}
	conn.Close()
	if code := <-sent; code != 0 && code != end.CloseCode {
		t.Errorf("a close frame with %d has left, the event says %d", code, end.CloseCode)
	}
	synctest.Wait()
}

func wantHostileEnd(t *testing.T, p *hostile.Peer, end *engine.End) {
	t.Helper()
	got := hostile.Want{Stays: p.Want.Stays, Message: end.Message, Closed: !end.Failed, Clean: end.Clean, Code: end.Code,
		Category: string(end.Category), Phase: string(end.Phase), CloseCode: end.CloseCode, Again: end.Retryable,
		Within: p.Want.Within, Memory: p.Want.Memory}
	if got.Closed {
		got.Message = end.Reason
	} else {
		got.Code = 0
	}
	if got != p.Want {
		t.Errorf("the end is\n%+v, want\n%+v: %s", got, p.Want, end.Detail)
	}
	if end.Detail == "" || strings.ContainsAny(end.Detail, "\r\n\x00\x1b") {
		t.Errorf("the detail is %q", end.Detail)
	}
}

// wantHostileEvents wants the open event and Before where they belong, and one terminal
// event, the last.
func wantHostileEvents(t *testing.T, p *hostile.Peer, events []string) {
	t.Helper()
	isEnd := func(event string) bool {
		return strings.HasPrefix(event, "error ") || strings.HasPrefix(event, "close ")
	}
	first := slices.IndexFunc(events, isEnd)
	if first != len(events)-1 {
		t.Errorf("the events are %.500q, want one end", events)
	}
	if opened := len(events) > 1 && events[0] == "open"; opened != p.Opens {
		t.Errorf("the events are %.500q, open: %v", events, p.Opens)
	}
	before := fmt.Sprintf("text %q", hostile.Before)
	if p.Opens && !p.Closes && events[1] != before {
		t.Errorf("the events are %.500q, want %s second", events, before)
	}
}
