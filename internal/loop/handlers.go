package loop

import (
	"cmp"
	"slices"
	"time"
)

// Event is something that a handler can be registered for.
type Event string

// The events. A handler for any other is never called.
const (
	Update   Event = "onUpdate" // once a frame; keeps the loop alive
	Shutdown Event = "shutdown" // once, when the loop ends; does not keep it alive
)

// Known reports whether handlers for the event are ever called.
func (e Event) Known() bool { return e == Update || e == Shutdown }

// Register makes f a handler for event; handlers are called in order of registration.
// Registered twice, f is called twice. One registered while the event's handlers run is
// called from the next time on, which for Shutdown does not come. The handle of an
// unknown event names nothing.
func (l *Loop) Register(event Event, f func()) Handle {
	l.lastHandle++
	switch event {
	case Update:
		if l.updates.len() == 0 {
			l.frames.skipTo(time.Now())
		}
		l.updates.add(l.lastHandle, f)
	case Shutdown:
		l.shutdowns.add(l.lastHandle, f)
	}
	return l.lastHandle
}

// Unregister removes a handler or cancels a timer. It is not called from then on.
// Unregister does nothing if there is none of that handle.
func (l *Loop) Unregister(handle Handle) {
	l.updates.remove(handle)
	l.shutdowns.remove(handle)
	l.timers.remove(handle)
}

// Unref makes a timer one that does not keep the loop alive. For any other handle Unref
// does nothing.
func (l *Loop) Unref(handle Handle) { l.timers.unref(handle) }

// handlers are the handlers of one event in order of registration.
type handlers struct{ list []*handler }

type handler struct {
	handle  Handle
	f       func()
	removed bool
}

func (hs *handlers) len() int { return len(hs.list) }

func (hs *handlers) add(handle Handle, f func()) {
	hs.list = append(hs.list, &handler{handle: handle, f: f})
}

// remove leaves the slice that run may be walking as it is.
func (hs *handlers) remove(handle Handle) {
	at, found := slices.BinarySearchFunc(hs.list, handle, func(x *handler, handle Handle) int {
		return cmp.Compare(x.handle, handle)
	})
	if found {
		hs.list[at].removed = true
		hs.list = slices.Concat(hs.list[:at], hs.list[at+1:])
	}
}

// run calls the handlers that are registered now, until stop says so.
func (hs *handlers) run(stop func() bool) {
	for _, x := range hs.list {
		if stop() {
			return
		}
		if !x.removed {
			x.f()
		}
	}
}
