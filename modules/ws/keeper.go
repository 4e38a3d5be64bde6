package ws

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/luavalue"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/lua"
)

// keeper is one kept socket: a connection that is made again when it ends.
//
//	asking ───► connecting ───► open ───► waiting ───► asking …
//	   │             │            │          │
//	   └─────────────┴────────────┴──────────┴────► ended, by k:close, by an end after
//	                                                which no other attempt follows, or
//	                                                with the host
//
// It implements engine.Handler for its connection of the moment.
type keeper struct {
	engine.NopHandler
	m      *Module
	opts   wsapi.KeepOptions
	url    string // the one of the newest attempt
	shown  string // the one of the newest connection, without user name and password
	caller string

	// Values of the script; see Mark.
	self      lua.Value
	callbacks *lua.Table
	asksURL   lua.Value // functions, or nil
	asksHead  lua.Value
	asksRetry lua.Value
	ref       *lua.Ref // of self, which keeps the others

	state    keptState
	order    uint64     // of keep's calls
	random   *rand.Rand // its own: the pauses depend on the seed, and not on who ends first
	attempt  int        // the number of the newest one
	failures int        // since the socket was steady: n of the pause
	queue    queue
	host     *host // nil before the first attempt with a URL
	hostName string

	stop   func()    // ends the wait of asking or waiting
	number float64   // of the connection; 0 without one
	id     engine.ID // its engine's
	opened time.Time
	greets bool // onOpen runs
	closed bool // k:close was called
}

type keptState uint8

const (
	asking keptState = iota
	connecting
	open
	waiting
	ended
)

// refusal is why send does not take a message, in the contract's words.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	full   refusal = "full"
	down   refusal = "down"
	closed refusal = "closed"
)

// Mark implements lua.Marker.
func (k *keeper) Mark(mark func(lua.Value)) {
	for _, v := range []lua.Value{k.asksURL, k.asksHead, k.asksRetry} {
		mark(v)
	}
	if k.callbacks != nil {
		mark(k.callbacks.Value())
	}
}

// begin makes the first attempt. In the ending there is none, and no callback.
func (k *keeper) begin() {
	m := k.m
	if m.ending() {
		k.release()
		return
	}
	m.last++
	k.order, k.random = m.last, rand.New(rand.NewPCG(m.opts.Seed, m.last))
	k.ref = m.s.Ref(k.self)
	m.kept[k] = struct{}{}
	k.try()
}

// try makes an attempt: it asks for the URL and the headers, if there are functions for
// them, and connects.
func (k *keeper) try() {
	k.attempt++
	k.state, k.stop = asking, nil
	if k.asksURL.IsNil() && k.asksHead.IsNil() {
		k.connect()
		return
	}
	k.ask()
}

// connect begins the connection of an attempt.
func (k *keeper) connect() {
	k.moveTo(hostOf(k.url))
	number, id, err := k.m.opts.Sockets.Connect(k.url, k.opts.Connect, k)
	switch {
	case err == nil:
		k.state, k.number, k.id = connecting, number, id
	case errors.Is(err, engine.ErrTooManyConnections):
		k.failLater(err.Error(), "too many connections: the engine or its dial guard takes no more")
	default: // a bad header from a function; or the ending has begun, and endWithHost follows
		var bad *wsapi.ArgumentError
		if errors.As(wsapi.OptionsError(3, err), &bad) {
			err = errors.New(bad.Problem)
		}
		k.failLater(err.Error(), err.Error())
	}
}

// failLater ends an attempt that did not come to a connection, in the next turn.
func (k *keeper) failLater(message, detail string) {
	attempt := k.attempt
	k.m.later(func() {
		if k.state == asking && k.attempt == attempt {
			k.failed(message, detail)
		}
	})
}

// failed ends an attempt that did not come to a connection. Its end has no category: it
// is the script's own, or passes with time.
func (k *keeper) failed(message, detail string) {
	k.over(&engine.End{
		Info: engine.Info{URL: k.shown}, Failed: true, Message: message, Detail: detail,
		Phase: engine.PhaseURI, CloseCode: closeAbnormal, Retryable: true,
	})
}

// Opened implements engine.Handler. Messages that were kept leave after those of onOpen.
func (k *keeper) Opened(_ engine.ID, info *engine.Info) {
	k.state, k.opened = open, time.Now()
	k.greets, k.shown = true, info.URL
	k.call(onOpen, wsapi.OpenInfo(k.number, info))
	k.greets = false
	k.sendKept()
}

// Received implements engine.Handler.
func (k *keeper) Received(_ engine.ID, data []byte, kind engine.Kind) {
	f, _ := k.m.callback(k.callbacks, onMessage)
	if f.IsNil() {
		return
	}
	text, err := k.m.s.Bytes(data)
	if err == nil {
		err = k.m.run(onMessage, f, text, lua.Bool(kind == engine.Binary), k.self)
	}
	k.m.report(onMessage, err, "id", int64(k.number))
}

