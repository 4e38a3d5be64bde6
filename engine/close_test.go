package engine_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestMain(m *testing.M) { wstest.Main(m) }

// inBubble runs a test in fake time.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func TestCloseByScript(t *testing.T) {
	inBubble(t, "what is queued leaves before the close frame", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Send(h.ID, engine.Auto, "one")
		h.Send(h.ID, engine.Binary, "two")
		h.Close(h.ID, 4000, "bye")
		peer.WantFrame(wstest.Text("one"), wstest.Binary("two"), wstest.Close(4000, "bye"))
		peer.Close(4000, "bye")
		h.Want(`close 4000 "bye" clean`)
		end := h.End(h.ID)
		if end.Unsent.Messages != 0 || end.CloseCode != 4000 || end.Category != engine.CategoryClosed ||
			end.Phase != engine.PhaseClosing {
			t.Errorf("end %+v", end)
		}
	})
	inBubble(t, "the peer's frame decides code and reason", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Close(h.ID, 0, "")
		peer.WantFrame(wstest.Close(1000, ""))
		peer.Send(wstest.Frame{Opcode: wstest.OpClose})
		h.Want(`close 1005 "" clean`)
	})
	inBubble(t, "the peer does not answer", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		begin := time.Now()
		h.Close(h.ID, 0, "")
		h.ExpireClosing(h.ID) // which is of an earlier deadline and ends nothing
		peer.Mute()
		h.Want(`close 1006 "The closing handshake timed out"`)
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("took %v, want 5s", took)
		}
		if end := h.End(h.ID); end.CloseCode != 1000 || !strings.Contains(end.Detail, "did not answer") {
			t.Errorf("close code %d, detail %q", end.CloseCode, end.Detail)
		}
	})
	inBubble(t, "the peer does not read: the time runs from the last byte that left", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		conn := peer.Conn.(*wstest.Conn)
		conn.In().SetCapacity(1000)
		h.Send(h.ID, engine.Binary, strings.Repeat("x", 200_000))
		synctest.Wait() // a first piece of 64 KiB is being written
		h.Close(h.ID, 0, "")
		begin := time.Now()
		for _, bytes := range []int64{70_000, 5000, 5000, 5000} {
			time.Sleep(4 * time.Second)
			if _, err := io.CopyN(io.Discard, conn, bytes); err != nil {
				t.Fatal(err)
			}
		}
		h.Patience = time.Minute
		h.Want(`close 1006 "The closing handshake timed out"`)
		if took := time.Since(begin); took < 18*time.Second || took > 22*time.Second {
			t.Errorf("took %v, want about 21s", took)
		}
		if end := h.End(h.ID); end.Unsent != (engine.Tally{Messages: 1, Bytes: 200_000}) || end.CloseCode != 1006 {
			t.Errorf("unsent %+v, close code %d", end.Unsent, end.CloseCode)
		} else if !strings.Contains(end.Detail, "reads nothing") {
			t.Errorf("detail %q does not say that the close frame never left", end.Detail)
		}
	})
	inBubble(t, "a peer that reads slowly gets everything, however large the piece that was being written",
		func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
			conn := peer.Conn.(*wstest.Conn)
			conn.In().SetCapacity(1000)
			h.Send(h.ID, engine.Binary, strings.Repeat("x", 100_000))
			h.Send(h.ID, engine.Text, "last")
			synctest.Wait() // 64 KiB are being written
			h.Close(h.ID, 1000, "")
			peer.Patience = time.Hour
			slow := make(chan struct{})
			go func() {
				defer close(slow)
				for range 80 { // 1000 bytes a second
					time.Sleep(time.Second)
					if _, err := io.CopyN(io.Discard, conn, 1000); err != nil {
						t.Error(err)
						return
					}
				}
			}()
			<-slow
			conn.In().SetCapacity(1 << 20)
			want := append(wstest.Text("last").Append(nil), wstest.Close(1000, "").Append(nil)...)
			rest := 100_000 + 14 - 80_000 + len(want) + 2*4 // two more masking keys
			if _, err := io.CopyN(io.Discard, conn, int64(rest)); err != nil {
				t.Fatal(err)
			}
			peer.Close(1000, "")
			h.Want(`close 1000 "" clean`)
			if end := h.End(h.ID); end.Unsent.Messages != 0 || end.CloseCode != 1000 {
				t.Errorf("end %+v", end)
			}
		})
	inBubble(t, "a close frame that waits behind the rest of its write has not left", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Conn.(*wstest.Conn).In().SetCapacity(3000)
		h.Send(h.ID, engine.Binary, strings.Repeat("x", 10_000))
		h.Close(h.ID, 0, "")
		h.Want(`close 1006 "The closing handshake timed out"`)
		if end := h.End(h.ID); end.CloseCode != 1006 || end.Unsent.Messages != 1 {
			t.Errorf("end %+v", end)
		}
	})
	inBubble(t, "messages after Close are dropped and counted, sends are unsent", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text("seen"), wstest.Text("waits"), wstest.Text("waits too"))
		synctest.Wait()
		h.On = func(id engine.ID, event string) {
			if event == `text "seen"` {
				h.Close(id, 0, "")
				h.Send(id, engine.Text, "late")
			}
		}
		h.Want(`text "seen"`)
		peer.WantFrame(wstest.Close(1000, ""))
		peer.Send(wstest.Text("too late"))
		peer.Close(1000, "")
		h.Want(`close 1000 "" clean`)
		end := h.End(h.ID)
		if end.Dropped != (engine.Tally{Messages: 3, Bytes: 22}) ||
			end.Unsent != (engine.Tally{Messages: 1, Bytes: 4}) {
			t.Errorf("dropped %+v, unsent %+v", end.Dropped, end.Unsent)
		}
	})
}

