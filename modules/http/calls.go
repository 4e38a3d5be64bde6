package http

import (
	"errors"

	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/internal/modules/handle"
	"github.com/tidewire/tidewire/internal/modules/luavalue"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/modules/task"
)

// request is request(table [, onDone]).
func (m *Module) request(c *lua.Call) error {
	table, onDone := c.Table(1), callback(c, 2)
	if err := c.Err(); err != nil {
		return err
	}
	request, err := wsapi.ReadRequest(luavalue.Table(m.state, table), m.opts.Limits, m.client.Defaults())
	if err != nil {
		return raised(c, 1, err)
	}
	return m.start(c, "request", request, onDone)
}

// get is get(url [, options] [, onDone]).
func (m *Module) get(c *lua.Call) error {
	url := c.String(1)
	return m.fetch(c, "get", 2, func(r *httpclient.Request) { r.Method, r.URL = "GET", url })
}

// post is post(url, body [, options] [, onDone]).
func (m *Module) post(c *lua.Call) error {
	url, body := c.String(1), c.String(2)
	return m.fetch(c, "post", 3, func(r *httpclient.Request) {
		r.Method, r.URL, r.Body, r.NoBody = "POST", url, body, false
	})
}

// fetch is the rest of get and post: the options are argument n, if they are there.
func (m *Module) fetch(c *lua.Call, name string, n int, fill func(r *httpclient.Request)) error {
	var options *lua.Table
	var onDone lua.Value
	if c.Count() == n && c.Arg(n).IsFunction() {
		onDone = c.Arg(n)
	} else {
		options, onDone = c.OptTable(n), callback(c, n+1)
	}
	if err := c.Err(); err != nil {
		return err
	}
	request, err := wsapi.ReadRequestOptions(luavalue.Table(m.state, options), m.opts.Limits, m.client.Defaults())
	if err != nil {
		return raised(c, n, err)
	}
	fill(&request)
	return m.start(c, name, request, onDone)
}

// callback returns argument n, a function or nil.
func callback(c *lua.Call, n int) lua.Value {
	if c.Arg(n).IsNil() {
		return lua.Nil
	}
	return c.Function(n)
}

// raised makes an error about the values of a table one about argument n.
func raised(c *lua.Call, n int, err error) error {
	var bad *wsapi.OptionError
	if errors.As(err, &bad) {
		return c.ArgError(n, bad.Error())
	}
	return err // a metamethod's own, or one that the VM gives its position
}

// start makes a request.
func (m *Module) start(c *lua.Call, name string, request httpclient.Request, onDone lua.Value) error {
	request.Caller = gate.Caller(m.state)
	if onDone.IsNil() {
		return m.await(c, name, request)
	}
	p, err := m.newPending(onDone)
	if err != nil {
		return err
	}
	request.Data = p
	p.exchange = m.client.Start(request)
	return c.Return(handle.New(m.state, p))
}

// await makes a request whose results the call returns, when the task goes on.
func (m *Module) await(c *lua.Call, name string, request httpclient.Request) error {
	if m.opts.Tasks == nil {
		return c.Errorf("'%s' waits: call it inside tide.task.go", name)
	}
	p := &pending{module: m}
	request.Data = p
	return m.opts.Tasks.Await(c, task.Waiting{Name: name}, func(w *task.Wait) {
		p.wait = w
		p.exchange = m.client.Start(request)
		w.OnGiveUp(func() { m.client.Cancel(p.exchange) })
	}, func(c *lua.Call) error {
		values, err := m.values(p.result)
		p.result.Release()
		if err != nil {
			return err
		}
		return c.Return(values...)
	})
}
