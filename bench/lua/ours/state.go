package main

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/bench/lua/embedding"
	"github.com/tidewire/tidewire/lualib"
)

type vm struct{}

func (vm) NewState() embedding.State { return &state{L: lualib.NewState(nil)} }

type state struct{ L *lua.LState }

func (s *state) Load(source string) (any, error) {
	if err := lualib.Load(s.L, []byte("result = (function() "+source+"\nend)()"), "=bench"); err != nil {
		return nil, err
	}
	if err := lualib.Call(s.L, 0); err != nil {
		return nil, err
	}
	return s.L.GetGlobal("result"), nil
}

// Callback needs no handler of its own: lualib.Call makes a traceback when there is an
// error.
func (s *state) Callback(function any, data []byte, n int) error {
	for range n {
		s.L.Push(function.(lua.LValue))
		s.L.Push(lua.LString(data))
		s.L.Push(lua.LFalse)
		s.L.Push(lua.LNumber(1))
		if err := lualib.Call(s.L, 3); err != nil {
			return err
		}
	}
	return nil
}

func (s *state) Read(function any, json string, n int) error {
	decode, err := s.Load(`local decode = require("json").decode return function(f, text, n) f(decode(text), n) end`)
	if err != nil {
		return err
	}
	s.L.Push(decode.(lua.LValue))
	s.L.Push(function.(lua.LValue))
	s.L.Push(lua.LString(json))
	s.L.Push(lua.LNumber(n))
	return lualib.Call(s.L, 3)
}

func (s *state) Close() { s.L.Close() }
