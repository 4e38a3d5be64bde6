package engine_test

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/transport"
)

func TestQueue(t *testing.T) {
	inBubble(t, "messages wait for Flush, and leave in order", func(t *testing.T) {
		h, peer := openStream(t, engine.ConnectOptions{})
		for i := range 5 {
			h.Queue(h.ID, engine.Text, fmt.Sprint(i))
		}
		synctest.Wait()
		if unsent := h.Stats().Unsent.Messages; unsent != 5 {
			t.Errorf("%d messages unsent before Flush, want 5", unsent)
		}
		h.Flush()
		if unsent := h.Stats().Unsent.Messages; unsent != 0 {
			t.Errorf("%d messages unsent when Flush has returned, want 0", unsent)
		}
		for i := range 5 {
			peer.WantFrame(wstest.Text(fmt.Sprint(i)))
		}
	})
	inBubble(t, "without Flush they leave after 1 ms, each time", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		for i := range 3 {
			synctest.Wait() // a writer that has not gone yet would take the next message along
			queued := time.Now()
			h.Queue(h.ID, engine.Text, fmt.Sprint(i))
			peer.WantFrame(wstest.Text(fmt.Sprint(i)))
			if took := time.Since(queued); took != time.Millisecond {
				t.Errorf("message %d left after %v, want 1 ms", i, took)
			}
		}
	})
	inBubble(t, "where Flush has come in time they wait longer, until it is late", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		for range 40 { // of 1 ms
			h.Queue(h.ID, engine.Text, "x")
			h.Flush()
			peer.WantFrame(wstest.Text("x"))
			time.Sleep(time.Millisecond)
		}
		queued := time.Now()
		h.Queue(h.ID, engine.Text, "late")
		peer.WantFrame(wstest.Text("late"))
		if took := time.Since(queued); took <= time.Millisecond || took > 16*time.Millisecond {
			t.Errorf("it left after %v, want more than 1 ms and at most 16", took)
		}
		time.Sleep(20 * time.Millisecond)
		queued = time.Now()
		h.Queue(h.ID, engine.Text, "again")
		peer.WantFrame(wstest.Text("again"))
		if took := time.Since(queued); took != time.Millisecond {
			t.Errorf("the next one left after %v, want 1 ms", took)
		}
	})
	inBubble(t, "64 KiB do not wait", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		half := strings.Repeat("x", 32<<10)
		queued := time.Now()
		h.Queue(h.ID, engine.Text, half)
		peer.WantSilence(time.Microsecond)
		h.Queue(h.ID, engine.Text, half)
		peer.WantFrame(wstest.Text(half), wstest.Text(half))
		if took := time.Since(queued); took > time.Microsecond {
			t.Errorf("they left after %v", took)
		}
	})
	inBubble(t, "Send and Close take along what was queued", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		queued := time.Now()
		h.Queue(h.ID, engine.Text, "1")
		h.Send(h.ID, engine.Text, "2")
		peer.WantFrame(wstest.Text("1"), wstest.Text("2"))
		h.Queue(h.ID, engine.Text, "3")
		h.Close(h.ID, 0, "")
		peer.WantFrame(wstest.Text("3"), wstest.Close(1000, ""))
		if took := time.Since(queued); took != 0 {
			t.Errorf("they left after %v, want at once", took)
		}
		h.Flush() // of a connection that has written already
		peer.Close(1000, "")
		h.Want(`close 1000 "" clean`)
	})
	inBubble(t, "before open they wait for the handshake", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		id := h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.Queue(id, engine.Text, "early")
		h.Flush()
		peer := wstest.Accept(t, h.Listener)
		peer.Handshake(wstest.Answer{})
		peer.WantFrame(wstest.Text("early"))
	})
	inBubble(t, "to nobody", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		if err := h.Queue(7, engine.Text, "x"); err != nil {
			t.Error(err)
		}
		if err := h.Queue(7, engine.Text, "\xff"); err != engine.ErrInvalidUTF8 {
			t.Errorf("error %v, want ErrInvalidUTF8", err)
		}
		h.Flush()
	})
}

