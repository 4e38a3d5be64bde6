package engine_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func skipUnderRace(t *testing.T) {
	t.Helper()
	if detector.Race {
		t.Skip("pools drop things by chance under the race detector")
	}
}

// Queue, QueueBytes, Flush and Dispatch allocate nothing once their memory is there.
func TestFlushAllocatesNothing(t *testing.T) {
	skipUnderRace(t)
	message, borrowed := strings.Repeat("x", 32), bytes.Repeat([]byte("x"), 32)
	for name, queue := range map[string]func(h *enginetest.Rig, id engine.ID){
		"kept":     func(h *enginetest.Rig, id engine.ID) { h.Queue(id, engine.Text, message) },
		"borrowed": func(h *enginetest.Rig, id engine.ID) { h.QueueBytes(id, engine.Text, borrowed) },
	} {
		t.Run(name, func(t *testing.T) {
			h := enginetest.New(t, engine.Options{DialContext: new(net.Dialer).DialContext})
			id := h.Connect(echoURL(t), engine.ConnectOptions{})
			h.WantOf(id, "open")
			received := 0
			count := handler{received: func(engine.ID, []byte, engine.Kind) { received++ }}
			if n := testing.AllocsPerRun(500, func() {
				for range 10 {
					queue(h, id)
				}
				h.Flush()
				end := received + 10
				dispatchUntil(h.Engine, count, func() bool { return received == end })
			}); n > 1 {
				t.Errorf("%.1f allocations for 10 messages there and back, want at most 1: a pool may be emptied", n)
			}
		})
	}
}

// Messages are compressed in memory that is used again, too: the copy that waits, and what
// leaves, short or long, shorter than before or not.
func TestCompressingAllocatesNothing(t *testing.T) {
	skipUnderRace(t)
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 2000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	messages := [][]byte{
		bytes.Repeat([]byte("x"), 15), bytes.Repeat([]byte("xyz"), 30), bytes.Repeat([]byte("xyz"), 300),
		append(noise[:1500:1500], make([]byte, 1500)...), noise[:300], noise,
	}
	wantNoAllocations(t, wstest.Answer{Header: http.Header{
		"Sec-WebSocket-Extensions": {"permessage-deflate; client_no_context_takeover"},
	}}, engine.ConnectOptions{Compression: &engine.Compression{ClientNoContextTakeover: true}}, engine.Binary, messages...)
}

// wantNoAllocations sends messages to a server that answers the handshake in some way, again
// and again until all have left.
func wantNoAllocations(t *testing.T, answer wstest.Answer, options engine.ConnectOptions, kind engine.Kind,
	messages ...[]byte) {
	t.Helper()
	address, _ := sink(t, &answer)
	h := enginetest.New(t, engine.Options{DialContext: new(net.Dialer).DialContext})
	id := h.Connect("ws://"+address+"/", options)
	h.WantOf(id, "open")
	var gone departure
	if n := testing.AllocsPerRun(500, func() {
		for _, message := range messages {
			h.QueueBytes(id, kind, message)
		}
		h.Mark(id, 0)
		h.Flush()
		gone.seen = false
		dispatchUntil(h.Engine, &gone, func() bool { return gone.seen })
	}); n > 1 {
		t.Errorf("%.1f allocations for %d messages, want at most 1: a pool may be emptied", n, len(messages))
	}
	h.Abort()
}

// A server that declines compression, as most do, makes no difference to short messages.
func TestDeclinedCompressionAllocatesNothing(t *testing.T) {
	skipUnderRace(t)
	message := bytes.Repeat([]byte("x"), 700)
	wantNoAllocations(t, wstest.Answer{}, engine.ConnectOptions{Compression: new(engine.Compression)}, engine.Binary,
		slices.Repeat([][]byte{message}, 20)...)
}

