package engine_test

import (
	"math"
	"net"
	"runtime"
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

// Queue and Flush allocate nothing once their memory is there.
func TestFlushAllocatesNothing(t *testing.T) {
	skipUnderRace(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(echo.Serve(l, echo.Options{}).Close)
	h := enginetest.New(t, engine.Options{DialContext: new(net.Dialer).DialContext})
	id := h.Connect("ws://"+l.Addr().String()+"/", engine.ConnectOptions{})
	h.WantOf(id, "open")
	message := strings.Repeat("x", 32)
	ignored := engine.NopHandler{}
	if n := testing.AllocsPerRun(500, func() {
		for range 10 {
			h.Queue(id, engine.Text, message)
		}
		h.Flush()
		h.Dispatch(ignored, noBudget)
	}); n > 1 {
		t.Errorf("%.1f allocations for 10 messages, want at most 1: a pool may be emptied", n)
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
		address, _ := sink(t, true)
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
