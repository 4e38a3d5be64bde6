// Package lualib sets up a gopher-lua state for a host: stacks large enough for real scripts, calls that can be
// interrupted, errors with tracebacks, and a standard output that the host owns. It knows no sockets.
package lualib

import lua "github.com/yuin/gopher-lua"

// NewState returns a state with the standard libraries, whose calls through Call can be interrupted and whose standard
// output is stdout. The state belongs to one goroutine at a time; close it when done.
func NewState(stdout *Stdout) *lua.LState {
	// The VM's own sizes end at a recursion of 256. These, found by trial, reach 15,000 and more, and cost a small
	// script 64 KiB.
	L := lua.NewState(lua.Options{
		CallStackSize:       20_000,
		MinimizeStackMemory: true,
		RegistrySize:        4096,
		RegistryMaxSize:     1 << 20,
		RegistryGrowStep:    4096,
	})
	stdout.open(L)
	shareInterrupt(L)
	openJSON(L)
	L.SetContext(newInterrupt())
	return L
}
