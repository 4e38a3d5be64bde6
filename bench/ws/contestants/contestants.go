// Package contestants lists the programs that are compared.
package contestants

import (
	"slices"

	"github.com/tidewire/tidewire/bench/internal/named"
	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/contestants/coder"
	"github.com/tidewire/tidewire/bench/ws/contestants/gobwas"
	"github.com/tidewire/tidewire/bench/ws/contestants/gorilla"
	"github.com/tidewire/tidewire/bench/ws/contestants/gws"
	"github.com/tidewire/tidewire/bench/ws/contestants/luavm"
	"github.com/tidewire/tidewire/bench/ws/contestants/raw"
	"github.com/tidewire/tidewire/bench/ws/contestants/tidewire"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// A Contestant is one program.
type Contestant struct {
	Name   string
	Shape  string // how it is built
	Checks string // of the protocol, on received messages
	Module string // the library's, for its version
	Lua    bool   // the App is in Lua
	Ours   bool   // it runs on our engine
	Script bool   // a script with a program of its own; package scripts plays it
	Shown  bool   // in the shape of its README, not in its best

	// Deflate lists the ways of permessage-deflate that it can.
	Deflate []server.Deflate

	New func(client.Options) (client.Client, error)
}

const (
	batches = "reads of 256 KiB (of 64 with many connections), buffers used again, " +
		"batches of up to 128 messages, one write a turn"
	channel = "default buffers, a Go channel, one write a message"
	module  = "default options, the websocket module"

	ourChecks    = "frames, fragments, UTF-8, limits of messages and queues; counts what is unsent and dropped"
	scriptChecks = "frames, fragments, UTF-8, limit of messages"

	gorillaChecks = "frames, fragments; no UTF-8, no limit set; counts nothing"
	coderChecks   = "frames, fragments, limit of messages; no UTF-8; counts nothing"
	gwsChecks     = "frames, fragments, limit of messages; UTF-8 is off by default; counts nothing"
	bareChecks    = "fin, opcode and length of frames; no fragments, no control frames, no UTF-8; counts nothing"
)

// List has all of them, in the order of the report.
var List = []Contestant{
	{Name: "raw", Shape: "TCP, frames known in advance", Checks: "nothing", New: raw.New},

	{Name: "gorilla", Shape: batches, Checks: gorillaChecks,
		Module: "github.com/gorilla/websocket", Deflate: []server.Deflate{server.NoTakeover}, New: gorilla.Shaped},
	{Name: "gorilla-shown", Shown: true, Shape: channel, Checks: gorillaChecks, Module: "github.com/gorilla/websocket",
		Deflate: []server.Deflate{server.NoTakeover}, New: gorilla.Shown},
	{Name: "coder", Shape: batches, Checks: coderChecks,
		Module: "github.com/coder/websocket", Deflate: both, New: coder.Shaped},
	{Name: "coder-shown", Shown: true, Shape: channel, Checks: coderChecks,
		Module: "github.com/coder/websocket", Deflate: both, New: coder.Shown},
	{Name: "gws", Shape: batches, Checks: gwsChecks,
		Module: "github.com/lxzan/gws", Deflate: both, New: gws.Shaped},
	{Name: "gws-shown", Shown: true, Shape: channel, Checks: gwsChecks,
		Module: "github.com/lxzan/gws", Deflate: both, New: gws.Shown},
	{Name: "gobwas", Shape: batches, Checks: bareChecks, Module: "github.com/gobwas/ws",
		Deflate: []server.Deflate{server.NoTakeover}, New: gobwas.Shaped},
	{Name: "gobwas-shown", Shown: true, Shape: channel,
		Checks: "frames, fragments, UTF-8; no limit set; counts nothing",
		Module: "github.com/gobwas/ws", New: gobwas.Shown},

	{Name: "engine", Shape: "default options, a handler in Go", Checks: ourChecks, Ours: true,
		Deflate: both, New: tidewire.Engine},

	{Name: "gobwas-gopherlua", Shape: "gobwas, each message a call of gopher-lua", Checks: bareChecks,
		Module: "github.com/yuin/gopher-lua", Lua: true, New: around(luavm.NewGopherLua)},
	{Name: "gobwas-lua", Shape: "gobwas, each message a call of our VM", Checks: bareChecks,
		Module: "github.com/gobwas/ws", Lua: true, New: around(luavm.NewOurs)},
	{Name: "engine-gopherlua", Shape: module, Checks: ourChecks, Module: "github.com/yuin/gopher-lua",
		Lua: true, Ours: true, Deflate: []server.Deflate{server.Takeover}, New: tidewire.GopherLua},
	{Name: "engine-lua", Shape: module, Checks: ourChecks, Lua: true, Ours: true,
		Deflate: []server.Deflate{server.Takeover}, New: tidewire.Lua},

	{Name: "runner", Shape: "our runner with a collector in Lua", Checks: ourChecks, Script: true, Ours: true},
	{Name: "node", Shape: "Node and ws, without bufferutil, with a collector in JavaScript",
		Checks: scriptChecks, Script: true},
	{Name: "node-bufferutil", Shape: "Node and ws, with bufferutil, which masks in C, with a collector in JavaScript",
		Checks: scriptChecks, Script: true},
	{Name: "luajit", Shape: "LuaJIT and lua-http, with a collector in Lua",
		Checks: "frames, fragments, UTF-8; no limit of messages", Script: true},
	{Name: "python", Shape: "Python and websockets with a collector", Checks: scriptChecks, Script: true},
}

var both = []server.Deflate{server.NoTakeover, server.Takeover}

func around(make luavm.Make) func(client.Options) (client.Client, error) {
	return func(o client.Options) (client.Client, error) {
		c, err := gobwas.Loop(o)
		if err != nil {
			return nil, err
		}
		return luavm.Around(c, o.Task, make)
	}
}

// Can reports whether a contestant knows a way to compress.
func (c Contestant) Can(d server.Deflate) bool {
	return d == server.Plain || slices.Contains(c.Deflate, d)
}

// Named returns the contestants with these names, separated by commas; all for none.
func Named(names string) ([]Contestant, error) {
	return named.Of("contestant", List, func(c Contestant) string { return c.Name }, names)
}
