package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// queued returns a rig whose connection has sent ten messages of 36 bytes, 1,000 bytes as
// they are counted, to a peer that reads nothing.
func queued(t *testing.T, opts engine.ConnectOptions) (*enginetest.Rig, *wstest.Peer) {
	h, peer := enginetest.Open(t, engine.Options{}, opts)
	peer.Conn.(*wstest.Conn).In().SetCapacity(1)
	for range 10 {
		h.Send(h.ID, engine.Text, strings.Repeat("x", 36))
		synctest.Wait() // so that each one is a write of its own
	}
	return h, peer
}

func wantBuffered(t *testing.T, h *enginetest.Rig, messages int, bytes int64) {
	t.Helper()
	if m, b := h.Buffered(h.ID); m != messages || b != bytes {
		t.Errorf("%d messages, %d bytes are buffered, want %d and %d", m, b, messages, bytes)
	}
}

func TestBuffered(t *testing.T) {
	inBubble(t, "as the send queue counts", func(t *testing.T) {
		h, peer := queued(t, engine.ConnectOptions{})
		wantBuffered(t, h, 10, 1000)
		peer.Conn.(*wstest.Conn).In().SetCapacity(1 << 20)
		peer.ReadFrame()
		synctest.Wait()
		wantBuffered(t, h, 0, 0)
	})
	inBubble(t, "before open and after the end", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.Net.Blackhole("nobody.test:80")
		h.ID = h.Connect("ws://nobody.test/", engine.ConnectOptions{})
		h.Send(h.ID, engine.Text, "x")
		wantBuffered(t, h, 1, 65)
		h.End(h.ID)
		wantBuffered(t, h, 0, 0)
		h.ID = 12345
		wantBuffered(t, h, 0, 0)
	})
}

func TestMark(t *testing.T) {
	// The mark is reached with the write that the queue falls to it with, and told once.
	inBubble(t, "when the queue has fallen to it", func(t *testing.T) {
		h, peer := queued(t, engine.ConnectOptions{})
		h.Mark(h.ID, 500)
		h.WantNothing(time.Second)
		for read := 0; read < 10; read++ {
			peer.ReadFrame()
			synctest.Wait()
			h.Drain()
			if _, bytes := h.Buffered(h.ID); bytes > 500 {
				if got := h.Events(h.ID); len(got) > 0 {
					t.Fatalf("%q with %d bytes buffered", got, bytes)
				}
			}
		}
		h.Want("drained")
		h.WantNothing(time.Second)
	})
	inBubble(t, "at once if no more is queued", func(t *testing.T) {
		h, _ := queued(t, engine.ConnectOptions{})
		h.Mark(h.ID, 1000)
		h.Want("drained")
		h.Mark(h.ID, 999)
		h.WantNothing(time.Second)
	})
	inBubble(t, "the latest one counts", func(t *testing.T) {
		h, _ := queued(t, engine.ConnectOptions{})
		h.Mark(h.ID, 0)
		h.Mark(h.ID, 5000)
		h.Want("drained")
	})
	inBubble(t, "while paused, and the messages wait on", func(t *testing.T) {
		h, peer := queued(t, engine.ConnectOptions{})
		h.Pause(h.ID)
		peer.Send(wstest.Text("x"))
		synctest.Wait()
		h.Mark(h.ID, 1000)
		h.Want("drained")
		h.WantNothing(time.Second)
		h.Resume(h.ID)
		h.Want(`text "x"`)
	})
	inBubble(t, "before open", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.Send(h.ID, engine.Text, "early")
		h.Mark(h.ID, 0)
		h.WantNothing(time.Second)
		peer := wstest.Accept(t, h.Listener)
		peer.Handshake(wstest.Answer{})
		peer.WantFrame(wstest.Text("early"))
		if got := []string{h.Next(h.ID), h.Next(h.ID)}; fmt.Sprint(got) != "[open drained]" &&
			fmt.Sprint(got) != "[drained open]" {
			t.Errorf("events %q", got)
		}
	})
	inBubble(t, "the end behind messages of a paused connection", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Pause(h.ID)
		h.Mark(h.ID, -1)
		peer.Send(wstest.Text("x"), wstest.Close(1000, "bye"))
		h.Want("drained for good")
		h.WantNothing(time.Second)
		h.Mark(h.ID, 1<<40) // after the end
		h.Want("drained for good")
		h.Resume(h.ID)
		h.Want(`text "x"`, `close 1000 "bye" clean`)
	})
	inBubble(t, "of a connection that fails at once", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect("nonsense", engine.ConnectOptions{})
		h.Mark(h.ID, -1)
		h.Want("drained for good", `error "invalid uri" uri`)
		h.Refuse()
		refused := h.Connect(enginetest.URL, engine.ConnectOptions{})
		for _, id := range []engine.ID{h.ID, 12345, refused} {
			if h.Mark(id, 0) {
				t.Errorf("%d is live", id)
			}
		}
		h.WantNothing(time.Second)
	})
	inBubble(t, "the end comes instead of a mark that is never reached", func(t *testing.T) {
		h, peer := queued(t, engine.ConnectOptions{})
		h.Mark(h.ID, 0)
		peer.Hangup()
		h.Want("drained for good", `error "End of File" eof`)
	})
}