// However little the transport takes without waiting, all arrives, in order, and is
// counted once.
func TestFlushOfAFullTransport(t *testing.T) {
	messages := []string{"a", strings.Repeat("b", 200), "", "c"}
	total := 0
	for _, message := range messages {
		total += len(wstest.Text(message).Append(nil)) + 4 // the masking key
	}
	for room := range total + 1 {
		inBubble(t, fmt.Sprintf("%d bytes", room), func(t *testing.T) {
			h, peer := openStream(t, engine.ConnectOptions{})
			s := peer.Conn.(*streamPeer).stream
			s.mu.Lock()
			s.out.window = room
			s.mu.Unlock()
			for _, message := range messages {
				h.Queue(h.ID, engine.Text, message)
			}
			h.Flush()
			synctest.Wait()
			if unsent := h.Stats().Unsent.Messages; (unsent == 0) != (room == total) {
				t.Errorf("%d messages unsent, with room for %d bytes of %d", unsent, room, total)
			}
			h.Queue(h.ID, engine.Text, "behind") // while writeLoop waits
			h.Flush()
			s.mu.Lock()
			s.out.window += streamWindow
			s.cond.Broadcast()
			s.mu.Unlock()
			for _, message := range append(messages, "behind") {
				peer.WantFrame(wstest.Text(message))
			}
			synctest.Wait()
			if unsent := h.Stats().Unsent; unsent != (engine.Tally{}) {
				t.Errorf("unsent %+v", unsent)
			}
		})
	}
}

// Queue itself writes what is enough for a write, in one frame or in many, but not more than
// 8 times before a Flush.
func TestQueueWritesEnough(t *testing.T) {
	wantUnsent := func(t *testing.T, h *enginetest.Rig, want int) {
		t.Helper()
		if unsent := h.Stats().Unsent.Messages; unsent != want {
			t.Errorf("%d messages unsent, want %d", unsent, want)
		}
	}
	inBubble(t, "short messages", func(t *testing.T) {
		h, peer := openStream(t, engine.ConnectOptions{})
		widen(peer)
		message := strings.Repeat("z", 1000)
		for range 64 {
			h.Queue(h.ID, engine.Text, message)
		}
		wantUnsent(t, h, 64)
		h.Queue(h.ID, engine.Text, message)
		wantUnsent(t, h, 0)
		for range 65 {
			peer.WantFrame(wstest.Text(message))
		}
	})
	inBubble(t, "long ones, which are written one by one", func(t *testing.T) {
		h, peer := openStream(t, engine.ConnectOptions{})
		widen(peer)
		message := bytes.Repeat([]byte("z"), 20<<10)
		for range 3 {
			h.QueueBytes(h.ID, engine.Binary, message)
		}
		wantUnsent(t, h, 3)
		h.QueueBytes(h.ID, engine.Binary, message)
		wantUnsent(t, h, 0)
		for range 4 {
			peer.WantFrame(wstest.Binary(string(message)))
		}
	})
	inBubble(t, "until a Flush no more than 8 times", func(t *testing.T) {
		h, peer := openStream(t, engine.ConnectOptions{})
		widen(peer)
		message := strings.Repeat("z", 66<<10)
		for range 8 {
			h.Queue(h.ID, engine.Text, message)
			wantUnsent(t, h, 0)
		}
		h.Queue(h.ID, engine.Text, message)
		wantUnsent(t, h, 1)
		h.Flush()
		wantUnsent(t, h, 0)
		h.Queue(h.ID, engine.Text, message)
		wantUnsent(t, h, 0)
		for range 10 {
			peer.WantFrame(wstest.Text(message))
		}
	})
}

// widen makes a stream take all of a large write.
func widen(peer *wstest.Peer) {
	s := peer.Conn.(*streamPeer).stream
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.largest, s.out.window = 1<<20, 1<<20
}

// interrupted is a transport in whose first TryWrite something else happens.
type interrupted struct {
	transport.Conn
	meanwhile func() // nil afterwards
}

func (i *interrupted) TryWrite(p []byte) (int, error) {
	if f := i.meanwhile; f != nil {
		i.meanwhile = nil
		f()
	}
	return i.Conn.TryWrite(p)
}

