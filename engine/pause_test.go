package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestPause(t *testing.T) {
	inBubble(t, "by a handler: the messages behind wait for Resume", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.SendRaw(numbered(0, 10, 1))
		synctest.Wait()
		var got []string
		pausing := handler{received: func(id engine.ID, data []byte, _ engine.Kind) {
			if got = append(got, string(data)); len(got)%3 == 0 {
				h.Pause(id)
			}
		}}
		for _, want := range []int{3, 6, 9, 10} {
			<-h.Ready()
			if h.Dispatch(pausing, engine.Budget{}); len(got) != want {
				t.Fatalf("got %q, want %d messages", got, want)
			}
			if n := h.Dispatch(pausing, engine.Budget{}); n != 0 {
				t.Errorf("%d events while paused", n)
			}
			select {
			case <-h.Ready():
				t.Error("Ready, but all is paused")
			default:
			}
			h.Resume(h.ID)
		}
	})
	inBubble(t, "other connections go on", func(t *testing.T) {
		h := flooded(t, 2, 5)
		h.Pause(1)
		handler := &tally{}
		h.Dispatch(handler, engine.Budget{})
		if fmt.Sprint(handler.ids) != "[2 2 2 2 2]" {
			t.Errorf("events of %v, want those of 2", handler.ids)
		}
		h.Resume(1)
		h.Dispatch(handler, engine.Budget{})
		if len(handler.ids) != 10 {
			t.Errorf("events of %v, want five of 1 behind", handler.ids)
		}
	})
	inBubble(t, "a full inbox holds the peer back, for as long as it takes", func(t *testing.T) {
		const size = 50
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{ReceiveQueue: 60 * (size + overhead)})
		peer.Conn.(*wstest.Conn).Out().SetCapacity(1000)
		h.Pause(h.ID)
		wait := feed(peer, numbered(0, 200, size))
		synctest.Wait()
		time.Sleep(time.Hour)
		if n := undelivered(h); n != 60 {
			t.Errorf("%d messages wait, want 60", n)
		}
		h.Resume(h.ID)
		for i := range 200 {
			h.Want(fmt.Sprintf("text %q", fmt.Sprintf("%0*d", size, i)))
		}
		wait()
	})
	inBubble(t, "before open: the opening event waits, too", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		id := h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.Pause(id)
		peer := wstest.Accept(t, h.Listener)
		peer.Handshake(wstest.Answer{})
		peer.Send(wstest.Text("x"))
		synctest.Wait()
		h.WantNothing(time.Second)
		h.Resume(id)
		h.WantOf(id, "open", `text "x"`)
	})
	inBubble(t, "the terminal event waits behind the messages", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Pause(h.ID)
		peer.Send(wstest.Text("x"), wstest.Close(1000, "bye"))
		synctest.Wait()
		h.WantNothing(time.Minute)
		h.Resume(h.ID)
		h.Want(`text "x"`, `close 1000 "bye" clean`)
	})
	inBubble(t, "a violation is answered when the messages before it are delivered", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Pause(h.ID)
		peer.SendRaw([]byte{0x81, 1, 'x', 0x83, 0})
		peer.WantSilence(time.Second)
		h.Resume(h.ID)
		h.Want(`text "x"`)
		peer.WantFrame(wstest.Close(1002, ""))
	})
	for name, end := range map[string]func(*enginetest.Rig){
		"Close":    func(h *enginetest.Rig) { h.Close(h.ID, 0, "") },
		"CloseAll": func(h *enginetest.Rig) { h.CloseAll(1001, "") },
		"Abort":    func(h *enginetest.Rig) { h.Abort() },
	} {
		inBubble(t, name+" resumes: only the terminal event is left", func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
			h.Pause(h.ID)
			peer.Send(wstest.Text("x"), wstest.Text("y"), wstest.Close(1000, "bye"))
			synctest.Wait()
			end(h)
			h.Pause(h.ID) // comes too late
			h.Want(`close 1000 "bye" clean`)
			if dropped := h.End(h.ID).Dropped; dropped != (engine.Tally{Messages: 2, Bytes: 2}) {
				t.Errorf("dropped %+v, want both messages", dropped)
			}
		})
	}
	inBubble(t, "of nobody", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.Pause(7)
		h.Resume(7)
	})
}
