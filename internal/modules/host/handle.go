package host

import (
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/internal/modules/handle"
	"github.com/tidewire/tidewire/lua"
)

// entry is a handler or a timer: the handle that the script gets for it.
type entry struct {
	module *module
	number loop.Handle
	where  string
	once   bool
	f      *lua.Ref // nil after the last call
}

// entryBytes is the charge for an entry while the loop has it: the entry itself, its
// reference, and the loop's data.
const entryBytes = 256

func (m *module) newEntry(where string, f lua.Value) (*entry, error) {
	if err := m.s.Reserve(entryBytes); err != nil {
		return nil, err
	}
	return &entry{module: m, where: where, f: m.s.Ref(f)}, nil
}

// call calls the function, on the loop's goroutine.
func (e *entry) call() {
	f, opts := e.f.Value(), e.module.opts
	if e.once {
		e.release() // the call itself keeps the function
	}
	if err := opts.Call(e.where, f); err != nil {
		opts.Errors.Report(e.where, err)
	}
}

// Cancel takes the handler or timer out of the loop. Later calls do nothing.
func (e *entry) Cancel() {
	if e.f != nil {
		e.module.loop.Unregister(e.number)
		e.release()
	}
}

// Unref makes a timer one that does not keep the loop alive. Handlers stay as they are: a
// shutdown handler does not, and onUpdate would stop without a frame.
func (e *entry) Unref() {
	if e.f != nil {
		e.module.loop.Unref(e.number)
	}
}

func (e *entry) release() {
	e.module.s.Unreserve(entryBytes)
	e.f.Release()
	e.f = nil
}

// unregister is host.Unregister(handle).
func (m *module) unregister(c *lua.Call) error {
	h := handle.At(c, 1)
	if err := c.Err(); err != nil {
		return err
	}
	h.Cancel()
	return c.Return()
}

// unref is host.Unref(handle).
func (m *module) unref(c *lua.Call) error {
	h := handle.At(c, 1)
	if err := c.Err(); err != nil {
		return err
	}
	h.Unref()
	return c.Return()
}
