package ws

import (
	"math"

	"github.com/tidewire/tidewire/internal/modules/handle"
	"github.com/tidewire/tidewire/lua"
)

// drainBytes is the charge for an onDrain that waits.
const drainBytes = 256

// buffered is buffered(id).
func (m *Module) buffered(c *lua.Call) error {
	id := c.Number(1)
	if err := c.Err(); err != nil {
		return err
	}
	messages, bytes := m.opts.Sockets.Buffered(id)
	return c.Return(lua.Number(float64(bytes)), lua.Number(float64(messages)))
}

// onDrain is onDrain(id, bytes, f).
func (m *Module) onDrain(c *lua.Call) error {
	id, bytes, f := c.Number(1), c.Number(2), c.Function(3)
	if err := c.Err(); err != nil {
		return err
	}
	if !(bytes >= 0) {
		return c.ArgError(2, "number from 0 on expected")
	}
	if err := m.s.Reserve(drainBytes); err != nil {
		return err
	}
	d := &drain{m: m, f: m.s.Ref(f)}
	cancel, live := m.opts.Sockets.OnDrain(id, int64(min(bytes, math.MaxInt64/2)), d.call)
	if d.cancel = cancel; !live {
		m.later(func() { d.call(false) })
	}
	return c.Return(handle.New(m.s, d))
}

// drain is an onDrain that waits: the handle that the script gets for it.
type drain struct {
	m      *Module
	f      *lua.Ref // nil after the call
	cancel func()
}

func (d *drain) call(drained bool) {
	if d.f != nil {
		f := d.f.Value()
		d.release()
		d.m.report("onDrain", d.m.run("onDrain", f, lua.Bool(drained)))
	}
}

// Cancel implements handle.Handle.
func (d *drain) Cancel() {
	if d.f != nil {
		d.cancel()
		d.release()
	}
}

// Unref implements handle.Handle. It is the connection that keeps the run alive.
func (d *drain) Unref() {}

func (d *drain) release() {
	d.m.s.Unreserve(drainBytes)
	d.f.Release()
	d.f = nil
}
