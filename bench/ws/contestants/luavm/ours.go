package luavm

import (
	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// Ours is the App on our VM.
type Ours struct {
	L *lua.State

	onMessage, again, begin, played, connect lua.Value
}

// NewOurs returns the App on our VM. Its globals are set; Load runs the script.
func NewOurs(state *State, send SendFunc) (VM, error) {
	vm, err := OpenOurs(state)
	if err != nil {
		return nil, err
	}
	err = vm.L.SetGlobal("Send", vm.L.NewFunction("Send", func(c *lua.Call) error {
		id, data := c.Int(1), c.String(2)
		if err := c.Err(); err != nil {
			return err
		}
		send(id, data)
		return c.Return()
	}))
	if err != nil {
		return nil, err
	}
	return vm, vm.Load(state.Task)
}

// OpenOurs returns a state with everything but Send.
func OpenOurs(state *State) (*Ours, error) {
	L := lua.NewState(lua.Options{Tracebacks: true})
	if err := std.Open(L, std.Options{}); err != nil {
		return nil, err
	}
	for name, f := range map[string]lua.GoFunction{
		"check": func(c *lua.Call) error {
			state.Task.Check(c.Int(1)-1, []byte(c.String(2)))
			return c.Err()
		},
		"acknowledged": func(c *lua.Call) error {
			text := c.String(1)
			if err := c.Err(); err != nil {
				return err
			}
			return state.Task.Acknowledged([]byte(text))
		},
		"owed":   func(c *lua.Call) error { return c.Return(lua.Bool(state.Task.Owed())) },
		"enough": func(*lua.Call) error { state.Enough = true; return nil },
		"opened": func(*lua.Call) error { state.Opened++; return nil },
		"failed": func(c *lua.Call) error { return c.Errorf("%s", c.String(1)) },
	} {
		if err := L.SetGlobal(name, L.NewFunction(name, f)); err != nil {
			return nil, err
		}
	}
	return &Ours{L: L}, nil
}

// Load runs the script. Send has to be there.
func (vm *Ours) Load(t *client.Task) error {
	role, err := vm.L.String(string(t.Role))
	if err != nil {
		return err
	}
	messages := make([]lua.Value, len(t.Cycle))
	for i, message := range t.Cycle {
		if messages[i], err = vm.L.Bytes(message); err != nil {
			return err
		}
	}
	cycle, err := vm.L.NewArray(messages...)
	if err != nil {
		return err
	}
	if _, err := vm.L.Run(source, chunkName, role, lua.Int(t.Burst), cycle.Value()); err != nil {
		return err
	}
	vm.onMessage, vm.connect = vm.L.Global("onMessage"), vm.L.Global("connect")
	vm.again, vm.begin, vm.played = vm.L.Global("again"), vm.L.Global("begin"), vm.L.Global("played")
	return nil
}

func (vm *Ours) Again(target int, verify bool) error {
	return vm.L.Call0(vm.again, lua.Int(target), lua.Bool(verify))
}

func (vm *Ours) Begin(id int) error { return vm.L.Call0(vm.begin, lua.Int(id)) }

func (vm *Ours) Receive(id int, data []byte) error {
	text, err := vm.L.Bytes(data)
	if err != nil {
		return err
	}
	return vm.L.Call0(vm.onMessage, text, lua.False, lua.Int(id))
}

func (vm *Ours) Connect(url string, options map[string]bool) error {
	text, err := vm.L.String(url)
	if err != nil {
		return err
	}
	t, err := vm.L.NewTable(0, len(options))
	if err != nil {
		return err
	}
	for name, value := range options {
		if err := vm.L.SetField(t.Value(), name, lua.Bool(value)); err != nil {
			return err
		}
	}
	return vm.L.Call0(vm.connect, text, t.Value())
}

func (vm *Ours) Played() (messages int, bytes int64, err error) {
	results, err := vm.L.Call(vm.played)
	if err != nil {
		return 0, 0, err
	}
	n, _ := results[0].AsNumber()
	m, _ := results[1].AsNumber()
	return int(n), int64(m), nil
}
