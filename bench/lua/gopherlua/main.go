// Gopherlua runs a Lua script on gopher-lua, or measures gopher-lua from a Go program's
// side.
package main

import (
	"encoding/json"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/bench/lua/embedding"
)

func main() { embedding.Child(vm{}, run) }

// run lets both stacks grow: at their default sizes calls end 256 deep and table.concat
// at 5,000 pieces.
func run(path string, args []string) error {
	L := lua.NewState(lua.Options{
		CallStackSize:       20_000,
		MinimizeStackMemory: true,
		RegistrySize:        4096,
		RegistryMaxSize:     1 << 20,
		RegistryGrowStep:    4096,
	})
	defer L.Close()
	chunk, err := L.LoadFile(path)
	if err != nil {
		return err
	}
	L.Push(chunk)
	for _, arg := range args {
		L.Push(lua.LString(arg))
	}
	return L.PCall(len(args), 0, nil)
}

type vm struct{}

func (vm) NewState() embedding.State { return &state{L: lua.NewState()} }

type state struct{ L *lua.LState }

func (s *state) Load(source string) (any, error) {
	if err := s.L.DoString(source); err != nil {
		return nil, err
	}
	defer s.L.SetTop(0)
	return s.L.Get(-1), nil
}

func (s *state) Callback(function any, data []byte, n int) error {
	handler := s.L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString("handled: " + L.Get(1).String()))
		return 1
	})
	for range n {
		s.L.Push(function.(lua.LValue))
		s.L.Push(lua.LString(data))
		s.L.Push(lua.LFalse)
		s.L.Push(lua.LNumber(1))
		if err := s.L.PCall(3, 0, handler); err != nil {
			return err
		}
	}
	return nil
}

func (s *state) Read(function any, text string, n int) error {
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return err
	}
	table := s.L.NewTable()
	for key, field := range fields {
		table.RawSetString(key, value(field))
	}
	s.L.Push(function.(lua.LValue))
	s.L.Push(table)
	s.L.Push(lua.LNumber(n))
	return s.L.PCall(2, 0, nil)
}

// value is a scalar of JSON as a Lua value.
func value(field any) lua.LValue {
	switch field := field.(type) {
	case string:
		return lua.LString(field)
	case float64:
		return lua.LNumber(field)
	case bool:
		return lua.LBool(field)
	}
	return lua.LNil
}

func (s *state) Close() { s.L.Close() }
