package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// broken is a frame that breaks a rule, brokenEvent the script's event, and brokenCode
// our close frame's code.
const (
	broken      = "\x83\x00"
	brokenEvent = `error "invalid opcode" protocol`
	brokenCode  = 1002
)

// withBroken returns text messages followed by a violation, for one write.
func withBroken(messages ...string) []byte {
	var raw []byte
	for _, m := range messages {
		raw = wstest.Text(m).Append(raw)
	}
	return append(raw, broken...)
}

// echoes makes the rig's callback for messages send them back.
func echoes(h *enginetest.Rig) {
	h.On = func(id engine.ID, event string) {
		if text, ok := strings.CutPrefix(event, "text "); ok {
			h.Send(id, engine.Text, strings.Trim(text, `"`))
		}
	}
}

// Messages that a peer sends before it breaks a rule are dispatched first, and those that
// the callbacks send leave before our close frame.
func TestMessagesBeforeAViolation(t *testing.T) {
	inBubble(t, "in one read", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		echoes(h)
		peer.SendRaw(withBroken("one", "two"))
		h.Want(`text "one"`, `text "two"`)
		peer.WantFrame(wstest.Text("one"), wstest.Text("two"), wstest.Close(brokenCode, ""))
		h.Want(brokenEvent)
		if end := h.End(h.ID); end.CloseCode != brokenCode || end.Unsent.Messages != 0 || end.Dropped.Messages != 0 {
			t.Errorf("end %+v", end)
		}
		peer.WantEnd()
	})
	inBubble(t, "in two reads, the answer still waiting to be written", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		echoes(h)
		peer.Conn.(*wstest.Conn).In().SetCapacity(1000)
		h.Send(h.ID, engine.Binary, strings.Repeat("x", 3<<20))
		synctest.Wait()
		peer.Send(wstest.Text("one"))
		h.Want(`text "one"`)
		peer.SendRaw([]byte(broken))
		synctest.Wait()
		if m := peer.ReadMessage(); len(m.Payload) != 3<<20 {
			t.Errorf("message of %d bytes", len(m.Payload))
		}
		peer.WantFrame(wstest.Text("one"), wstest.Close(brokenCode, ""))
		h.Want(brokenEvent)
	})
	inBubble(t, "as soon as the open event is delivered", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.On = func(id engine.ID, event string) { h.Send(id, engine.Text, event) }
		peer := h.Open(engine.ConnectOptions{}, wstest.Answer{})
		peer.SendRaw([]byte(broken))
		synctest.Wait()
		h.Want("open")
		peer.WantFrame(wstest.Text("open"), wstest.Close(brokenCode, ""))
		h.Want(brokenEvent)
	})
	inBubble(t, "through an inbox that is full", func(t *testing.T) {
		const n = 100
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{ReceiveQueue: 10 * (overhead + 2)})
		echoes(h)
		var messages []string
		for i := range n {
			messages = append(messages, fmt.Sprintf("%02d", i))
		}
		peer.SendRaw(withBroken(messages...))
		for _, m := range messages {
			h.Want(fmt.Sprintf("text %q", m))
			peer.WantFrame(wstest.Text(m))
		}
		peer.WantFrame(wstest.Close(brokenCode, ""))
		h.Want(brokenEvent)
	})
}

// The close frame goes at once if nothing waits for the script.
func TestViolationAlone(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		begin := time.Now()
		peer.SendRaw([]byte(broken))
		peer.WantFrame(wstest.Close(brokenCode, ""))
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("after %v", waited)
		}
		h.Want(brokenEvent)
	})
}

// Nothing that comes after a violation is read (RFC 6455 §7.1.7): no message, no ping, and
// no close frame, whether it comes in the same read or later.
func TestNothingBehindAViolation(t *testing.T) {
	var behind []byte
	for _, frame := range []wstest.Frame{
		wstest.Text("after"), wstest.Ping("answer me"), wstest.Close(1000, "bye"), wstest.Text("after the close frame"),
	} {
		behind = frame.Append(behind)
	}
	for name, send := range map[string]func(*wstest.Peer){
		"in the same read":       func(p *wstest.Peer) { p.SendRaw(append(withBroken("before"), behind...)) },
		"in the next one":        func(p *wstest.Peer) { p.SendRaw(withBroken("before")); synctest.Wait(); p.SendRaw(behind) },
		"behind our close frame": func(p *wstest.Peer) { p.SendRaw(withBroken("before")) },
	} {
		inBubble(t, name, func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
			send(peer)
			h.Want(`text "before"`)
			peer.WantFrame(wstest.Close(brokenCode, ""))
			if name == "behind our close frame" {
				peer.SendRaw(behind)
			}
			h.Want(brokenEvent)
			if end := h.End(h.ID); end.Dropped.Messages != 0 || end.CloseCode != brokenCode {
				t.Errorf("end %+v", end)
			}
			h.WantNothing(10 * time.Second)
			peer.WantEnd()
		})
	}
}

