package enginetest_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestMain(m *testing.M) { wstest.Main(m) }

// both runs a test in fake time and in real time.
func both(t *testing.T, test func(*testing.T)) {
	t.Run("fake time", func(t *testing.T) { synctest.Test(t, test) })
	t.Run("real time", test)
}

func TestOpen(t *testing.T) {
	both(t, func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text("x"), wstest.Binary("\x00\xff"))
		h.Want(`text "x"`, `binary "\x00\xff"`)
		if err := h.Send(h.ID, engine.Auto, "y"); err != nil {
			t.Fatal(err)
		}
		peer.WantFrame(wstest.Text("y"))
		peer.Close(1000, "bye")
		peer.WantFrame(wstest.Close(1000, ""))
		peer.Hangup()
		h.Want(`close 1000 "bye" clean`)
		if end := h.End(h.ID); !end.Clean || end.Info.Remote != "192.0.2.1:80" {
			t.Errorf("end %+v", end)
		}
	})
}

func TestOtherSubprotocol(t *testing.T) {
	both(t, func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.Open(engine.ConnectOptions{Protocols: []string{"a", "b"}},
			wstest.Answer{Header: http.Header{"Sec-WebSocket-Protocol": {"b"}}})
		h.Want("open protocol b")
		if got := h.Info(h.ID); got == nil || got.Protocol != "b" {
			t.Errorf("info %+v", got)
		}
	})
}

func TestFailures(t *testing.T) {
	both(t, func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		id := h.Connect("ws://nobody.test/", engine.ConnectOptions{})
		h.WantOf(id, `error "Underlying Transport Error" refused`)
		if end := h.End(id); end.Err == nil || !errors.Is(end.Err, syscall.ECONNREFUSED) {
			t.Errorf("cause %v", end.Err)
		}

		peer := h.Open(engine.ConnectOptions{}, wstest.Answer{})
		h.Want("open")
		peer.Hangup()
		h.Want(`error "End of File" eof`)
		if end := h.End(h.ID); end.Category != engine.CategoryEOF {
			t.Errorf("category %s", end.Category)
		}
	})
}

// The engine is called from inside a callback.
func TestOn(t *testing.T) {
	both(t, func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.On = func(id engine.ID, event string) {
			if event == `text "stop"` {
				h.Close(id, 4000, "stopped")
			}
		}
		peer.Send(wstest.Text("stop"), wstest.Text("too late"))
		h.Want(`text "stop"`)
		peer.WantFrame(wstest.Close(4000, "stopped"))
		peer.Close(4000, "")
		h.Want(`close 4000 "" clean`)
	})
}

// A test that waits for nothing takes as long as it says, in fake time.
func TestWantNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		start, wait := time.Now(), 20*time.Second // keepalive would ping after 30 s
		h.WantNothing(wait)
		if got := time.Since(start); got != wait {
			t.Errorf("waited %v", got)
		}
	})
}

// answerAndMore is a server's whole half of a connection: the answer, two messages, a
// close frame.
func answerAndMore(req *http.Request) []byte {
	var frames []byte
	for _, f := range []wstest.Frame{
		wstest.Text("one"), wstest.Text("tw").Unfinished(), wstest.Ping("p"), wstest.Continuation("o"),
		wstest.Close(1000, "bye"),
	} {
		frames = f.Append(frames)
	}
	return wstest.Answer{Then: frames}.Bytes(req)
}

// The line ends after each byte of the server's half in turn: every message that was
// whole is delivered, and the one terminal event is the same whether the bytes come all
// at once or one by one.
func TestCutAtEveryByte(t *testing.T) {
	for _, fault := range []struct {
		name, want string
		order      func(*wstest.Stream, int64)
	}{
		{"cut", `error "End of File" eof`, (*wstest.Stream).CutAfter},
		{"reset", `error "Underlying Transport Error" reset`, (*wstest.Stream).ResetAfter},
	} {
		for _, maxRead := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s, short reads %d", fault.name, maxRead), func(t *testing.T) {
				whole := false
				for n := int64(0); !whole; n++ {
					synctest.Test(t, func(t *testing.T) {
						h := enginetest.New(t, engine.Options{})
						h.Net.Setup = func(c *wstest.Conn) { c.In().ShortReads(maxRead) }
						id := h.Connect(enginetest.URL, engine.ConnectOptions{})
						peer := wstest.Accept(t, h.Listener)
						peer.ReadRequest()
						half := answerAndMore(peer.Request)
						whole = n == int64(len(half))
						fault.order(peer.Conn.(*wstest.Conn).Out(), n)
						peer.Conn.Write(half) // fails after a reset, as it should

						h.End(id)
						want := eventsOf(half, n, fault.want)
						if got := h.Events(id); !slices.Equal(got, want) {
							t.Errorf("%s behind byte %d of %d: %q, want %q", fault.name, n, len(half), got, want)
						}
					})
				}
			})
		}
	}
}

// eventsOf returns the events of the first n bytes of answerAndMore on a connection that
// then ends as failed says.
func eventsOf(half []byte, n int64, failed string) (events []string) {
	from := 0 // the server's key, in the header, may spell anything
	for _, e := range []struct{ last, event string }{
		{"\r\n\r\n", "open"}, {"one", `text "one"`}, {"\x80\x01o", `text "two"`}, {"bye", `close 1000 "bye" clean`},
	} {
		from += bytes.Index(half[from:], []byte(e.last)) + len(e.last)
		if n < int64(from) {
			return append(events, failed)
		}
		events = append(events, e.event)
	}
	return events
}
