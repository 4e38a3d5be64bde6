package engine_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestSendBeforeOpen(t *testing.T) {
	inBubble(t, "queued, then what onOpen sends", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.On = func(id engine.ID, event string) {
			if event == "open" {
				h.Send(id, engine.Text, "from onOpen")
			}
		}
		h.ID = h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.Send(h.ID, engine.Text, "early")
		h.SendBytes(h.ID, engine.Binary, []byte("too"))
		peer := wstest.Accept(t, h.Listener)
		peer.Handshake(wstest.Answer{})
		h.Want("open")
		peer.WantFrame(wstest.Text("early"), wstest.Binary("too"), wstest.Text("from onOpen"))
	})
	// RFC 6455 §4.1: a client waits for the answer before it sends anything more.
	inBubble(t, "nothing leaves before the answer", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect(enginetest.URL, engine.ConnectOptions{Timeouts: engine.Timeouts{Handshake: time.Minute}})
		h.Send(h.ID, engine.Text, "early")
		peer := wstest.Accept(t, h.Listener)
		peer.ReadRequest()
		h.SendBytes(h.ID, engine.Binary, []byte("too"))
		h.Flush()
		peer.WantSilence(30 * time.Second)
		peer.SendRaw(wstest.Answer{}.Bytes(peer.Request))
		peer.WantFrame(wstest.Text("early"), wstest.Binary("too"))
		h.Want("open")
	})
}

func TestKinds(t *testing.T) {
	inBubble(t, "auto, text, binary and the connection's default", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{Kind: engine.Binary})
		h.Send(h.ID, engine.Auto, "é")
		h.Send(h.ID, engine.Auto, "")
		h.Send(h.ID, engine.Auto, "\xff")
		h.Send(h.ID, engine.Text, "x")
		h.Send(h.ID, engine.Binary, "x")
		h.Send(h.ID, engine.DefaultKind, "x")
		peer.WantFrame(wstest.Text("é"), wstest.Text(""), wstest.Binary("\xff"), wstest.Text("x"), wstest.Binary("x"),
			wstest.Binary("x"))
		if err := h.Send(h.ID, engine.Text, "\xff"); !errors.Is(err, engine.ErrInvalidUTF8) {
			t.Errorf("error %v", err)
		}
		if err := h.Send(12345, engine.Text, "\xff"); !errors.Is(err, engine.ErrInvalidUTF8) {
			t.Errorf("to an unknown id: error %v", err)
		}
		if err := h.Send(12345, engine.Text, "fine"); err != nil {
			t.Errorf("to an unknown id: error %v", err)
		}
	})
}

func TestSendQueueLimit(t *testing.T) {
	full := `error "send queue full" queue_full`
	stuck := func(t *testing.T, limit int64) (*enginetest.Rig, *wstest.Peer) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{SendQueue: limit})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		return h, peer
	}
	inBubble(t, "each message counts 64 bytes more than its payload", func(t *testing.T) {
		h, _ := stuck(t, 1000)
		for range 10 {
			h.Send(h.ID, engine.Text, strings.Repeat("x", 36))
		}
		h.WantNothing(time.Second)
		h.Send(h.ID, engine.Text, "")
		h.Want(full)
		end := h.End(h.ID)
		if end.Unsent != (engine.Tally{Messages: 11, Bytes: 360}) || end.CloseCode != 1006 || end.Retryable {
			t.Errorf("end %+v", end)
		}
	})
	inBubble(t, "an empty queue takes one message of any size", func(t *testing.T) {
		h, _ := stuck(t, 1000)
		h.Send(h.ID, engine.Text, strings.Repeat("x", 100_000))
		h.WantNothing(time.Second)
		h.Send(h.ID, engine.Text, "x")
		h.Want(full)
	})
	inBubble(t, "what has left makes room", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{SendQueue: 200})
		for range 100 {
			h.Send(h.ID, engine.Text, "x")
			h.Send(h.ID, engine.Text, "y")
			peer.WantFrame(wstest.Text("x"), wstest.Text("y"))
			synctest.Wait()
		}
		h.WantNothing(time.Second)
	})
	inBubble(t, "before open, in the dial guard's line too", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.WantOf(h.Connect("ws://nobody.test/", engine.ConnectOptions{}), `error "Underlying Transport Error" refused`)
		h.ID = h.Connect("ws://nobody.test/", engine.ConnectOptions{SendQueue: 100})
		h.Send(h.ID, engine.Text, "x")
		h.Send(h.ID, engine.Text, "y")
		h.Want(full)
	})
	inBubble(t, "what was received before is delivered first", func(t *testing.T) {
		h, peer := stuck(t, 1000)
		peer.Send(wstest.Text("one"), wstest.Text("two"))
		synctest.Wait()
		for range 20 {
			h.Send(h.ID, engine.Text, strings.Repeat("x", 100))
		}
		h.Want(`text "one"`, `text "two"`, full)
	})
}
