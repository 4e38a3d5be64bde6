package http

import (
	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/modules/task"
)

// pending is a request whose result a callback or a task is to get. The script's handle of
// one with a callback holds it, too: it implements handle.Handle.
type pending struct {
	module   *Module
	exchange *httpclient.Exchange

	onDone *lua.Ref // nil after the end, and for a task

	wait   *task.Wait // nil for a callback
	result *httpclient.Result
}

// pendingBytes is the charge to the state for a request until it ends. It includes the
// memory of one that fails at once, and so is not charged to the account: nothing else
// bounds how many of these a callback makes.
const pendingBytes = 1 << 10

func (m *Module) newPending(onDone lua.Value) (*pending, error) {
	if err := m.state.Reserve(pendingBytes); err != nil {
		return nil, err
	}
	return &pending{module: m, onDone: m.state.Ref(onDone)}, nil
}

// settle calls onDone with the result of the request, or has the task go on with it.
func (p *pending) settle(result *httpclient.Result) {
	if p.wait != nil {
		p.result = result
		p.wait.Settle()
		return
	}
	m := p.module
	onDone := p.onDone.Value()
	p.release()
	values, err := m.values(result)
	result.Release()
	if err == nil {
		err = m.opts.Call("onDone", onDone, values...)
	}
	if err != nil {
		m.opts.Errors.Report("onDone", err)
	}
}

// Cancel ends the request, and onDone is not called. It does nothing after the end.
func (p *pending) Cancel() {
	if p.onDone != nil {
		p.module.client.Cancel(p.exchange)
		p.release()
	}
}

// Unref does nothing: a request ends by itself, in time, and until then keeps the run
// alive.
func (p *pending) Unref() {}

func (p *pending) release() {
	p.module.state.Unreserve(pendingBytes)
	p.onDone.Release()
	p.onDone = nil
}

// Cancel cancels the request whose handle a script was given, as host.Unregister does, and
// reports whether the value is a handle of tide.http. It is for programs whose scripts have
// no host.
func Cancel(v lua.Value) bool {
	u, isUserdata := v.AsUserdata()
	if !isUserdata {
		return false
	}
	p, isPending := u.Data().(*pending)
	if isPending {
		p.Cancel()
	}
	return isPending
}
