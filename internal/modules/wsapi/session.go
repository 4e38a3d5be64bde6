// Package wsapi is the websocket module without a VM: the rules and the texts that all
// doors into the engine share. A door reads the arguments of a call from its VM, asks a
// Session, and gives the script the answer.
//
//   - Connect, Send and Close of the Session are the bodies of the script's functions.
//   - The door is the engine's Handler. At an event it asks the Session whose connection
//     it is (Find, End), looks the callback up in the script's table, and calls it.
//   - Types of arguments are the VM's to check, with the words that it has for them; all
//     other mistakes in an argument come from here as an *ArgumentError.
//
// Strings of messages pass through untouched: receiving allocates nothing here.
package wsapi

import (
	"errors"
	"log/slog"
	"math"
	"unicode/utf8"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/errorlog"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/permission"
)

// DefaultCloseCode is Close's code when the script gives none (RFC 6455 §7.4.1).
const DefaultCloseCode = 1000

// ErrInCallback is returned by Dispatch when a callback called it.
var ErrInCallback = errors.New("the pump was called from a callback")

// ErrEnding is returned by Begin when the ending has begun: nothing is dialled any longer.
var ErrEnding = errors.New("the run is ending")

// Engine has the methods of an engine.Engine that a Session needs.
type Engine interface {
	Connect(url string, opts engine.ConnectOptions) (engine.ID, error)
	Queue(id engine.ID, kind engine.Kind, data string) error
	Flush()
	Defaults() engine.ConnectOptions
	Close(id engine.ID, code int, reason string) error
	Buffered(id engine.ID) (messages int, bytes int64)
	Mark(id engine.ID, bytes int64) (live bool)
	Dispatch(h engine.Handler, budget engine.Budget) int
	TookLong()
}

// Reporter shows the errors of callbacks to a person. An errorlog.Log is one.
type Reporter interface {
	// Report is called for an error in where, such as "onMessage"; attrs are slog
	// attributes.
	Report(where string, err error, attrs ...any)
}

// Options configures a Session. The zero value works.
type Options struct {
	// Logger receives messages for a script's author: failures that no onError sees,
	// misspelt callbacks. nil discards them.
	Logger *slog.Logger

	// Errors receives the errors of callbacks. nil logs them to Logger, an identical one
	// at most once a second.
	Errors Reporter

	// Limits bounds the options of Connect.
	Limits permission.Limits
}

// Session is the websocket module of one Lua state. It belongs to the goroutine that owns
// the state. Each connection carries a D: the data that its door needs for the callbacks.
//
// The script's ids are the Session's own: 1, 2, 3 … for each Lua state. A script reaches
// no other connection of the engine.
type Session[D any] struct {
	engine Engine
	logger *slog.Logger
	errors Reporter
	limits permission.Limits

	last     float64 // the id given last
	byNumber map[float64]*Connection[D]
	byID     map[engine.ID]*Connection[D]
	misspelt tableSet
	inside   bool // Dispatch
}

// Connection is a connection of a Session, from Connect until the terminal event is
// dispatched.
type Connection[D any] struct {
	Number float64 // the id that the script knows
	Door   D       // the door's own

	id      engine.ID
	drains  []*Drain // those that wait
	watched bool     // the door wants to know of an end behind messages that wait
}

// ID returns the engine's id of the connection.
func (c *Connection[D]) ID() engine.ID { return c.id }

// NewSession returns a Session over an engine that serves no other Lua state.
func NewSession[D any](eng Engine, opts Options) *Session[D] {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Errors == nil {
		opts.Errors = errorlog.New(opts.Logger)
	}
	return &Session[D]{
		engine:   eng,
		logger:   opts.Logger,
		errors:   opts.Errors,
		limits:   opts.Limits,
		byNumber: make(map[float64]*Connection[D]),
		byID:     make(map[engine.ID]*Connection[D]),
	}
}

// ConnectCall is a call of Connect as the door has read it.
type ConnectCall[D any] struct {
	URL       string
	Callbacks Table
	Identity  Identity // of the callback table
	Options   Table    // nil for none
	Caller    string   // where the script called, such as "bot.lua:12", for log lines
	Door      D        // the new connection's
}

// Connect is the script's Connect(url, callbacks [, options]). The error is an
// *ArgumentError, or one to be raised as it is: engine.ErrTooManyConnections, or an error
// raised by reading a table. After an error there is no connection, and no id is used up.
func (s *Session[D]) Connect(call ConnectCall[D]) (*Connection[D], error) {
	options, err := ReadOptions(call.Options, s.limits, s.engine.Defaults())
	if err != nil {
		return nil, argumentError(3, err)
	}
	options.Caller, options.FieldName = call.Caller, optionName
	warning, err := lookAlikes(call.Callbacks)
	if err != nil {
		return nil, err
	}
	id, err := s.engine.Connect(call.URL, options)
	if err != nil {
		return nil, argumentError(3, inScriptsWords(err))
	}
	if warning != "" && s.misspelt.add(call.Identity) {
		s.logger.Warn(warning, "caller", call.Caller)
	}
	return s.add(&Connection[D]{Door: call.Door, id: id}), nil
}

