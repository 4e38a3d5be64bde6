//go:build !race

package engine_test

import (
	"net"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
)

// Queue and Flush allocate nothing once their memory is there. Under the race detector
// pools drop things by chance.
func TestFlushAllocatesNothing(t *testing.T) {
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
