// Package handle is the one kind of handle that scripts get, for everything that is
// called later and can be taken back: handlers, timers, requests.
package handle

import "github.com/tidewire/tidewire/lua"

// Handle is the Go value of a handle. Its methods are called on the goroutine that owns
// the state, as often as the script likes.
type Handle interface {
	// Cancel is host.Unregister: nothing is called from now on. A handle that is ended
	// stays as it is.
	Cancel()

	// Unref is host.Unref: from now on it does not keep the run alive. A handle that never
	// did, or that cannot do without, stays as it is.
	Unref()
}

// New returns the handle as the script gets it: a userdata that can be compared, and no
// more.
func New(s *lua.State, h Handle) lua.Value { return s.NewUserdata(h, nil) }

// Ended is a handle of something that is never called.
type Ended struct{}

// Cancel implements Handle.
func (*Ended) Cancel() {}

// Unref implements Handle.
func (*Ended) Unref() {}

// At returns argument n, which must be a handle.
func At(c *lua.Call, n int) Handle { return lua.UserdataAs[Handle](c, n, "handle") }
