// Package luavm runs the App of the bench as a Lua script, on our VM and on gopher-lua,
// and plays it around a client without a websocket module.
package luavm

import (
	_ "embed"

	"github.com/tidewire/tidewire/bench/ws/client"
)

//go:embed app.lua
var source []byte

const chunkName = "@app.lua"

// A VM is one Lua state with the App in it. An ID is that of a connection for Lua: its
// number and 1.
type VM interface {
	// Again prepares the App for another Play.
	Again(target int, verify bool) error

	// Begin sends the first bursts.
	Begin(id int) error

	// Receive calls the script's onMessage.
	Receive(id int, data []byte) error

	// Connect calls the websocket module's Connect with the App's callbacks.
	Connect(url string, options map[string]bool) error

	// Played returns the script's counts since Again.
	Played() (messages int, bytes int64, err error)
}

// State is the part of an App that both VMs share.
type State struct {
	Task   *client.Task
	Opened int  // connections
	Enough bool // the script has counted enough
}

// Again prepares the script for a Play of its Task.
func (s *State) Again(vm VM) error {
	s.Enough = false
	return vm.Again(s.Task.Target, s.Task.Verify)
}

// Finish puts the script's counts into its Task.
func (s *State) Finish(vm VM) error {
	messages, bytes, err := vm.Played()
	s.Task.Played(messages, bytes)
	return err
}

// A SendFunc sends for a VM without the websocket module.
type SendFunc func(id int, data string)

// Make makes a VM. send may be nil, if the websocket module is opened later.
type Make func(state *State, send SendFunc) (VM, error)

// A runner is a client whose messages an App gets, such as client.Loop.
type runner interface {
	client.Client
	Run(app client.App) error
}

// bare plays the script around a client, without a module: a function call for each
// message.
type bare struct {
	runner
	vm     VM
	state  State
	sender client.Sender
	text   []byte // the message that is being sent
	err    error
}

// Around puts a script around a client.
func Around(r runner, t *client.Task, make Make) (client.Client, error) {
	b := &bare{runner: r, state: State{Task: t}}
	var err error
	b.vm, err = make(&b.state, b.send)
	return b, err
}

func (b *bare) send(id int, data string) {
	b.text = append(b.text[:0], data...)
	b.sender.Send(id-1, b.text)
}

func (b *bare) Play(t *client.Task) error {
	if err := b.state.Again(b.vm); err != nil {
		return err
	}
	if err := b.Run(b); err != nil {
		return err
	}
	if b.err != nil {
		return b.err
	}
	return b.state.Finish(b.vm)
}

func (b *bare) Begin(s client.Sender) {
	b.sender = s
	b.err = b.vm.Begin(1)
}

func (b *bare) Received(_ client.Sender, connection int, data []byte) (more bool) {
	if err := b.vm.Receive(connection+1, data); err != nil {
		b.err = err
	}
	return !b.state.Enough && b.err == nil
}
