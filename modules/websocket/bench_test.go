package websocket_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wscontract"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/modules/websocket"
)

func BenchmarkReceive(b *testing.B) { wscontract.BenchmarkReceive(b, kind) }

// BenchmarkBareCall is the VM's share of BenchmarkReceive: the same call with the same
// arguments.
func BenchmarkBareCall(b *testing.B) {
	s := lua.NewState(lua.Options{Tracebacks: true})
	defer s.Close()
	handler, err := s.Run([]byte(`return function(data, isBinary, id) end`), "@bot.lua")
	if err != nil {
		b.Fatal(err)
	}
	data := []byte(strings.Repeat("x", 32))
	b.ReportAllocs()
	for b.Loop() {
		text, err := s.Bytes(data)
		if err == nil {
			err = s.Call0(handler[0], text, lua.True, lua.Int(1))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// The string of a message is all that it allocates, whatever the callback is.
func TestAMessageCostsOneAllocation(t *testing.T) {
	if got := wscontract.AllocsPerMessage(t, kind); got != 1 {
		t.Errorf("%v allocations a message", got)
	}
	const function = `function(data, isBinary, id) end`
	data := []byte(strings.Repeat("x", 32))
	const own = `(function() local f = ` + function + ` return function() return f end end)()`
	for name, callbacks := range map[string]string{
		"a value with __call": `{onMessage = setmetatable({}, {__call = ` + function + `})}`,
		"through __index":     `setmetatable({}, {__index = {onMessage = ` + function + `}})`,
		"through two __index": `setmetatable({}, {__index = setmetatable({}, {__index = {onMessage = ` + function +
			`}})})`,
		"no callback":       `{}`,
		"onMessage = false": `{onMessage = false}`,
		"from a function":   `setmetatable({}, {__index = ` + own + `})`,
	} {
		r := newRig(t, lua.Options{Tracebacks: true}, websocket.Options{})
		r.do(`websocket.Connect("ws://peer.test/", ` + callbacks + `)`)
		var got float64
		r.engine.Do(func(h engine.Handler) {
			got = testing.AllocsPerRun(100, func() { h.Received(101, data, engine.Text) })
		})
		r.pump(1)
		if got > 1 {
			t.Errorf("%s: %v allocations a message", name, got)
		}
	}
}
