package websocket_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/websocket"
)

// listener is Go code that notes the events of its connection.
type listener struct{ events []string }

func (l *listener) Opened(engine.ID, *engine.Info)                   { l.note("open") }
func (l *listener) Received(_ engine.ID, data []byte, _ engine.Kind) { l.note(string(data)) }
func (l *listener) Drained(_ engine.ID, over bool) {
	l.note(map[bool]string{true: "over", false: "drained"}[over])
}
func (l *listener) Ended(_ engine.ID, end *engine.End) { l.note(end.Reason) }
func (l *listener) note(event string)                  { l.events = append(l.events, event) }

// Go code and the script share an engine, its pump and the script's ids.
func TestConnectionOfGoCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		s := lua.NewState(lua.Options{})
		defer s.Close()
		if err := std.Open(s, std.Options{}); err != nil {
			t.Fatal(err)
		}
		m, err := websocket.Open(s, h.Engine, websocket.Options{})
		if err != nil {
			t.Fatal(err)
		}
		pump := func() {
			synctest.Wait()
			for {
				if n, err := m.Pump(engine.Budget{}); err != nil || n == 0 {
					return
				}
			}
		}
		var l listener
		number, id, err := m.Connect(enginetest.URL, engine.ConnectOptions{}, &l)
		if err != nil || number != 1 {
			t.Fatal(number, err)
		}
		if got, live := m.ID(number); !live || got != id {
			t.Errorf("the id of %v is %v, want %v", number, got, id)
		}
		accepted := wstest.Accept(t, h.Listener)
		if _, err := s.Run([]byte(`
			assert(websocket.Connect("ws://peer.test/", {}) == 2)
			websocket.Send(1, "from the script")`), "@bot.lua"); err != nil {
			t.Fatal(err)
		}
		if messages, bytes := m.Buffered(number); messages != 1 || bytes != 15+64 {
			t.Errorf("%d messages, %d bytes are buffered", messages, bytes)
		}
		var drained []bool
		f := func(d bool) { drained = append(drained, d) }
		m.OnDrain(number, 0, f)
		cancel, live := m.OnDrain(number, 0, f)
		cancel()
		if !live {
			t.Error("the connection is unknown")
		}
		m.OnDrain(2, -1, f)

		peer := accepted
		peer.Handshake(wstest.Answer{})
		other := wstest.Accept(t, h.Listener)
		other.Handshake(wstest.Answer{})
		peer.WantFrame(wstest.Text("from the script"))
		peer.Send(wstest.Text("x"))
		pump()
		h.Pause(id)
		peer.Send(wstest.Text("y"), wstest.Close(1000, "bye"))
		other.Hangup()
		pump()
		if len(l.events) != 3 || l.events[2] != "over" {
			t.Errorf("events %q, want open, x, over", l.events)
		}
		h.Resume(id)
		pump()
		if len(l.events) != 5 || l.events[3] != "y" || l.events[4] != "bye" {
			t.Errorf("events %q, want y and bye last", l.events)
		}
		if len(drained) != 2 || !drained[0] || drained[1] {
			t.Errorf("drained %v, want true for 1 and false for 2", drained)
		}
		if _, live := m.ID(number); live {
			t.Error("1 is live after its end")
		}
		if _, live := m.OnDrain(number, 0, f); live {
			t.Error("OnDrain knows 1 after its end")
		}
		peer.WantFrame(wstest.Close(1000, ""))
		time.Sleep(time.Minute) // the sockets linger
	})
}
