package engine_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestPeerCloses(t *testing.T) {
	inBubble(t, "every whole message before the close frame is delivered", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text("one"), wstest.Binary("two"), wstest.Close(1001, "going"), wstest.Text("ignored"))
		peer.WantFrame(wstest.Close(1001, ""))
		h.Want(`text "one"`, `binary "two"`, `close 1001 "going" clean`)
		end := h.End(h.ID)
		if end.Dropped.Messages != 0 || end.CloseCode != 1001 || end.Detail != `closed with 1001 "going"` {
			t.Errorf("end %+v", end)
		}
	})
	inBubble(t, "an error code is clean too", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Close(1011, "oops")
		h.Want(`close 1011 "oops" clean`)
	})
	inBubble(t, "an unfinished message is counted as dropped", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text("abc").Unfinished(), wstest.Close(1000, ""))
		h.Want(`close 1000 "" clean`)
		if end := h.End(h.ID); end.Dropped != (engine.Tally{Messages: 1, Bytes: 3}) {
			t.Errorf("dropped %+v", end.Dropped)
		}
	})
	inBubble(t, "what is queued behind the message being written is unsent", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		conn := peer.Conn.(*wstest.Conn)
		conn.In().SetCapacity(1000)
		h.Send(h.ID, engine.Binary, strings.Repeat("x", 3<<20))
		synctest.Wait()
		h.Send(h.ID, engine.Text, "two")
		h.Send(h.ID, engine.Text, "three")
		peer.Close(1000, "")
		synctest.Wait()
		if m := peer.ReadMessage(); len(m.Payload) != 3<<20 {
			t.Errorf("message of %d bytes", len(m.Payload))
		}
		peer.WantFrame(wstest.Close(1000, ""))
		h.Want(`close 1000 "" clean`)
		if end := h.End(h.ID); end.Unsent != (engine.Tally{Messages: 2, Bytes: 8}) {
			t.Errorf("unsent %+v", end.Unsent)
		}
	})
	inBubble(t, "it crosses our own Close", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Conn.(*wstest.Conn).Out().SetLatency(time.Millisecond) // or it may be answered before ours
		peer.Close(1001, "theirs")
		h.Close(h.ID, 4000, "ours")
		peer.WantFrame(wstest.Close(4000, "ours"))
		h.Want(`close 1001 "theirs" clean`)
		if end := h.End(h.ID); end.CloseCode != 4000 {
			t.Errorf("close code %d", end.CloseCode)
		}
	})
	inBubble(t, "onClose does not wait for FIN; the socket is cut after 2 s", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		begin := time.Now()
		peer.Close(1000, "")
		h.Want(`close 1000 "" clean`)
		if took := time.Since(begin); took != 0 {
			t.Errorf("took %v", took)
		}
		peer.WantFrame(wstest.Close(1000, ""))
		peer.WantEnd()
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("cut after %v, want 2s", took)
		}
	})
	inBubble(t, "a peer that does not read our answer", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		peer.Close(1000, "")
		h.Want(`close 1000 "" clean`)
		if end := h.End(h.ID); end.CloseCode != 1006 {
			t.Errorf("close code %d, want 1006: none left", end.CloseCode)
		}
	})
}

// The peer's mistakes while open: the same onError as its golden trace, our close frame,
// and earlier messages delivered.
func TestPeerBreaksRules(t *testing.T) {
	for name, test := range map[string]struct {
		raw   []byte
		event string
		code  int

		dropped engine.Tally // the message that broke the rule
	}{
		"reserved bits": {[]byte("\xc1\x00"), `error "Invalid use of reserved bits" protocol`, 1002, engine.Tally{}},
		"opcode":        {[]byte("\x83\x00"), `error "invalid opcode" protocol`, 1002, engine.Tally{}},
		"bad UTF-8": {[]byte("\x81\x01\xff"), `error "Invalid UTF8 encoding" utf8`, 1007,
			engine.Tally{Messages: 1, Bytes: 1}},
		"bad UTF-8 soon": {[]byte("\x01\x05a\xff"), `error "Invalid UTF8 encoding" utf8`, 1007,
			engine.Tally{Messages: 1, Bytes: 2}},
		"too big": {[]byte("\x82\x7e\x04\x00"), `error "A message was too large" too_big`, 1009,
			engine.Tally{Messages: 1}},
		"close code": {[]byte("\x88\x02\x03\xee"), `error "Invalid close code used" protocol`, 1002, engine.Tally{}},
	} {
		inBubble(t, name, func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{MaxMessage: 1000})
			peer.Send(wstest.Text("before"))
			peer.SendRaw(test.raw)
			peer.WantFrame(wstest.Close(test.code, ""))
			h.Want(`text "before"`, test.event)
			end := h.End(h.ID)
			if end.CloseCode != test.code || end.Phase != engine.PhaseOpen || end.Retryable || end.Err == nil ||
				end.Err.Op != engine.PhaseOpen {
				t.Errorf("end %+v", end)
			}
			if end.Dropped != test.dropped {
				t.Errorf("dropped %+v, want %+v", end.Dropped, test.dropped)
			}
			peer.WantEnd()
		})
		inBubble(t, name+" after Close", func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{MaxMessage: 1000})
			h.Close(h.ID, 0, "")
			peer.WantFrame(wstest.Close(1000, ""))
			peer.SendRaw(test.raw)
			message := strings.Split(test.event, `"`)[1]
			h.Want(`close 1006 "` + message + `"`)
			if end := h.End(h.ID); end.Failed || end.Phase != engine.PhaseClosing {
				t.Errorf("end %+v", end)
			}
		})
	}
}