// Ended implements engine.Handler.
func (k *keeper) Ended(_ engine.ID, end *engine.End) {
	k.shown = end.URL
	k.over(end)
}

// over is called for the end of a connection, and for an attempt without one.
func (k *keeper) over(end *engine.End) {
	now := time.Now()
	if k.state == open && now.Sub(k.opened) >= k.opts.Steady {
		k.failures = 0
	}
	number := k.number
	k.number, k.id, k.state = 0, 0, waiting
	again, fixed := k.decide(number, end)
	if !again || k.closed || k.m.ending() {
		k.end(number, end)
		return
	}
	due := now.Add(fixed)
	if fixed < 0 {
		due = k.due(now, end)
	}
	k.failures++
	k.stop = k.m.opts.Host.After(due.Sub(now), k.try)
	if !k.call(onDown, wsapi.EndInfo(number, end), due.Sub(now).Seconds()) {
		k.m.unseen(k, end, due.Sub(now))
	}
}

// decide reports whether another attempt follows, and after which pause; it is negative
// if there is no fixed one.
func (k *keeper) decide(number float64, end *engine.End) (again bool, pause time.Duration) {
	again = end.Retryable || !end.Failed && end.Clean && end.Code == closeNormal
	if k.closed || k.m.ending() || k.asksRetry.IsNil() {
		return again, -1
	}
	info, err := luavalue.Make(k.m.s, wsapi.EndInfo(number, end))
	if err != nil {
		k.m.report("retry", err)
		return again, -1
	}
	var answer lua.Value
	take := k.m.s.NewFunction("", func(c *lua.Call) error {
		return c.CallThen(func(c *lua.Call) error {
			answer = c.Arg(1)
			return c.Return()
		}, false, k.asksRetry, info)
	})
	if err := k.m.run("retry", take); err != nil {
		k.m.report("retry", err)
		return again, -1
	}
	seconds, isNumber := answer.AsNumber()
	switch {
	case !isNumber && answer.Kind() == lua.KindBool:
		return answer.Truth(), -1
	case isNumber && seconds >= 0:
		return true, time.Duration(min(seconds, longestPause.Seconds()) * float64(time.Second))
	}
	k.m.report("retry", fmt.Errorf("retry gave %s: true, false or seconds expected", answer.TypeName()))
	return again, -1
}

const (
	closeNormal   = 1000 // RFC 6455 §7.4.1
	closeAbnormal = 1006

	// longestPause is the longest pause that retry may ask for.
	longestPause = 100 * 365 * 24 * time.Hour
)

// due returns when the next attempt begins: after a random pause, whose bound doubles with
// each attempt in vain, and not before the server wants it.
func (k *keeper) due(now time.Time, end *engine.End) time.Time {
	longest := ceiling(k.opts.Min, k.opts.Max, k.failures)
	if k.host != nil && k.failures == 0 {
		longest = max(longest, k.host.first())
	}
	pause := time.Duration(k.random.Float64() * float64(longest))
	if end.HTTP != nil && end.HTTP.RetryAfter != nil {
		// A floor, and no part of the pause: the slots of the host keep sockets apart that
		// were refused at the same time.
		pause = max(pause, min(*end.HTTP.RetryAfter, longestRetryAfter))
	}
	if k.host == nil {
		return now.Add(pause)
	}
	return k.host.reserve(now, now.Add(pause))
}

// send queues a message. The error is a refusal, or about an argument.
func (k *keeper) send(kind engine.Kind, data string) (dropped int, err error) {
	if kind == engine.DefaultKind {
		kind = k.opts.Connect.Kind
	}
	if kind == engine.Text && !utf8.ValidString(data) {
		return 0, &wsapi.ArgumentError{Argument: 2, Problem: engine.ErrInvalidUTF8.Error()}
	}
	if k.closed || k.state == ended {
		return 0, closed
	}
	if k.state == open && (k.greets || k.queue.empty()) {
		switch err := k.m.opts.Engine.Offer(k.id, kind, data); {
		case err == nil:
			return 0, nil
		case !errors.Is(err, engine.ErrNotOpen):
			return 0, full
		}
	}
	if k.queue.limit == 0 {
		return 0, down
	}
	dropped, fits := k.queue.push(message{kind, data})
	if !fits {
		return 0, full
	}
	return dropped, nil
}