// Close in every state before open, from outside: the end comes at once and nothing else
// does.
func TestCloseBeforeOpen(t *testing.T) {
	const cancelled = `close 1006 ""`
	wantAtOnce := func(t *testing.T, h *enginetest.Rig) {
		t.Helper()
		begin := time.Now()
		h.Close(h.ID, 1000, "never seen")
		h.Close(h.ID, 1000, "twice")
		h.Want(cancelled)
		if took := time.Since(begin); took != 0 {
			t.Errorf("took %v", took)
		}
		h.Close(h.ID, 1000, "after the end")
		h.WantNothing(time.Minute)
		end := h.End(h.ID)
		if end.Failed || end.Clean || end.Category != engine.CategoryClosed || end.CloseCode != 1006 || end.Err != nil {
			t.Errorf("end %+v", end)
		}
	}
	inBubble(t, "before the dial began", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect(enginetest.URL, engine.ConnectOptions{})
		wantAtOnce(t, h)
	})
	inBubble(t, "in the dial guard's line", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.WantOf(h.Connect("ws://nobody.test/", engine.ConnectOptions{}), `error "Underlying Transport Error" refused`)
		h.ID = h.Connect("ws://nobody.test/", engine.ConnectOptions{})
		dials := len(h.Net.Dials())
		wantAtOnce(t, h)
		if len(h.Net.Dials()) != dials {
			t.Error("it was dialled")
		}
	})
	inBubble(t, "while dialling", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.Net.Blackhole("far.test:80")
		h.ID = h.Connect("ws://far.test/", engine.ConnectOptions{})
		h.Send(h.ID, engine.Text, "early")
		synctest.Wait()
		wantAtOnce(t, h)
		if end := h.End(h.ID); end.Unsent != (engine.Tally{Messages: 1, Bytes: 5}) {
			t.Errorf("unsent %+v", end.Unsent)
		}
	})
	inBubble(t, "while TLS shakes hands", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect("wss://"+enginetest.Addr+"/", engine.ConnectOptions{})
		peer := wstest.Accept(t, h.Listener)
		synctest.Wait()
		wantAtOnce(t, h)
		peer.Hangup()
		if end := h.End(h.ID); end.Phase != engine.PhaseTLS {
			t.Errorf("phase %s, want tls", end.Phase)
		}
	})
	inBubble(t, "while shaking hands", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect(enginetest.URL, engine.ConnectOptions{})
		peer := wstest.Accept(t, h.Listener)
		peer.ReadRequest()
		synctest.Wait()
		wantAtOnce(t, h)
		peer.WantEnd()
	})
	inBubble(t, "open, but onOpen not dispatched", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		peer := h.Open(engine.ConnectOptions{}, wstest.Answer{})
		synctest.Wait()
		h.Close(h.ID, 0, "")
		peer.WantFrame(wstest.Close(1000, ""))
		peer.Close(1000, "")
		h.Want(`close 1000 "" clean`)
	})
	inBubble(t, "malformed URL, terminal event queued", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect("nonsense", engine.ConnectOptions{})
		h.Close(h.ID, 0, "")
		h.Want(`error "invalid uri" uri`)
	})
}