// Begin begins a connection for Go code, whose Drained event also tells of an end behind
// messages that wait. The error is the engine's, or ErrEnding.
func (s *Session[D]) Begin(url string, options engine.ConnectOptions, door D) (*Connection[D], error) {
	id, err := s.engine.Connect(url, options)
	if err != nil {
		return nil, err
	}
	if !s.engine.Mark(id, -1) {
		return nil, ErrEnding
	}
	return s.add(&Connection[D]{Door: door, id: id, watched: true}), nil
}

// add gives a connection the script's next id.
func (s *Session[D]) add(c *Connection[D]) *Connection[D] {
	s.last++
	c.Number = s.last
	s.byNumber[c.Number] = c
	s.byID[c.id] = c
	return c
}

// Live returns the live connection of a script's id, or nil.
func (s *Session[D]) Live(number float64) *Connection[D] { return s.byNumber[number] }

// Send is the script's Send(id, data [, kind]), the kind from ParseKind or
// engine.DefaultKind. The error is an *ArgumentError. A message for an ended or unknown
// id is discarded, but checked first.
func (s *Session[D]) Send(number float64, data string, kind engine.Kind) error {
	if c := s.byNumber[number]; c != nil {
		return argumentError(2, s.engine.Queue(c.id, kind, data))
	}
	if kind == engine.Text && !utf8.ValidString(data) {
		return argumentError(2, engine.ErrInvalidUTF8)
	}
	s.logger.Debug("a message for an ended or unknown id was discarded",
		"id", formatNumber(number), "bytes", len(data))
	return nil
}

// Close is the script's Close(id [, code [, reason]]). The error is an *ArgumentError. An
// ended or unknown id changes nothing, but code and reason are checked.
func (s *Session[D]) Close(number, code float64, reason string) error {
	id := engine.ID(0) // names no connection
	if c := s.byNumber[number]; c != nil {
		id = c.id
	}
	err := s.engine.Close(id, closeCode(code), reason)
	if errors.Is(err, engine.ErrCloseCode) {
		return argumentError(2, err)
	}
	return argumentError(3, err)
}

// closeCode turns a script's number into an engine's code. An invalid number becomes a
// code that the engine refuses: fractions are not cut off, and 0 is not taken for the
// default.
func closeCode(number float64) int {
	if isWhole(number) && number >= 1 && number <= math.MaxUint16 {
		return int(number)
	}
	return -1
}

// TookLong is Engine.TookLong, for a door whose callback took long.
func (s *Session[D]) TookLong() { s.engine.TookLong() }

// Dispatch hands events to h, the door, until there are no more or the budget is spent,
// and returns how many it took. Then it flushes. From within a callback the error is
// ErrInCallback.
func (s *Session[D]) Dispatch(h engine.Handler, budget engine.Budget) (int, error) {
	if s.inside {
		return 0, ErrInCallback
	}
	s.inside = true
	defer func() { s.inside = false }()
	defer s.engine.Flush()
	return s.engine.Dispatch(h, budget), nil
}

// Find returns the connection that an event is for, or nil for one of somebody else.
func (s *Session[D]) Find(id engine.ID) *Connection[D] {
	c := s.byID[id]
	if c == nil {
		s.logger.Debug("event of a connection that no script of this state began", "engine_id", uint64(id))
	}
	return c
}

// End is Find for the terminal event. The Session forgets the connection: from now on its
// id is an unknown one.
func (s *Session[D]) End(id engine.ID) *Connection[D] {
	c := s.Find(id)
	if c != nil {
		delete(s.byNumber, c.Number)
		delete(s.byID, c.id)
		for _, d := range c.drains {
			d.tell(false)
		}
	}
	return c
}

// Unheard notes that an end has no callback to be called, and reports whether somebody
// should hear of it: a failure, which is logged, unless the script has declined to hear
// of it, by onError = false.
func (s *Session[D]) Unheard(c *Connection[D], end *engine.End, declined bool) bool {
	if !end.Failed || declined {
		return false
	}
	s.logger.Error("a connection failed and no onError is there to see it", "id", int64(c.Number),
		"url", failure.Bounded(failure.ShortURL(end.URL)), "error", end.Message, "detail", end.Detail)
	return true
}

// CallbackFailed reports an error in the callback of a connection under key, or on the
// way to it.
func (s *Session[D]) CallbackFailed(c *Connection[D], key string, err error) {
	s.errors.Report(key, err, "id", int64(c.Number))
}

// Held returns how many connections are held, and how many misspelt callback tables are
// remembered.
func (s *Session[D]) Held() (connections, misspelt int) {
	return len(s.byID), len(s.misspelt.tables)
}