// sendKept sends the messages that were kept while the socket was down, as fast as the
// send queue takes them.
func (k *keeper) sendKept() {
	if k.state != open || k.closed {
		return
	}
	for !k.queue.empty() {
		first := k.queue.messages[0]
		if err := k.m.opts.Engine.Offer(k.id, first.kind, first.data); err != nil {
			if errors.Is(err, engine.ErrQueueFull) {
				k.m.opts.Sockets.OnDrain(k.number, k.roomy(), func(drained bool) {
					if drained {
						k.sendKept()
					}
				})
			}
			return
		}
		k.queue.pop()
	}
}

// roomy is the mark at which the send queue is filled again.
func (k *keeper) roomy() int64 {
	const usual = 1 << 20
	if limit := k.opts.Connect.SendQueue; limit > 0 {
		return min(limit/2, usual)
	}
	return usual
}

// close is k:close. The error is about an argument.
func (k *keeper) close(code float64, reason string) error {
	if err := k.m.opts.Sockets.CloseID(k.number, code, reason); err != nil {
		return err // which an unknown id checks, too
	}
	if k.closed || k.state == ended {
		return nil
	}
	k.closed = true
	if k.number == 0 {
		k.rest()
		k.m.later(func() { k.end(0, k.closedWhileDown("closed while it was down")) })
	}
	return nil
}

// endWithHost ends a socket that has no connection, in the ending.
func (k *keeper) endWithHost() {
	if k.number == 0 {
		k.rest()
		k.end(0, k.closedWhileDown("the run ended while it was down"))
	}
}

func (k *keeper) closedWhileDown(detail string) *engine.End {
	return &engine.End{
		Info: engine.Info{URL: k.shown}, Code: closeAbnormal, Phase: engine.PhaseClosing,
		Category: engine.CategoryClosed, Detail: detail, CloseCode: closeAbnormal,
	}
}

// rest ends the wait for the next attempt.
func (k *keeper) rest() {
	if k.stop != nil {
		k.stop()
		k.stop = nil
	}
}

// end calls onEnd, once and last. Messages that were kept are unsent.
func (k *keeper) end(number float64, end *engine.End) {
	if k.state == ended {
		return
	}
	k.state = ended
	kept := k.queue.clear()
	end.Unsent.Messages += kept.Messages
	end.Unsent.Bytes += kept.Bytes
	if f, declined := k.m.callback(k.callbacks, onEnd); !f.IsNil() {
		k.call(onEnd, wsapi.EndInfo(number, end))
	} else if end.Failed && !declined {
		k.m.opts.Logger.Error("a kept socket has failed for good and no onEnd is there to see it",
			"url", end.URL, "error", end.Message, "detail", end.Detail, "caller", k.caller)
		k.m.opts.Unheard(end)
	}
	k.release()
}

// release gives back everything that a socket holds.
func (k *keeper) release() {
	k.state = ended
	k.moveTo("")
	delete(k.m.kept, k)
	k.m.s.Unreserve(keptBytes)
	if k.ref != nil {
		k.ref.Release()
	}
	k.callbacks, k.asksURL, k.asksHead, k.asksRetry = nil, lua.Nil, lua.Nil, lua.Nil
}

// moveTo makes the socket one of another host's; "" is none.
func (k *keeper) moveTo(name string) {
	if name == k.hostName {
		return
	}
	m := k.m
	if k.host != nil {
		if k.host.members--; k.host.members == 0 {
			delete(m.hosts, k.hostName)
		}
	}
	k.hostName, k.host = name, nil
	if name == "" {
		return
	}
	if m.hosts[name] == nil {
		m.hosts[name] = newHost(time.Now())
	}
	k.host = m.hosts[name]
	k.host.members++
}

// call calls a callback with these values and the socket, and reports whether there is
// one.
func (k *keeper) call(key string, values ...any) (there bool) {
	f, declined := k.m.callback(k.callbacks, key)
	if f.IsNil() {
		return declined
	}
	var args []lua.Value
	for _, value := range values {
		v, err := luavalue.Make(k.m.s, value)
		if err != nil {
			k.m.report(key, err)
			return true
		}
		args = append(args, v)
	}
	k.m.report(key, k.m.run(key, f, append(args, k.self)...))
	return true
}

// inOrder returns the kept sockets in the order in which they were made.
func (m *Module) inOrder() []*keeper {
	all := make([]*keeper, 0, len(m.kept))
	for k := range m.kept {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b *keeper) int { return int(a.order) - int(b.order) })
	return all
}

// unseen logs an end that no onDown has seen, at most once a second: who writes the
// wrong URL would otherwise see nothing.
func (m *Module) unseen(k *keeper, end *engine.End, pause time.Duration) {
	now := time.Now()
	if k.failures > 1 || now.Sub(m.warned) < time.Second {
		return
	}
	m.warned = now
	detail := end.Detail
	m.opts.Logger.Warn("a kept socket is down and no onDown is there to see it", "url", end.URL, "detail", detail,
		"next_attempt", pause.Round(time.Millisecond), "caller", k.caller)
}