func TestOffer(t *testing.T) {
	inBubble(t, "refused rather than that the connection fails", func(t *testing.T) {
		h, peer := queued(t, engine.ConnectOptions{SendQueue: 1065})
		for data, want := range map[string]error{"xy": engine.ErrQueueFull, "\xff": engine.ErrInvalidUTF8} {
			if err := h.Offer(h.ID, engine.Text, data); !errors.Is(err, want) {
				t.Errorf("%q: %v, want %v", data, err, want)
			}
		}
		if err := h.Offer(h.ID, engine.Text, "x"); err != nil {
			t.Error(err)
		}
		h.WantNothing(time.Second)
		peer.Conn.(*wstest.Conn).In().SetCapacity(1 << 20)
		for range 10 {
			peer.ReadFrame()
		}
		peer.WantFrame(wstest.Text("x"))
	})
	inBubble(t, "an empty queue takes one message of any size", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{SendQueue: 100})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		if err := h.Offer(h.ID, engine.Text, strings.Repeat("x", 5000)); err != nil {
			t.Error(err)
		}
		if err := h.Offer(h.ID, engine.Text, ""); !errors.Is(err, engine.ErrQueueFull) {
			t.Errorf("the second one: %v", err)
		}
	})
	inBubble(t, "to nobody", func(t *testing.T) {
		h, _ := queued(t, engine.ConnectOptions{})
		h.Close(h.ID, 1000, "")
		for _, id := range []engine.ID{h.ID, 0, 12345} {
			if err := h.Offer(id, engine.Text, "x"); !errors.Is(err, engine.ErrNotOpen) {
				t.Errorf("to %d: %v", id, err)
			}
		}
		h.Abort()
		if unsent := h.End(h.ID).Unsent.Messages; unsent != 10 {
			t.Errorf("%d messages are unsent, want the ten that were taken", unsent)
		}
	})
}

func TestTake(t *testing.T) {
	var got []string
	noting := handler{received: func(_ engine.ID, data []byte, kind engine.Kind) {
		got = append(got, fmt.Sprintf("%d%s", kind, data))
	}}
	inBubble(t, "one message after the other, without Dispatch", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Pause(h.ID)
		peer.Send(wstest.Text("a"), wstest.Ping("p"), wstest.Binary("b"), wstest.Text(""))
		synctest.Wait()
		got = nil
		for h.Take(h.ID, noting) {
		}
		want := fmt.Sprintf("[%da %db %d]", engine.Text, engine.Binary, engine.Text)
		if fmt.Sprint(got) != want {
			t.Errorf("got %v, want %s", got, want)
		}
		if n := undelivered(h); n != 0 {
			t.Errorf("%d messages are left", n)
		}
		peer.Send(wstest.Text("c"))
		synctest.Wait()
		h.WantNothing(time.Second) // it is paused all the while
		h.Resume(h.ID)
		h.Want(`text "c"`)
	})
	inBubble(t, "makes room for the peer", func(t *testing.T) {
		const size = 50
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{ReceiveQueue: 60 * (size + overhead)})
		peer.Conn.(*wstest.Conn).Out().SetCapacity(1000)
		h.Pause(h.ID)
		wait := feed(peer, numbered(0, 500, size))
		got = nil
		for len(got) < 500 {
			synctest.Wait()
			before := len(got)
			for h.Take(h.ID, noting) {
			}
			if len(got) == before {
				t.Fatalf("stuck after %d messages", before)
			}
		}
		wait()
		for i, text := range got {
			if want := fmt.Sprintf("%d%0*d", engine.Text, size, i); text != want {
				t.Fatalf("message %d is %q", i, text)
			}
		}
	})
	inBubble(t, "the last one before a violation lets it be answered", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Pause(h.ID)
		peer.SendRaw([]byte{0x81, 1, 'x', 0x83, 0})
		synctest.Wait()
		if !h.Take(h.ID, noting) {
			t.Fatal("nothing to take")
		}
		start := time.Now()
		peer.WantFrame(wstest.Close(1002, ""))
		if d := time.Since(start); d != 0 {
			t.Errorf("answered after %v", d)
		}
	})
	inBubble(t, "nothing of one that is not paused, is not open, or is nobody's", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text("x"))
		synctest.Wait()
		if h.Take(h.ID, noting) || h.Take(12345, noting) {
			t.Error("took a message")
		}
		second := h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.Pause(second)
		other := wstest.Accept(t, h.Listener)
		other.Handshake(wstest.Answer{})
		other.Send(wstest.Text("y"))
		synctest.Wait()
		if h.Take(second, noting) {
			t.Error("took a message before the opening event")
		}
	})
	// The rest of what Dispatch has in hand is not for Take; Resume delivers it.
	inBubble(t, "within a handler of the same connection", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.SendRaw(numbered(0, 3, 1))
		synctest.Wait()
		got = nil
		var pausing handler
		pausing.received = func(id engine.ID, data []byte, kind engine.Kind) {
			noting.received(id, data, kind)
			h.Pause(id)
			if h.Take(id, pausing) {
				t.Error("took a message that Dispatch has in hand")
			}
		}
		h.Dispatch(pausing, engine.Budget{})
		if len(got) != 1 || !h.Take(h.ID, noting) || !h.Take(h.ID, noting) || h.Take(h.ID, noting) {
			t.Errorf("got %v", got)
		}
	})
}
