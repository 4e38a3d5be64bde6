package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// echoed returns a rig with a connection to our own echo server, which compresses if it
// is asked to.
func echoed(t *testing.T, opts engine.ConnectOptions) *enginetest.Rig {
	t.Helper()
	h := enginetest.New(t, engine.Options{})
	l, err := h.Net.Listen("echo.test:80")
	if err != nil {
		t.Fatal(err)
	}
	server := echo.Serve(l, echo.Options{})
	t.Cleanup(server.Close)
	h.ID = h.Connect("ws://echo.test/", opts)
	h.Want("open")
	return h
}

func TestCompression(t *testing.T) {
	random := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rand.Uint32())
		}
		return string(b)
	}
	messages := []string{"", "x", strings.Repeat("hello ", 100), strings.Repeat("é", 5000), random(100),
		random(70_000),
		strings.Repeat("0123456789", 120_000), random(3 << 19), strings.Repeat("hello ", 100)}
	for i, offer := range []engine.Compression{
		{},
		{ServerNoContextTakeover: true},
		{ClientNoContextTakeover: true},
		{ServerMaxWindowBits: 9, ClientMaxWindowBits: 10},
		{ServerNoContextTakeover: true, ClientNoContextTakeover: true, ServerMaxWindowBits: 15,
			ClientMaxWindowBits: -1},
	} {
		inBubble(t, fmt.Sprintf("round trip %d", i), func(t *testing.T) {
			h := echoed(t, engine.ConnectOptions{Compression: &offer})
			if got := h.Info(h.ID).Extensions; !strings.HasPrefix(got, "permessage-deflate") {
				t.Errorf("extensions %q", got)
			}
			for _, message := range messages {
				h.Send(h.ID, engine.Binary, message)
			}
			for _, message := range messages {
				h.Want("binary " + wstest.Quote([]byte(message)))
			}
			h.Close(h.ID, 1000, "done")
			h.Want(`close 1000 "done" clean`)
		})
	}
	inBubble(t, "a server that declines", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{Compression: &engine.Compression{}})
		if offer := peer.Request.Header.Get("Sec-WebSocket-Extensions"); offer != "permessage-deflate" {
			t.Errorf("offered %q", offer)
		}
		h.Send(h.ID, engine.Text, strings.Repeat("x", 50))
		peer.WantFrame(wstest.Text(strings.Repeat("x", 50)))
	})
	inBubble(t, "what it inflates to is bounded", func(t *testing.T) {
		h := echoed(t, engine.ConnectOptions{Compression: &engine.Compression{}, MaxMessage: 10_000})
		h.Send(h.ID, engine.Binary, strings.Repeat("x", 10_000))
		h.Send(h.ID, engine.Binary, strings.Repeat("x", 10_001))
		h.Want("binary "+wstest.Quote([]byte(strings.Repeat("x", 10_000))), `error "A message was too large" too_big`)
		if end := h.End(h.ID); end.CloseCode != 1009 || end.Dropped.Messages != 1 {
			t.Errorf("end %+v", end)
		}
	})
	for name, test := range map[string]struct{ extensions, frame, want string }{
		"an illegal answer": {"permessage-deflate; client_max_window_bits=9", "", `error "Extension negotiation ` +
			`failed" handshake`},
		"corrupt data": {"permessage-deflate", "\xc1\x02\xff\xff", `error "A zlib function returned an error" deflate`},
		"bad text": {"permessage-deflate", "\xc1\x07\x00\x01\x00\xfe\xff\xff\x00", `error "Invalid UTF8 ` +
			`encoding" utf8`},
	} {
		inBubble(t, name, func(t *testing.T) {
			h := enginetest.New(t, engine.Options{})
			peer := h.Open(engine.ConnectOptions{Compression: &engine.Compression{}},
				wstest.Answer{Header: map[string][]string{"Sec-WebSocket-Extensions": {test.extensions}},
					Then: []byte(test.frame)})
			if test.frame != "" {
				h.Want("open")
			}
			h.Want(test.want)
			_ = peer
		})
	}
	inBubble(t, "sends before open are compressed; unsent counts plain bytes", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect(enginetest.URL, engine.ConnectOptions{Compression: &engine.Compression{}})
		text := strings.Repeat("x", 1000)
		h.Send(h.ID, engine.Text, text)
		peer := wstest.Accept(t, h.Listener)
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		peer.Handshake(wstest.Answer{Header: map[string][]string{"Sec-WebSocket-Extensions": {"permessage-deflate"}}})
		h.Send(h.ID, engine.Text, text)
		synctest.Wait()
		if unsent := h.Stats().Unsent; unsent != (engine.Tally{Messages: 2, Bytes: 2000}) {
			t.Errorf("unsent %+v", unsent)
		}
		frame := peer.ReadFrame()
		if frame.RSV != 4 || len(frame.Payload) > 100 {
			t.Errorf("got %v", frame)
		}
	})
}
