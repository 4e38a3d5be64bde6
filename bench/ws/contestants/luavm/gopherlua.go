package luavm

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/bench/ws/client"
)

// GopherLua is the App on gopher-lua.
type GopherLua struct {
	L *glua.LState

	onMessage, again, begin, played, connect glua.LValue
}

// NewGopherLua returns the App on gopher-lua, with its default options.
func NewGopherLua(state *State, send SendFunc) (VM, error) {
	vm := OpenGopherLua(state)
	vm.L.SetGlobal("Send", vm.L.NewFunction(func(L *glua.LState) int {
		send(L.CheckInt(1), L.CheckString(2))
		return 0
	}))
	return vm, vm.Load(state.Task)
}

// OpenGopherLua returns a state with everything but Send.
func OpenGopherLua(state *State) *GopherLua {
	L := glua.NewState()
	for name, f := range map[string]glua.LGFunction{
		"check": func(L *glua.LState) int {
			state.Task.Check(L.CheckInt(1)-1, []byte(L.CheckString(2)))
			return 0
		},
		"acknowledged": func(L *glua.LState) int {
			if err := state.Task.Acknowledged([]byte(L.CheckString(1))); err != nil {
				L.RaiseError("%s", err)
			}
			return 0
		},
		"owed": func(L *glua.LState) int {
			L.Push(glua.LBool(state.Task.Owed()))
			return 1
		},
		"enough": func(*glua.LState) int { state.Enough = true; return 0 },
		"opened": func(*glua.LState) int { state.Opened++; return 0 },
		"failed": func(L *glua.LState) int { L.RaiseError("%s", L.CheckString(1)); return 0 },
	} {
		L.SetGlobal(name, L.NewFunction(f))
	}
	return &GopherLua{L: L}
}

// Load runs the script. Send has to be there.
func (vm *GopherLua) Load(t *client.Task) error {
	cycle := vm.L.NewTable()
	for _, message := range t.Cycle {
		cycle.Append(glua.LString(message))
	}
	chunk, err := vm.L.LoadString(string(source))
	if err != nil {
		return err
	}
	if err := vm.call(chunk, 0, glua.LString(t.Role), glua.LNumber(t.Burst), cycle); err != nil {
		return err
	}
	vm.onMessage, vm.connect = vm.L.GetGlobal("onMessage"), vm.L.GetGlobal("connect")
	vm.again, vm.begin, vm.played = vm.L.GetGlobal("again"), vm.L.GetGlobal("begin"), vm.L.GetGlobal("played")
	return nil
}

func (vm *GopherLua) call(f glua.LValue, results int, args ...glua.LValue) error {
	vm.L.Push(f)
	for _, arg := range args {
		vm.L.Push(arg)
	}
	return vm.L.PCall(len(args), results, nil)
}

func (vm *GopherLua) Again(target int, verify bool) error {
	return vm.call(vm.again, 0, glua.LNumber(target), glua.LBool(verify))
}

func (vm *GopherLua) Begin(id int) error { return vm.call(vm.begin, 0, glua.LNumber(id)) }

func (vm *GopherLua) Receive(id int, data []byte) error {
	vm.L.Push(vm.onMessage)
	vm.L.Push(glua.LString(data))
	vm.L.Push(glua.LFalse)
	vm.L.Push(glua.LNumber(id))
	return vm.L.PCall(3, 0, nil)
}

func (vm *GopherLua) Connect(url string, options map[string]bool) error {
	t := vm.L.NewTable()
	for name, value := range options {
		t.RawSetString(name, glua.LBool(value))
	}
	return vm.call(vm.connect, 0, glua.LString(url), t)
}

func (vm *GopherLua) Played() (messages int, bytes int64, err error) {
	if err := vm.call(vm.played, 2); err != nil {
		return 0, 0, err
	}
	messages, bytes = int(vm.L.ToInt(-2)), vm.L.ToInt64(-1)
	vm.L.Pop(2)
	return messages, bytes, nil
}
