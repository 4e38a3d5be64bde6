package ws

import (
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/internal/modules/luavalue"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/modules/task"
)

const (
	socketType  = "socket"
	socketBytes = 1024 // the charge for a socket until its end

	// row is how many messages a task gets or sends without a wait, so that a fast peer
	// does not hold up the others.
	row = 64
)

// socket is a connection for tasks, and the engine.Handler for it. It is paused while no
// task waits for a message: those that arrive stay in the engine's inbox, which holds the
// peer back when it is full. When the connection has ended they come here, so that its end
// can be told.
type socket struct {
	m      *Module
	opts   wsapi.OpenOptions
	number float64
	id     engine.ID
	self   *lua.Ref // until the end

	info     lua.Value // of the opening, then of the end
	end      *engine.End
	closed   bool       // s:close was called
	over     bool       // the connection has ended: nothing holds its messages back
	opening  *task.Wait // until it is open
	receiver *task.Wait // the task that receives
	senders  []*task.Wait
	got      []received // for the receiver; after the end all that is left
	bytes    int64      // what got counts
	memory   memory.Share
	inRow    int
}

type received struct {
	data   string
	binary bool
}

// Mark implements lua.Marker.
func (s *socket) Mark(mark func(lua.Value)) { mark(s.info) }

// Opened implements engine.Handler.
func (s *socket) Opened(_ engine.ID, info *engine.Info) {
	s.m.opts.Engine.Pause(s.id)
	s.setInfo(wsapi.OpenInfo(s.number, info))
	s.opening.Settle()
}

// Received implements engine.Handler.
func (s *socket) Received(_ engine.ID, data []byte, kind engine.Kind) {
	s.got = append(s.got, received{string(data), kind == engine.Binary})
	s.count(int64(len(data)) + messageOverhead)
	if s.receiver != nil && !s.receiver.Settled() {
		s.pause()
		s.receiver.Settle()
	}
}

// Drained implements engine.Handler: only the end is told. The messages that wait before
// it come here.
func (s *socket) Drained(engine.ID, bool) {
	s.over = true
	s.m.opts.Engine.Resume(s.id)
}

// pause holds further messages back, until the connection has ended.
func (s *socket) pause() {
	if !s.over {
		s.m.opts.Engine.Pause(s.id)
	}
}

// Ended implements engine.Handler.
func (s *socket) Ended(_ engine.ID, end *engine.End) {
	s.end = end
	s.memory.Set(0)
	s.m.report("messages", s.m.s.Charge(s.bytes)) // until the next walk counts them
	s.setInfo(wsapi.EndInfo(s.number, end))
	s.opening.Settle()
	if s.receiver != nil {
		s.receiver.Settle()
	}
	s.wakeSenders()
	if s.closed {
		s.drop()
	}
	s.self.Release()
	s.m.s.Unreserve(socketBytes)
}

func (s *socket) setInfo(fields wsapi.Fields) {
	info, err := luavalue.Make(s.m.s, fields)
	s.m.report("info", err)
	s.info = info
	if u := s.self.Value(); !u.IsNil() {
		s.m.s.Ref(info).Release() // a walk under way has seen the socket without it
	}
}

// count counts bytes that have come to got, or have left it. Until the end they are the
// network's; afterwards they go with the socket, which Size says.
func (s *socket) count(bytes int64) {
	s.bytes += bytes
	if s.end == nil {
		s.memory.Set(s.bytes)
	}
}

// Size implements lua.Sized.
func (s *socket) Size() int {
	if s.end == nil {
		return 0
	}
	return int(s.bytes)
}

func (s *socket) drop() {
	s.got = nil
	s.count(-s.bytes)
}