// Longer messages are encoded before the connection's lock is taken, into memory that is
// used again.
func TestEncodingAllocatesNothing(t *testing.T) {
	skipUnderRace(t)
	for _, size := range []int{2 << 10, 4 << 10, 40 << 10} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			message := bytes.Repeat([]byte("x"), size)
			wantNoAllocations(t, wstest.Answer{}, engine.ConnectOptions{}, engine.Text,
				slices.Repeat([][]byte{message}, 10)...)
		})
	}
}

// A thousand connections that all work at once take as little: what each of them needs for
// a message, it borrows.
func TestACrowdAllocatesLittle(t *testing.T) {
	skipUnderRace(t)
	const connections, rounds = 1000, 30
	h := enginetest.New(t, engine.Options{DialContext: new(net.Dialer).DialContext, MaxConnections: connections})
	url := echoURL(t)
	ids := make([]engine.ID, connections)
	for i := range ids {
		ids[i] = h.Connect(url, engine.ConnectOptions{})
	}
	opened, received := 0, 0
	count := handler{
		opened:   func(engine.ID, *engine.Info) { opened++ },
		received: func(engine.ID, []byte, engine.Kind) { received++ },
	}
	dispatchUntil(h.Engine, count, func() bool { return opened == connections })
	play := func(rounds int) {
		for range rounds {
			for _, id := range ids {
				h.Queue(id, engine.Text, "sixty-four bytes, or nearly so many, as a feed sends them often")
			}
			h.Flush()
			end := received + connections
			dispatchUntil(h.Engine, count, func() bool { return received == end })
		}
	}
	play(3)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	play(rounds)
	runtime.ReadMemStats(&after)
	if each := float64(after.Mallocs-before.Mallocs) / (connections * rounds); each > 0.5 {
		t.Errorf("%.2f allocations for a message there and back, the echo server's included", each)
	}
}

// A large message is read into memory that is there, and copied into such memory by
// SendBytes: nothing of its size is allocated, once a block is there.
func TestLargeMessagesAllocateLittle(t *testing.T) {
	skipUnderRace(t)
	const size, rounds = 12 << 20, 10
	// measure returns how many bytes are allocated for each byte of a message, the first two
	// rounds left out: the least of three times, for how many blocks are in use at once
	// depends on who is faster, and the first time that there is one more it is new.
	measure := func(round func()) float64 {
		round()
		round()
		least := math.Inf(1)
		for range 3 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range rounds {
				round()
			}
			runtime.ReadMemStats(&after)
			least = min(least, float64(after.TotalAlloc-before.TotalAlloc)/rounds/size)
		}
		return least
	}
	t.Run("received", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{DialContext: new(net.Dialer).DialContext})
		frame := wstest.Binary(strings.Repeat("x", size)).Append(nil)
		h.Connect(flood(t, 1, frame), engine.ConnectOptions{MaxMessage: size})
		received := 0
		count := handler{received: func(engine.ID, []byte, engine.Kind) { received++ }}
		each := measure(func() {
			end := received + 1
			dispatchUntil(h.Engine, count, func() bool { return received == end })
		})
		if each > 0.1 {
			t.Errorf("%.2f bytes are allocated for each byte", each)
		}
		h.Abort()
	})
	t.Run("sent", func(t *testing.T) {
		address, _ := sink(t, &wstest.Answer{})
		h := enginetest.New(t, engine.Options{DialContext: new(net.Dialer).DialContext})
		id := h.Connect("ws://"+address+"/", engine.ConnectOptions{SendQueue: 2 * size})
		h.WantOf(id, "open")
		message := make([]byte, size)
		each := measure(func() {
			h.SendBytes(id, engine.Binary, message)
			until(t, "empty send queue", func() bool { return h.Stats().Unsent.Messages == 0 })
		})
		if each > 0.1 {
			t.Errorf("%.2f bytes are allocated for each byte", each)
		}
		h.Abort()
	})
}

// departure notes that everything queued has left.
type departure struct {
	engine.NopHandler
	seen bool
}

func (d *departure) Drained(engine.ID, bool) { d.seen = true }

// echoURL starts an echo server for the length of a test.
func echoURL(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(echo.Serve(l, echo.Options{}).Close)
	return "ws://" + l.Addr().String() + "/"
}
