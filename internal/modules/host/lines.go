package host

import (
	"slices"
	"time"

	"github.com/tidewire/tidewire/internal/inlet"
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/internal/modules/handle"
	"github.com/tidewire/tidewire/lua"
)

const (
	// onLine is the name of the function in logs and errors.
	onLine = "host.OnLine"

	// turnLines and turnTime bound the lines of one turn of the loop.
	turnLines = 256
	turnTime  = 4 * time.Millisecond

	// linesPerLook is how many lines are called for without a look at the clock.
	linesPerLook = 16
)

// lines calls the handlers of host.OnLine. It belongs to the goroutine that owns the
// state.
type lines struct {
	module   *module
	source   *inlet.Lines // nil until the first OnLine
	signal   *loop.Signal // lines wait
	handlers []*lineHandler
}

// lineHandler is one OnLine: the handle that the script gets for it.
type lineHandler struct {
	lines *lines
	f     *lua.Ref // nil after the last call
	unref bool
}

// onLine is host.OnLine(f).
func (m *module) onLine(c *lua.Call) error {
	f := c.Function(1)
	if err := c.Err(); err != nil {
		return err
	}
	if m.loop.Ending() {
		return c.Return(handle.New(m.s, new(handle.Ended)))
	}
	if err := m.lines.begin(); err != nil {
		return err
	}
	if err := m.s.Reserve(entryBytes); err != nil {
		return err
	}
	h := &lineHandler{lines: &m.lines, f: m.s.Ref(f)}
	m.lines.handlers = append(m.lines.handlers, h)
	m.loop.Hold()
	m.lines.signal.Set() // lines may wait, or the end
	return c.Return(handle.New(m.s, h))
}

// begin begins to read, once.
func (l *lines) begin() error {
	if l.source != nil {
		return nil
	}
	opts := l.module.opts
	signal := l.module.loop.NewSignal(l.deliver)
	source, err := opts.Stdin.Lines(onLine, inlet.Options{
		Wake: signal.Set, MaxLine: opts.MaxLine, Memory: opts.Memory,
	})
	if err != nil {
		return err
	}
	l.signal, l.source = signal, source
	return nil
}

// deliver hands lines to the handlers, as many as a turn may have. Without a handler they
// wait.
func (l *lines) deliver() {
	begun := time.Now()
	for n := 1; n <= turnLines && (n%linesPerLook != 0 || time.Since(begun) < turnTime); n++ {
		if len(l.handlers) == 0 || l.module.loop.Ending() {
			return
		}
		line, found, ended, err := l.source.Next()
		switch {
		case found:
			l.call(l.handlers, line)
		case ended:
			l.end(err)
			return
		default:
			return // there will be another signal
		}
	}
	l.signal.Set()
}

// call calls handlers with a line. Those that are added meanwhile begin with the next one.
func (l *lines) call(handlers []*lineHandler, line []byte) {
	text, err := l.module.s.Bytes(line)
	if err != nil {
		l.module.opts.Errors.Report(onLine, err)
		return
	}
	for _, h := range handlers {
		if h.f != nil && !l.module.loop.Ending() {
			h.call(text)
		}
	}
}

// end calls all handlers for the last time.
func (l *lines) end(err error) {
	if err != nil {
		l.module.opts.Errors.Report(onLine, err)
	}
	for _, h := range slices.Clone(l.handlers) {
		if h.f != nil && !l.module.loop.Ending() {
			h.call(lua.Nil)
			h.Cancel()
		}
	}
	if len(l.handlers) > 0 { // added just now
		l.signal.Set()
	}
}

func (h *lineHandler) call(line lua.Value) {
	opts := h.lines.module.opts
	if err := opts.Call(onLine, h.f.Value(), line); err != nil {
		opts.Errors.Report(onLine, err)
	}
}

// Cancel implements handle.Handle.
func (h *lineHandler) Cancel() {
	if h.f == nil {
		return
	}
	h.Unref()
	h.lines.module.s.Unreserve(entryBytes)
	h.f.Release()
	h.f = nil
	l := h.lines
	at := slices.Index(l.handlers, h)
	l.handlers = slices.Concat(l.handlers[:at], l.handlers[at+1:]) // call may be walking over the old ones
}

// Unref implements handle.Handle.
func (h *lineHandler) Unref() {
	if h.f != nil && !h.unref {
		h.unref = true
		h.lines.module.loop.Release()
	}
}
