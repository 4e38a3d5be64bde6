// Package wscontract has the rules of the websocket module that a script may rely on, as
// tests that each door into the engine runs over its own VM. They look from the script's
// side: a script prints the things that it sees. Each printed line, each logged line and
// each error of a callback is compared with the expected one.
//
// A test over a fake engine judges the door; one over the real engine and a peer that the
// test plays, in fake time, judges a script's view of a connection; and Lua files run
// over real sockets.
package wscontract

import (
	"log/slog"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/permission"
)

// A Door is a Lua state of some VM with the module in it, and the basic functions,
// coroutines, strings and tables of Lua 5.1. It belongs to the test's goroutine.
type Door interface {
	// Run runs a chunk with arguments. name is a file's, such as "bot.lua". The error has
	// the script's words.
	Run(name, source string, args ...string) error

	// Pump is the module's. Where that raises, the error has the words.
	Pump(budget engine.Budget) (events int, err error)

	// Held returns how many connections the module holds, and how many misspelt callback
	// tables it remembers.
	Held() (connections, misspelt int)

	// Collect has the garbage of the VM collected, and that of Go.
	Collect()

	// Close ends the state. It may be called twice.
	Close()
}

// A Setup has the parts that a door gets for its state.
type Setup struct {
	Engine wsapi.Engine
	Logger *slog.Logger
	Errors wsapi.Reporter
	Limits permission.Limits

	// Print receives the lines that the script's print writes.
	Print func(line string)

	// Collected is called, from any goroutine, after an object that the script's
	// token(name) has returned was collected.
	Collected func(name string)
}

// A Kind says how to make doors of one kind, and has the error text that is its VM's own.
type Kind struct {
	// Open makes a door whose scripts also have the globals
	//
	//	pump()       calls Pump without a budget, returns how many events it took, and raises its error as a Go
	//	             function does
	//	token(name)  returns an object for Setup.Collected
	Open func(tb testing.TB, setup Setup) Door

	// YieldError is the error of a callback that yields.
	YieldError string
}

// A rule is one thing that a script may rely on.
type rule struct {
	name string
	test func(r *rig)
}

// Test holds a kind of door to the contract.
func Test(t *testing.T, kind Kind) {
	for _, group := range []struct {
		name  string
		rules []rule
	}{
		{"calls", calls},
		{"options", options},
		{"limits", limits},
		{"callbacks", callbacks},
		{"events", events},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, rule := range group.rules {
				t.Run(rule.name, func(t *testing.T) {
					r := newRig(t, kind)
					rule.test(r)
					r.wantNothingMore()
				})
			}
		})
	}
	t.Run("peers", func(t *testing.T) { testPeers(t, kind) })
	t.Run("scripts", func(t *testing.T) { testScripts(t, kind) })
}