// open is open(url [, options]).
func (m *Module) open(c *lua.Call) error {
	if m.opts.Tasks == nil {
		return c.Errorf("'open' waits: call it inside tide.task.go")
	}
	url, table := c.String(1), c.OptTable(2)
	if err := c.Err(); err != nil {
		return err
	}
	options, err := wsapi.ReadOpenOptions(luavalue.Table(m.s, table), m.opts.Sockets.Limits(), m.opts.Engine.Defaults())
	if err != nil {
		return luavalue.Raised(c, err)
	}
	s := &socket{m: m, opts: options, memory: m.opts.Memory.Share()}
	s.opts.Connect.Caller, s.opts.Connect.FieldName = gate.Caller(m.s), wsapi.OptionName
	var u lua.Value
	var refused error
	return m.opts.Tasks.Await(c, task.Waiting{Name: "open"}, func(w *task.Wait) {
		s.opening = w
		if refused = m.s.Reserve(socketBytes); refused != nil {
			w.Settle()
			return
		}
		s.number, s.id, refused = m.opts.Sockets.Connect(url, s.opts.Connect, s)
		if refused != nil {
			m.s.Unreserve(socketBytes)
			w.Settle()
			return
		}
		u = m.s.NewUserdata(s, m.sockets)
		s.self = m.s.Ref(u)
		w.OnGiveUp(func() {
			s.closed = true
			_ = m.opts.Sockets.CloseID(s.number, closeNormal, "") // the code is a good one
		})
	}, func(c *lua.Call) error {
		switch {
		case refused != nil:
			return m.refuse(c, refused.Error(), lua.Nil)
		case s.end == nil:
			return c.Return(s.self.Value())
		case s.end.Failed:
			return m.refuse(c, s.end.Message, s.info)
		case !s.end.Clean:
			return m.refuse(c, "closed", s.info)
		}
		return c.Return(u) // it has opened, and ended since
	})
}

// refuse returns nil, message and info.
func (m *Module) refuse(c *lua.Call, message string, info lua.Value) error {
	text, err := m.s.String(message)
	if err != nil {
		return err
	}
	return c.Return(lua.Nil, text, info)
}

func socketAt(c *lua.Call) *socket { return lua.Receiver[*socket](c, socketType) }

// socketReceive is s:receive([seconds]).
func (m *Module) socketReceive(c *lua.Call) error {
	s := socketAt(c)
	d, limited := task.Seconds(c, 2)
	if err := c.Err(); err != nil {
		return err
	}
	return m.receive(c, s, "receive", d, limited, func(c *lua.Call) error { return m.refuse(c, string(closed), s.info) })
}

// socketMessages is s:messages().
func (m *Module) socketMessages(c *lua.Call) error {
	s := socketAt(c)
	if err := c.Err(); err != nil {
		return err
	}
	return c.Return(m.s.NewFunction("messages", func(c *lua.Call) error {
		return m.receive(c, s, "messages", 0, false, func(c *lua.Call) error { return c.Return(lua.Nil) })
	}), c.Arg(1))
}

// receive waits for the next message; ended makes the results after the last one.
func (m *Module) receive(
	c *lua.Call, s *socket, name string, d time.Duration, limited bool, ended func(c *lua.Call) error,
) error {
	if s.receiver != nil && !s.receiver.Settled() {
		return c.Errorf("another task receives from this socket already")
	}
	var w *task.Wait
	return m.opts.Tasks.Await(c, task.Waiting{Name: name, InEnding: true}, func(begun *task.Wait) {
		w, s.receiver = begun, begun
		if len(s.got) > 0 || s.end != nil {
			w.Settle()
			return
		}
		if s.inRow++; (limited && d == 0 || s.inRow < row) && m.opts.Engine.Take(s.id, s) {
			return // Received has settled it
		}
		s.inRow = 0
		w.OnGiveUp(func() {
			s.receiver = nil
			s.pause()
		})
		m.opts.Engine.Resume(s.id)
		if limited {
			w.Timeout(d)
		}
	}, func(c *lua.Call) error {
		if s.receiver == w {
			s.receiver = nil
		}
		if w.TimedOut() {
			text, err := m.s.String("timeout")
			if err != nil {
				return err
			}
			return c.Return(lua.Nil, text)
		}
		if len(s.got) == 0 {
			return ended(c)
		}
		first := s.got[0]
		data, err := m.s.String(first.data)
		if err != nil {
			return err
		}
		s.got[0] = received{}
		s.got = s.got[1:]
		s.count(-int64(len(first.data)) - messageOverhead)
		return c.Return(data, lua.Bool(first.binary))
	})
}

// socketSend is s:send(data [, kind]).
func (m *Module) socketSend(c *lua.Call) error {
	s, data := socketAt(c), c.String(2)
	kind, err := luavalue.Kind(c, 3)
	if err != nil {
		return err
	}
	if kind == engine.DefaultKind {
		kind = s.opts.Connect.Kind
	}
	if kind == engine.Text && !utf8.ValidString(data) {
		return c.ArgError(2, engine.ErrInvalidUTF8.Error())
	}
	sent := false
	return m.opts.Tasks.Await(c, task.Waiting{Name: "send", InEnding: true}, func(w *task.Wait) {
		if s.offer(w, kind, data, &sent); !w.Settled() {
			s.wait(w)
		}
	}, func(c *lua.Call) error {
		if sent {
			return c.Return(lua.True)
		}
		return m.refuse(c, string(closed), s.info)
	})
}