// It goes after 1 s at the latest. The messages are delivered all the same, and before
// the end; messages sent then are unsent.
func TestViolationDoesNotWaitForTheScript(t *testing.T) {
	for name, c := range map[string]struct {
		messages     int
		receiveQueue int64
	}{
		"a few messages": {3, 0},
		"a full inbox":   {100, 10 * (overhead + 1)},
	} {
		inBubble(t, name, func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{},
				engine.ConnectOptions{ReceiveQueue: c.receiveQueue, Ping: 100 * time.Millisecond})
			begin := time.Now()
			peer.SendRaw(withBroken(strings.Split(strings.Repeat("m", c.messages), "")...))
			h.Send(h.ID, engine.Text, "before")
			peer.WantFrame(wstest.Text("before"))
			synctest.Wait()
			if stats := h.Stats(); stats.Open != 1 {
				t.Errorf("the connection does not count as open: %+v", stats)
			}
			peer.WantFrame(wstest.Close(brokenCode, "")) // and no ping before it: keepalive is stopped
			if waited := time.Since(begin); waited != time.Second {
				t.Errorf("after %v, want 1s", waited)
			}
			peer.Hangup()
			synctest.Wait()
			if c.receiveQueue == 0 && h.Net.OpenConns() > 0 {
				t.Error("the socket waits for the script, too")
			}
			time.Sleep(time.Minute)
			echoes(h)
			for range c.messages {
				h.Want(`text "m"`)
			}
			h.Want(brokenEvent)
			end := h.End(h.ID)
			if end.Unsent != (engine.Tally{Messages: c.messages, Bytes: int64(c.messages)}) ||
				end.Dropped.Messages != 0 ||
				end.CloseCode != brokenCode {
				t.Errorf("end %+v", end)
			}
		})
	}
}

// The script's Close drops the messages that wait, and the close frame needs to wait no
// longer.
func TestCloseAfterAViolation(t *testing.T) {
	for name, close := range map[string]func(h *enginetest.Rig){
		"Close":    func(h *enginetest.Rig) { h.Close(h.ID, 3000, "bye") },
		"CloseAll": func(h *enginetest.Rig) { h.CloseAll(1001, "") },
	} {
		inBubble(t, name, func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
			h.On = func(id engine.ID, event string) {
				if event == `text "one"` {
					h.Send(id, engine.Text, "last")
					close(h)
				}
			}
			begin := time.Now()
			peer.SendRaw(withBroken("one", "two", "three"))
			h.Want(`text "one"`)
			peer.WantFrame(wstest.Text("last"), wstest.Close(brokenCode, ""))
			h.Want(`close 1006 "invalid opcode"`)
			if end := h.End(h.ID); end.Failed || end.Dropped.Messages != 2 || end.CloseCode != brokenCode ||
				time.Since(begin) != 0 {
				t.Errorf("after %v: end %+v", time.Since(begin), end)
			}
		})
	}
	inBubble(t, "Abort", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.SendRaw(withBroken("one"))
		synctest.Wait()
		h.Abort()
		h.Want(`close 1006 "invalid opcode"`)
	})
}

// A peer that broke a rule and reads slowly is not waited for as long as it pleases.
func TestViolationBySlowReader(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{Ping: -1})
		conn := peer.Conn.(*wstest.Conn)
		conn.In().SetCapacity(1 << 10) // so that every second something is written
		h.Send(h.ID, engine.Binary, strings.Repeat("x", 1<<20))
		begin := time.Now()
		peer.SendRaw([]byte(broken))
		reading := make(chan struct{})
		go func() {
			defer close(reading)
			for buf := make([]byte, 1024); ; time.Sleep(time.Second) {
				if _, err := conn.Read(buf); err != nil {
					return
				}
			}
		}()
		h.Want(brokenEvent)
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("the end came after %v, want 5s", took)
		}
		if end := h.End(h.ID); end.Unsent.Messages != 1 || end.CloseCode != 1006 {
			t.Errorf("end %+v", end)
		}
		<-reading
	})
}

// Whatever else ends the connection while the violation waits, there is one end.
func TestOtherEndsAfterAViolation(t *testing.T) {
	inBubble(t, "the send queue overflows", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{SendQueue: 1000})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		peer.SendRaw(withBroken("one"))
		synctest.Wait()
		for range 30 {
			h.Send(h.ID, engine.Text, strings.Repeat("x", 100))
		}
		h.Want(`text "one"`, `error "send queue full" queue_full`)
	})
	inBubble(t, "the peer is gone when the answer leaves", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		echoes(h)
		peer.SendRaw(withBroken("one"))
		synctest.Wait()
		peer.Conn.(*wstest.Conn).Reset()
		h.Want(`text "one"`, brokenEvent)
		if end := h.End(h.ID); end.CloseCode != 1006 {
			t.Errorf("end %+v", end)
		}
	})
}
