package gopherlua_test

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
)

const emptyHandler = `function(data, isBinary, id) end`

// BenchmarkReceive is the way of a message from the engine's handler into a callback.
func BenchmarkReceive(b *testing.B) {
	handler := newReceiver(b)
	data := []byte(strings.Repeat("x", 32))
	b.ReportAllocs()
	for b.Loop() {
		handler.Received(101, data, engine.Text)
	}
}

// BenchmarkBarePCall is what the VM takes of it: the same call with the same arguments.
func BenchmarkBarePCall(b *testing.B) {
	r := newRig(b)
	r.do("handler = " + emptyHandler)
	handler, id := r.L.GetGlobal("handler"), lua.LValue(lua.LNumber(1))
	data := []byte(strings.Repeat("x", 32))
	b.ReportAllocs()
	for b.Loop() {
		r.L.Push(handler)
		r.L.Push(lua.LString(data))
		r.L.Push(lua.LTrue)
		r.L.Push(id)
		if err := r.L.PCall(3, 0, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAMessageCostsTwoAllocations(t *testing.T) {
	handler := newReceiver(t)
	data := []byte(strings.Repeat("x", 32))
	if got := testing.AllocsPerRun(100, func() { handler.Received(101, data, engine.Text) }); got > 2 {
		t.Errorf("%v allocations a message, want the string and its box", got)
	}
}

// newReceiver returns the module as the engine sees it, with an empty onMessage for the
// engine's id 101.
func newReceiver(t testing.TB) engine.Handler {
	r := newRig(t)
	r.do(`websocket.Connect("ws://peer.test/", {onMessage = ` + emptyHandler + `})`)
	var handler engine.Handler
	r.engine.events = append(r.engine.events, func(h engine.Handler) { handler = h })
	r.pump()
	return handler
}
