package main

import (
	"github.com/tidewire/tidewire/bench/lua/embedding"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/json"
)

type vm struct{}

func (vm) NewState() embedding.State {
	s := lua.NewState(lua.Options{Tracebacks: true})
	if err := std.Open(s, std.Options{}); err != nil {
		panic(err) // of a memory limit, and there is none
	}
	if err := json.Open(s); err != nil {
		panic(err)
	}
	return &state{s}
}

type state struct{ s *lua.State }

func (s *state) Load(source string) (any, error) {
	results, err := s.s.Run([]byte(source), "=bench")
	if err != nil {
		return nil, err
	}
	s.s.Ref(results[0])
	return results[0], nil
}

// Callback needs no handler of its own: the state makes a traceback when there is an
// error.
func (s *state) Callback(function any, data []byte, n int) error {
	for range n {
		text, err := s.s.Bytes(data)
		if err != nil {
			return err
		}
		if err := s.s.Call0(function.(lua.Value), text, lua.False, lua.Int(1)); err != nil {
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
	text, err := s.s.String(json)
	if err != nil {
		return err
	}
	return s.s.Call0(decode.(lua.Value), function.(lua.Value), text, lua.Int(n))
}

func (s *state) Close() { s.s.Close() }
