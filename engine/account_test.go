package engine_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// wantCharged wants so many messages charged, and the bytes of their payloads. Every Rig
// wants none at its end.
func wantCharged(t *testing.T, h *enginetest.Rig, messages int, payload int64) {
	t.Helper()
	if got, want := h.Memory.Used(), int64(messages)*overhead+payload; got != want {
		t.Errorf("%d bytes are charged, want %d for %d messages", got, want, messages)
	}
}

func TestMemoryOfSendQueue(t *testing.T) {
	inBubble(t, "from Send until written", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.Send(h.ID, engine.Text, "early")
		wantCharged(t, h, 1, 5)
		peer := wstest.Accept(t, h.Listener)
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		peer.Handshake(wstest.Answer{})
		h.Want("open")
		for range 10 {
			h.SendBytes(h.ID, engine.Binary, make([]byte, 1000))
		}
		synctest.Wait()
		wantCharged(t, h, 11, 10_005)
		peer.WantFrame(wstest.Text("early"))
		for range 10 {
			peer.WantFrame(wstest.Binary(strings.Repeat("\x00", 1000)))
		}
		synctest.Wait()
		wantCharged(t, h, 0, 0)
	})
	inBubble(t, "a message that is never written is charged until the end, one after Close never", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		h.Send(h.ID, engine.Text, "stuck")
		h.Close(h.ID, 1000, "")
		h.Send(h.ID, engine.Text, "late")
		wantCharged(t, h, 1, 5)
		h.Want(`close 1006 "The closing handshake timed out"`)
		wantCharged(t, h, 0, 0)
	})
	inBubble(t, "a queue that is full is released with its connection", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{SendQueue: 100})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		h.Send(h.ID, engine.Text, "x")
		h.Send(h.ID, engine.Text, "y")
		wantCharged(t, h, 0, 0)
		h.Want(`error "send queue full" queue_full`)
	})
}

func TestMemoryOfInbox(t *testing.T) {
	inBubble(t, "from the wire until delivered", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text("one"), wstest.Binary("two"), wstest.Text("three"))
		synctest.Wait()
		wantCharged(t, h, 3, 11)
		h.Want(`text "one"`, `binary "two"`, `text "three"`)
		wantCharged(t, h, 0, 0)
	})
	inBubble(t, "no more than fits", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{ReceiveQueue: 2 * (overhead + 1)})
		peer.Send(wstest.Text("1"), wstest.Text("2"), wstest.Text("3"))
		synctest.Wait()
		wantCharged(t, h, 2, 2)
		h.Want(`text "1"`, `text "2"`, `text "3"`)
		wantCharged(t, h, 0, 0)
	})
	inBubble(t, "Close releases at once", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text("one"), wstest.Text("two"))
		synctest.Wait()
		wantCharged(t, h, 2, 6)
		h.Close(h.ID, 1000, "")
		wantCharged(t, h, 0, 0)
	})
}

// Each engine has its own account, or two share one.
func TestMemoryOfEngines(t *testing.T) {
	inBubble(t, "accounts are apart", func(t *testing.T) {
		one, other := enginetest.New(t, engine.Options{}), enginetest.New(t, engine.Options{})
		one.Send(one.Connect(enginetest.URL, engine.ConnectOptions{}), engine.Text, "x")
		wantCharged(t, one, 1, 1)
		wantCharged(t, other, 0, 0)
		third := enginetest.New(t, engine.Options{Memory: one.Memory})
		third.Send(third.Connect(enginetest.URL, engine.ConnectOptions{}), engine.Text, "y")
		wantCharged(t, one, 2, 2)
	})
}