func TestTransportEnds(t *testing.T) {
	inBubble(t, "FIN without a close frame", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text("last"))
		peer.Hangup()
		h.Want(`text "last"`, `error "End of File" eof`)
		if end := h.End(h.ID); end.CloseCode != 1006 || !end.Retryable || end.Phase != engine.PhaseOpen {
			t.Errorf("end %+v", end)
		}
	})
	inBubble(t, "FIN in the middle of a message", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.SendRaw([]byte("\x81\x0512"))
		peer.Hangup()
		h.Want(`error "End of File" eof`)
		if end := h.End(h.ID); end.Dropped != (engine.Tally{Messages: 1, Bytes: 2}) {
			t.Errorf("dropped %+v", end.Dropped)
		}
	})
	inBubble(t, "reset", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Send(h.ID, engine.Text, "sent")
		peer.WantFrame(wstest.Text("sent"))
		peer.Conn.(*wstest.Conn).Reset()
		h.Want(`error "Underlying Transport Error" reset`)
		h.Send(h.ID, engine.Text, "to nobody")
	})
	inBubble(t, "reset after Close", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Close(h.ID, 0, "")
		peer.WantFrame(wstest.Close(1000, ""))
		peer.Conn.(*wstest.Conn).Reset()
		h.Want(`close 1006 "Underlying Transport Error"`)
	})
	inBubble(t, "FIN after Close", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		h.Close(h.ID, 0, "")
		peer.Hangup()
		h.Want(`close 1006 "End of File"`)
	})
	inBubble(t, "a write that breaks half-way: what came before is delivered, the message counts as unsent",
		func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
			conn := peer.Conn.(*wstest.Conn)
			conn.In().BreakAfter(conn.In().Written() + 11 + 3) // a masked frame of 5 bytes, and 3 bytes of the next
			h.Send(h.ID, engine.Text, "12345")
			h.Send(h.ID, engine.Text, "67890")
			peer.Send(wstest.Text("hello"))
			h.Want(`text "hello"`)
			h.Patience = time.Minute
			h.Want(`error "Underlying Transport Error" reset`)
			if end := h.End(h.ID); end.Unsent != (engine.Tally{Messages: 1, Bytes: 5}) {
				t.Errorf("unsent %+v", end.Unsent)
			}
		})
}

func TestConnectFails(t *testing.T) {
	inBubble(t, "refused", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect("ws://nobody.test:99/", engine.ConnectOptions{})
		h.Want(`error "Underlying Transport Error" refused`)
		end := h.End(h.ID)
		if end.URL != "ws://nobody.test:99/" || end.Phase != engine.PhaseTCP || !end.Retryable {
			t.Errorf("end %+v", end)
		}
	})
	inBubble(t, "TCP timer", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.Net.Blackhole("far.test:80")
		begin := time.Now()
		h.ID = h.Connect("ws://far.test/", engine.ConnectOptions{Timeouts: engine.Timeouts{TCP: 3 * time.Second}})
		h.Want(`error "Timer Expired" timeout`)
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("took %v, want 3s", took)
		}
	})
	inBubble(t, "no answer to the opening handshake", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		begin := time.Now()
		h.ID = h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.Want(`error "The opening handshake timed out" timeout`)
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("took %v, want 5s", took)
		}
	})
	inBubble(t, "refused by status", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect("ws://user:secret@peer.test/x", engine.ConnectOptions{})
		peer := wstest.Accept(t, h.Listener)
		peer.ReadRequest()
		peer.SendRaw([]byte("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy"))
		h.Want(`error "Invalid HTTP status." http_status`)
		end := h.End(h.ID)
		if end.HTTP == nil || end.HTTP.Status != 503 || end.HTTP.Body != "busy" || end.HTTP.RetryAfter == nil ||
			*end.HTTP.RetryAfter != 7*time.Second || !end.Retryable {
			t.Errorf("end %+v, http %+v", end, end.HTTP)
		}
		if strings.Contains(end.URL+end.Detail, "secret") {
			t.Errorf("the password shows: %s, %s", end.URL, end.Detail)
		}
	})
}

// An id names nothing once the terminal event is delivered, even if it was looked up last.
func TestIDAfterEnd(t *testing.T) {
	inBubble(t, "a close by the peer", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		if !h.Finds(h.ID) {
			t.Error("an open connection is not found")
		}
		peer.Close(1000, "")
		h.Want(`close 1000 "" clean`)
		if h.Finds(h.ID) {
			t.Error("a connection is found after its end")
		}
	})
}
