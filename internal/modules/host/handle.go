package host

import (
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/lua"
)

// handle is a handler or a timer, as the userdata that the script gets holds it. The zero
// value is one that is never called.
type handle struct {
	module *module
	number loop.Handle
	where  string
	once   bool
	f      *lua.Ref // nil after the last call
}

// handleBytes is the charge for a handle while the loop has it: the handle itself, its
// reference, and the loop's data.
const handleBytes = 256

func (m *module) newHandle(where string, f lua.Value) (*handle, error) {
	if err := m.s.Reserve(handleBytes); err != nil {
		return nil, err
	}
	return &handle{module: m, where: where, f: m.s.Ref(f)}, nil
}

// call calls the function, on the loop's goroutine.
func (h *handle) call() {
	f, opts := h.f.Value(), h.module.opts
	if h.once {
		h.release() // the call itself keeps the function
	}
	if err := opts.Call(h.where, f); err != nil {
		opts.Errors.Report(h.where, err)
	}
}

// cancel takes the handler or timer out of the loop. Later calls do nothing.
func (h *handle) cancel() {
	if h.f != nil {
		h.module.loop.Unregister(h.number)
		h.release()
	}
}

func (h *handle) release() {
	h.module.s.Unreserve(handleBytes)
	h.f.Release()
	h.f = nil
}

// unregister is host.Unregister(handle).
func (m *module) unregister(c *lua.Call) error {
	h := lua.UserdataAs[*handle](c, 1, "handle")
	if err := c.Err(); err != nil {
		return err
	}
	h.cancel()
	return c.Return()
}