// Queue gives up the lock while it writes. What another goroutine does then keeps its place
// behind the message.
func TestCallsWhileQueueWrites(t *testing.T) {
	message := strings.Repeat("z", 70<<10)
	for _, test := range []struct {
		name      string
		sendQueue int64
		meanwhile func(*enginetest.Rig)
		frames    []wstest.Frame // behind the message; or
		want      []string       // events, if the message does not leave
		unsent    engine.Tally
	}{
		{name: "Send", meanwhile: func(h *enginetest.Rig) { h.Send(h.ID, engine.Text, "behind") },
			frames: []wstest.Frame{wstest.Text("behind")}},
		{name: "Queue", meanwhile: func(h *enginetest.Rig) { h.Queue(h.ID, engine.Text, "behind") },
			frames: []wstest.Frame{wstest.Text("behind")}},
		{name: "Queue of enough for a write", meanwhile: func(h *enginetest.Rig) { h.Queue(h.ID, engine.Text, message) },
			frames: []wstest.Frame{wstest.Text(message)}},
		{name: "Flush", meanwhile: func(h *enginetest.Rig) { h.Flush() }},
		{name: "Close", meanwhile: func(h *enginetest.Rig) { h.Close(h.ID, 4000, "bye") },
			frames: []wstest.Frame{wstest.Close(4000, "bye")}},
		{name: "Send and Close", meanwhile: func(h *enginetest.Rig) {
			h.Send(h.ID, engine.Text, "behind")
			h.Close(h.ID, 4000, "bye")
			h.Send(h.ID, engine.Text, "late")
		}, frames: []wstest.Frame{wstest.Text("behind"), wstest.Close(4000, "bye")},
			unsent: engine.Tally{Messages: 1, Bytes: 4}},
		{name: "a full queue", sendQueue: 100 << 10,
			meanwhile: func(h *enginetest.Rig) { h.Send(h.ID, engine.Text, message) },
			want:      []string{`error "send queue full" queue_full`},
			unsent:    engine.Tally{Messages: 2, Bytes: 140 << 10}},
		{name: "Abort", meanwhile: func(h *enginetest.Rig) { h.Abort() },
			want:   []string{`close 1006 "The closing handshake timed out"`},
			unsent: engine.Tally{Messages: 1, Bytes: 70 << 10}},
	} {
		inBubble(t, test.name, func(t *testing.T) {
			conn := new(interrupted)
			h, peer := openAround(t, engine.ConnectOptions{SendQueue: test.sendQueue}, func(s *stream) transport.Conn {
				conn.Conn = s
				return conn
			})
			widen(peer)
			conn.meanwhile = func() { test.meanwhile(h) }
			h.Queue(h.ID, engine.Text, message)
			if conn.meanwhile != nil {
				t.Fatal("Queue has not written")
			}
			if test.want != nil {
				h.Want(test.want...)
				if unsent := h.End(h.ID).Unsent; unsent != test.unsent {
					t.Errorf("unsent %+v, want %+v", unsent, test.unsent)
				}
				return
			}
			peer.WantFrame(append([]wstest.Frame{wstest.Text(message)}, test.frames...)...)
			synctest.Wait() // until the last one is counted
			if unsent := h.Stats().Unsent; unsent != test.unsent {
				t.Errorf("unsent %+v, want %+v", unsent, test.unsent)
			}
		})
	}
}

// A write that fails within Flush ends the connection as any other does.
func TestFlushFails(t *testing.T) {
	inBubble(t, "a reset", func(t *testing.T) {
		h, peer := openStream(t, engine.ConnectOptions{})
		s := peer.Conn.(*streamPeer).stream
		h.Queue(h.ID, engine.Text, "1")
		h.Queue(h.ID, engine.Text, "2")
		s.mu.Lock()
		s.reset = true
		s.mu.Unlock()
		h.Flush()
		s.cond.Broadcast()
		h.Want(`error "Underlying Transport Error" reset`)
		if unsent := h.End(h.ID).Unsent; unsent != (engine.Tally{Messages: 2, Bytes: 2}) {
			t.Errorf("unsent %+v, want both", unsent)
		}
	})
}

// Over real sockets Flush writes by itself; more connections than it tries, and more bytes
// than a socket takes, are written all the same.
func TestFlushOverSockets(t *testing.T) {
	url := echoURL(t)
	h := enginetest.New(t, engine.Options{DialContext: new(net.Dialer).DialContext})
	var ids []engine.ID
	for range 50 {
		id := h.Connect(url, engine.ConnectOptions{})
		h.WantOf(id, "open")
		ids = append(ids, id)
	}
	h.Queue(ids[0], engine.Text, "x")
	h.Flush()
	if unsent := h.Stats().Unsent.Messages; unsent != 0 {
		t.Errorf("%d messages unsent when Flush has returned, want 0", unsent)
	}
	h.WantOf(ids[0], `text "x"`)
	for _, size := range []int{1, 1000, 15 << 10, 40 << 10} {
		message := strings.Repeat("y", size)
		for _, id := range ids {
			h.Queue(id, engine.Text, message)
			h.Queue(id, engine.Text, message)
		}
		h.Flush()
		for _, id := range ids {
			h.WantOf(id, "text "+wstest.Quote([]byte(message)), "text "+wstest.Quote([]byte(message)))
		}
	}
}