// Each call of the engine from within each callback.
func TestCallsFromCallbacks(t *testing.T) {
	events := []string{"open", `text "x"`, `close 1000 "bye" clean`}
	for at := range events {
		calls := map[string]struct {
			call func(h *enginetest.Rig, id engine.ID)
			want []string // from the callback on
		}{
			"Close": {func(h *enginetest.Rig, id engine.ID) { h.Close(id, 3000, "enough") },
				[]string{`close 1000 "bye" clean`}},
			"Send": {func(h *enginetest.Rig, id engine.ID) { h.Send(id, engine.Text, "from inside") }, events[at+1:]},
			"Connect": {func(h *enginetest.Rig, id engine.ID) {
				h.Connect("nonsense", engine.ConnectOptions{})
			}, events[at+1:]},
			"Dispatch": {func(h *enginetest.Rig, id engine.ID) {
				if n := h.Dispatch(nil, engine.Budget{}); n != 0 {
					t.Errorf("nested Dispatch delivered %d events", n)
				}
			}, events[at+1:]},
			"CloseAll": {func(h *enginetest.Rig, id engine.ID) { h.CloseAll(1001, "") },
				[]string{`close 1000 "bye" clean`}},
		}
		for name, test := range calls {
			inBubble(t, name+" in "+events[at], func(t *testing.T) {
				h := enginetest.New(t, engine.Options{})
				id := engine.ID(0)
				done := false
				h.On = func(from engine.ID, event string) {
					if from == id && event == events[at] && !done {
						done = true
						test.call(h, id)
					}
				}
				peer := h.Open(engine.ConnectOptions{}, wstest.Answer{})
				id = h.ID
				peer.Send(wstest.Text("x"), wstest.Text("x"))
				peer.Close(1000, "bye")
				want := append([]string{}, events[:at+1]...)
				if at < len(events)-1 {
					if name != "Close" && name != "CloseAll" {
						want = append([]string{}, events[:1]...)
						want = append(want, `text "x"`, `text "x"`, events[2])
					} else {
						want = append(want, test.want...)
					}
				} else {
					want = append(append([]string{}, events[:2]...), `text "x"`, events[2])
				}
				h.Want(want...)
				if !done {
					t.Error("the callback was not reached")
				}
				h.Run(time.Minute)
			})
		}
	}
}

// A close by the peer is worth another try if its code says that the server has gone away
// or has trouble; one that the script asked for is not, whatever the peer answers.
func TestRetryableByCloseCode(t *testing.T) {
	for code, want := range map[int]bool{
		1000: false, 1001: true, 1002: false, 1003: false, 1005: true, 1007: false, 1008: false, 1009: false,
		1010: false, 1011: true, 1012: true, 1013: true, 1014: true, 3000: false, 4001: false, 4999: false,
	} {
		frame := wstest.Close(code, "")
		if code == 1005 {
			frame = wstest.Close(0, "")
		}
		inBubble(t, fmt.Sprint("by the peer with ", code), func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
			peer.Send(frame)
			if end := h.End(h.ID); end.Code != code || !end.Clean || end.Category != engine.CategoryClosed ||
				end.Retryable != want {
				t.Errorf("code %d, clean %v, %s, retryable %v, want %v", end.Code, end.Clean, end.Category,
					end.Retryable, want)
			}
		})
		inBubble(t, fmt.Sprint("by the script, answered with ", code), func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
			h.Close(h.ID, 0, "")
			peer.Send(frame)
			if end := h.End(h.ID); end.Code != code || end.Retryable {
				t.Errorf("code %d, retryable %v", end.Code, end.Retryable)
			}
		})
	}
}

func TestCloseArguments(t *testing.T) {
	h := enginetest.New(t, engine.Options{})
	for code, want := range map[int]error{
		0: nil, 1000: nil, 3000: nil, 4999: nil,
		1: engine.ErrCloseCode, 999: engine.ErrCloseCode, 1001: engine.ErrCloseCode, 1005: engine.ErrCloseCode,
		2999: engine.ErrCloseCode, 5000: engine.ErrCloseCode, -1: engine.ErrCloseCode,
	} {
		if err := h.Close(99, code, ""); err != want {
			t.Errorf("Close with %d: %v, want %v", code, err, want)
		}
	}
	for reason, want := range map[string]error{
		strings.Repeat("é", 61): nil, strings.Repeat("é", 62): engine.ErrCloseReason, "\xff": engine.ErrCloseReason,
	} {
		if err := h.Close(99, 1000, reason); err != want {
			t.Errorf("Close with a reason of %d bytes: %v, want %v", len(reason), err, want)
		}
	}
}