// offer gives a message to the engine, as soon as there is room for it.
func (s *socket) offer(w *task.Wait, kind engine.Kind, data string, sent *bool) {
	if w.Settled() {
		return
	}
	if s.end != nil || s.closed {
		w.Settle()
		return
	}
	sockets := s.m.opts.Sockets
	messages, bytes := sockets.Buffered(s.number)
	mark := s.opts.HighWater
	if bytes <= mark {
		switch err := s.m.opts.Engine.Offer(s.id, kind, data); {
		case err == nil:
			*sent = true
			if s.inRow++; s.inRow%row != 0 {
				w.Settle()
			} else {
				s.m.opts.Host.After(0, w.Settle)
			}
			return
		case errors.Is(err, engine.ErrNotOpen):
			return // the end is on its way
		}
		mark = max(s.opts.SendQueue-int64(len(data))-messageOverhead, 0)
		if messages == 0 { // it is the memory for the network that is used up
			stop := s.m.opts.Host.After(10*time.Millisecond, func() { s.offer(w, kind, data, sent) })
			w.OnGiveUp(stop)
			return
		}
	}
	cancel, _ := sockets.OnDrain(s.number, mark, func(drained bool) {
		if drained { // else the end is on its way
			s.offer(w, kind, data, sent)
		}
	})
	w.OnGiveUp(cancel)
}

// wait has s:close and the end settle a wait in s:send, if nothing has by then. Waits that
// are over go, or a socket would keep one for each row of messages.
func (s *socket) wait(w *task.Wait) {
	s.senders = append(slices.DeleteFunc(s.senders, (*task.Wait).Settled), w)
}

// wakeSenders lets the tasks go on that wait in s:send: there will be no room for them.
func (s *socket) wakeSenders() {
	for _, w := range s.senders {
		w.Settle()
	}
	s.senders = nil
}

// socketClose is s:close([code [, reason]]).
func (m *Module) socketClose(c *lua.Call) error {
	s, code, reason := socketAt(c), c.OptNumber(2, wsapi.DefaultCloseCode), c.OptString(3, "")
	if err := c.Err(); err != nil {
		return err
	}
	if err := m.opts.Sockets.CloseID(s.number, code, reason); err != nil {
		return luavalue.Raised(c, err)
	}
	s.closed = true
	s.drop()
	s.wakeSenders()
	return c.Return()
}

// openSockets makes the metatable of sockets.
func (m *Module) openSockets() error {
	var err error
	m.sockets, err = m.newClass(socketType, func(c *lua.Call, key string) (lua.Value, bool) {
		s := socketAt(c)
		switch {
		case c.Err() != nil:
		case key == "id":
			return lua.Number(s.number), true
		case key == "info":
			return s.info, true
		}
		return lua.Nil, false
	}, lua.Func{Name: "send", Call: m.socketSend}, lua.Func{Name: "receive", Call: m.socketReceive},
		lua.Func{Name: "messages", Call: m.socketMessages}, lua.Func{Name: "close", Call: m.socketClose})
	return err
}

// newClass makes a metatable of userdata with methods and fields. Scripts cannot reach it.
func (m *Module) newClass(
	name string, field func(c *lua.Call, key string) (lua.Value, bool), methods ...lua.Func,
) (*lua.Table, error) {
	class, err := m.s.NewTable(0, 2)
	if err != nil {
		return nil, err
	}
	m.s.Ref(class.Value())
	table, err := m.s.NewTable(0, len(methods))
	if err != nil {
		return nil, err
	}
	m.s.Ref(table.Value())
	if err := m.s.SetFuncs(table, methods...); err != nil {
		return nil, err
	}
	index := m.s.NewFunction("", func(c *lua.Call) error {
		key, _ := c.Arg(2).AsString()
		if value, there := field(c, key); there {
			return c.Return(value)
		}
		return c.Return(table.Get(c.Arg(2)))
	})
	if err := class.SetString("__index", index); err != nil {
		return nil, err
	}
	label, err := m.s.String(name)
	if err != nil {
		return nil, err
	}
	return class, class.SetString("__metatable", label)
}
