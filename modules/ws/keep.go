package ws

import (
	"errors"

	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/internal/modules/luavalue"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/lua"
)

// The callbacks of a kept socket.
const (
	onOpen    = "onOpen"
	onMessage = "onMessage"
	onDown    = "onDown"
	onEnd     = "onEnd"
)

var keptCallbacks = []string{onOpen, onMessage, onDown, onEnd}

// keptType is the name of the userdata in errors.
const keptType = "kept socket"

// keptBytes is the charge for a kept socket: itself, its options, references and timer.
const keptBytes = 2048

// openKept makes the metatable of kept sockets.
func (m *Module) openKept() error {
	var err error
	m.class, err = m.newClass(keptType, func(c *lua.Call, key string) (lua.Value, bool) {
		if key != "id" {
			return lua.Nil, false
		}
		k := keptAt(c)
		if c.Err() != nil || k.number == 0 {
			return lua.Nil, true
		}
		return lua.Number(k.number), true
	}, lua.Func{Name: "send", Call: m.keptSend}, lua.Func{Name: "close", Call: m.keptClose})
	return err
}

func keptAt(c *lua.Call) *keeper { return lua.Receiver[*keeper](c, keptType) }

// keep is keep(url, callbacks [, options]).
func (m *Module) keep(c *lua.Call) error {
	k := &keeper{m: m, caller: gate.Caller(m.s)}
	asks := c.Arg(1).IsFunction() && m.opts.Tasks != nil
	if !asks {
		k.url = c.String(1)
	}
	callbacks, table := c.Table(2), c.OptTable(3)
	if err := c.Err(); err != nil {
		return err
	}
	options, err := wsapi.ReadKeepOptions(luavalue.Table(m.s, table), m.opts.Sockets.Limits(), m.opts.Engine.Defaults())
	if err != nil {
		return luavalue.Raised(c, err)
	}
	if options.AsksHead && m.opts.Tasks == nil {
		return c.ArgError(3, "field 'headers': table expected, got function")
	}
	k.opts = options
	k.opts.Connect.Caller, k.opts.Connect.FieldName = k.caller, wsapi.OptionName
	k.queue = queue{limit: options.Queue, oldest: options.Oldest, memory: m.opts.Memory.Share()}
	warning, err := wsapi.LookAlikes(luavalue.Table(m.s, callbacks), keptCallbacks)
	if err != nil {
		return err
	}
	if asks {
		k.asksURL = c.Arg(1)
	}
	for _, option := range []struct {
		name string
		is   bool
		into *lua.Value
	}{{"headers", options.AsksHead, &k.asksHead}, {"retry", options.AsksRetry, &k.asksRetry}} {
		if option.is {
			if *option.into, err = m.s.Field(table.Value(), option.name); err != nil {
				return err
			}
		}
	}
	if err := m.s.Reserve(keptBytes); err != nil {
		return err
	}
	if warning != "" {
		m.opts.Logger.Warn(warning, "caller", k.caller)
	}
	k.callbacks = callbacks
	k.self = m.s.NewUserdata(k, m.class)
	self := k.self
	k.begin()
	return c.Return(self)
}

// keptSend is k:send(data [, kind]).
func (m *Module) keptSend(c *lua.Call) error {
	k, data := keptAt(c), c.String(2)
	kind, err := luavalue.Kind(c, 3)
	if err != nil {
		return err
	}
	dropped, err := k.send(kind, data)
	var no refusal
	switch {
	case errors.As(err, &no):
		word, err := m.s.String(string(no))
		if err != nil {
			return err
		}
		return c.Return(lua.Nil, word)
	case err != nil:
		return luavalue.Raised(c, err)
	case k.queue.oldest:
		return c.Return(lua.True, lua.Int(dropped))
	}
	return c.Return(lua.True)
}

// keptClose is k:close([code [, reason]]).
func (m *Module) keptClose(c *lua.Call) error {
	k, code, reason := keptAt(c), c.OptNumber(2, wsapi.DefaultCloseCode), c.OptString(3, "")
	if err := c.Err(); err != nil {
		return err
	}
	if err := k.close(code, reason); err != nil {
		return luavalue.Raised(c, err)
	}
	return c.Return()
}
