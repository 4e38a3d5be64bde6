package ws

import (
	"errors"

	"github.com/tidewire/tidewire/engine"
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
	if m.class, err = m.s.NewTable(0, 2); err != nil {
		return err
	}
	m.s.Ref(m.class.Value())
	methods, err := m.s.NewTable(0, 2)
	if err != nil {
		return err
	}
	if err := m.s.SetFuncs(methods,
		lua.Func{Name: "send", Call: m.keptSend},
		lua.Func{Name: "close", Call: m.keptClose},
	); err != nil {
		return err
	}
	index := m.s.NewFunction("", func(c *lua.Call) error {
		if key, _ := c.Arg(2).AsString(); key == "id" {
			k := keptAt(c)
			if c.Err() != nil || k.number == 0 {
				return c.Return(lua.Nil)
			}
			return c.Return(lua.Number(k.number))
		}
		return c.Return(methods.Get(c.Arg(2)))
	})
	m.s.Ref(methods.Value())
	if err := m.class.SetString("__index", index); err != nil {
		return err
	}
	label, err := m.s.String(keptType)
	if err != nil {
		return err
	}
	return m.class.SetString("__metatable", label)
}

func keptAt(c *lua.Call) *keeper { return lua.UserdataAs[*keeper](c, 1, keptType) }

// keep is keep(url, callbacks [, options]).
func (m *Module) keep(c *lua.Call) error {
	k := &keeper{m: m, caller: gate.Caller(m.s)}
	asks := c.Arg(1).IsFunction()
	if !asks {
		k.url = c.String(1)
	}
	callbacks, table := c.Table(2), c.OptTable(3)
	if err := c.Err(); err != nil {
		return err
	}
	options, err := wsapi.ReadKeepOptions(luavalue.Table(m.s, table))
	if err != nil {
		return raised(c, err)
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
	k, data, kind := keptAt(c), c.String(2), engine.DefaultKind
	if err := c.Err(); err != nil {
		return err
	}
	if !c.Arg(3).IsNil() {
		word := c.String(3)
		if err := c.Err(); err != nil {
			return err
		}
		var err error
		if kind, err = wsapi.ParseKind(word); err != nil {
			return raised(c, err)
		}
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
		return raised(c, err)
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
		return raised(c, err)
	}
	return c.Return()
}

// raised makes an error about an argument one of Lua's.
func raised(c *lua.Call, err error) error {
	var bad *wsapi.ArgumentError
	if errors.As(err, &bad) {
		return c.ArgError(bad.Argument, bad.Problem)
	}
	return err
}
