package tidewire

import (
	"errors"
	"fmt"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/contestants/luavm"
	"github.com/tidewire/tidewire/bench/ws/server"
	"github.com/tidewire/tidewire/doors/gopherlua"
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/modules/websocket"
)

// A module is the engine with the websocket module of a VM, and the App in Lua.
type module struct {
	engine  *engine.Engine
	options client.Options
	vm      luavm.VM
	state   luavm.State
	pump    func(engine.Budget) error
	err     error // of callbacks
}

func newModule(o client.Options) *module {
	return &module{options: o, engine: newEngine(o), state: luavm.State{Task: o.Task}}
}

// Lua returns the engine with the websocket module of our VM.
func Lua(o client.Options) (client.Client, error) {
	m := newModule(o)
	vm, err := luavm.OpenOurs(&m.state)
	if err != nil {
		return nil, err
	}
	door, err := websocket.Open(vm.L, m.engine, websocket.Options{Errors: m})
	if err != nil {
		return nil, err
	}
	m.vm, m.pump = vm, func(b engine.Budget) error {
		_, err := door.Pump(b)
		return errors.Join(err, m.err)
	}
	send, err := vm.L.Field(vm.L.Global("websocket"), "Send")
	if err == nil {
		err = vm.L.SetGlobal("Send", send)
	}
	if err != nil {
		return nil, err
	}
	return m, vm.Load(o.Task)
}

// GopherLua returns the engine with the websocket module of a gopher-lua state.
func GopherLua(o client.Options) (client.Client, error) {
	m := newModule(o)
	vm := luavm.OpenGopherLua(&m.state)
	door := gopherlua.Open(vm.L, m.engine, gopherlua.Options{Errors: m})
	m.vm, m.pump = vm, func(b engine.Budget) error {
		door.Pump(b)
		return m.err
	}
	vm.L.SetGlobal("Send", vm.L.GetField(vm.L.GetGlobal("websocket"), "Send"))
	return m, vm.Load(o.Task)
}

// Report keeps the first error of a callback.
func (m *module) Report(where string, err error, _ ...any) {
	if m.err == nil {
		m.err = fmt.Errorf("%s: %w", where, err)
	}
}

func (m *module) Dial(url string, n int) error {
	var options map[string]bool
	switch m.options.Deflate {
	case server.NoTakeover:
		return errors.New("the script asks for takeover")
	case server.Takeover:
		options = map[string]bool{"compression": true}
	}
	target := m.state.Opened + n
	for range n {
		if err := m.vm.Connect(url, options); err != nil {
			return err
		}
	}
	return m.until(func() bool { return m.state.Opened >= target })
}

func (m *module) Play(t *client.Task) error {
	if err := m.state.Again(m.vm); err != nil {
		return err
	}
	if err := m.vm.Begin(1); err != nil {
		return err
	}
	if t.Frames != nil {
		if err := withFrames(m.engine, t.Frames, m.pump); err != nil {
			return err
		}
		return m.state.Finish(m.vm)
	}
	if err := m.until(func() bool { return m.state.Enough }); err != nil {
		return err
	}
	return m.state.Finish(m.vm)
}

func (m *module) until(done func() bool) error {
	for !done() {
		<-m.engine.Ready()
		if err := m.pump(engine.Budget{}); err != nil {
			return err
		}
	}
	return nil
}
