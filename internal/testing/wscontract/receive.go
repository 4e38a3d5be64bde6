package wscontract

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/engine"
)

// newReceiver returns the module as the engine sees it, with an empty onMessage for the
// engine's id 101.
func newReceiver(tb testing.TB, kind Kind) engine.Handler {
	fake := &Engine{}
	door := kind.Open(tb, Setup{
		Engine: fake,
		Errors: reporter(func(where string, err error, _ ...any) { tb.Error(where, err) }),
		Print:  func(line string) { tb.Error(line) },
	})
	tb.Cleanup(door.Close)
	const script = `websocket.Connect("ws://peer.test/", {onMessage = function(data, isBinary, id) end})`
	if err := door.Run("bot.lua", script); err != nil {
		tb.Fatal(err)
	}
	var handler engine.Handler
	fake.Do(func(h engine.Handler) { handler = h })
	if _, err := door.Pump(engine.Budget{}); err != nil {
		tb.Fatal(err)
	}
	return handler
}

// benchmarkMessage is a message of 32 bytes.
var benchmarkMessage = []byte(strings.Repeat("x", 32))

// BenchmarkReceive is the way of a message from the engine's handler into an empty
// callback.
func BenchmarkReceive(b *testing.B, kind Kind) {
	handler := newReceiver(b, kind)
	b.ReportAllocs()
	for b.Loop() {
		handler.Received(101, benchmarkMessage, engine.Text)
	}
}

// AllocsPerMessage counts the allocations for BenchmarkReceive's message.
func AllocsPerMessage(t *testing.T, kind Kind) float64 {
	handler := newReceiver(t, kind)
	return testing.AllocsPerRun(1000, func() { handler.Received(101, benchmarkMessage, engine.Text) })
}
