package wscontract

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/permission"
)

// rig is a door over a fake engine, and everything that comes out of it: a test takes
// that with the want methods, and anything left over fails the test.
type rig struct {
	Door
	t      *testing.T
	kind   Kind
	engine *Engine
	limits permission.Limits // of the doors that open makes

	printed []string
	errors  []string // of callbacks: "onMessage 1: bot.lua:2: boom" and the traceback
	log     bytes.Buffer
	level   slog.LevelVar // of log

	mu        sync.Mutex
	collected []string
}

func newRig(t *testing.T, kind Kind) *rig {
	r := &rig{t: t, kind: kind, engine: &Engine{}}
	r.open(r.engine)
	return r
}

// open makes the rig's door.
func (r *rig) open(eng wsapi.Engine) {
	r.Door = r.kind.Open(r.t, Setup{
		Engine:    eng,
		Logger:    r.logger(),
		Errors:    reporter(r.report),
		Limits:    r.limits,
		Print:     func(line string) { r.printed = append(r.printed, line) },
		Collected: r.noteCollected,
	})
	r.t.Cleanup(r.Door.Close)
}

// logger writes to the rig's log, without times.
func (r *rig) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{
		Level: &r.level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

type reporter func(where string, err error, attrs ...any)

func (r reporter) Report(where string, err error, attrs ...any) { r(where, err, attrs...) }

func (r *rig) report(where string, err error, attrs ...any) {
	id := "without an id"
	if len(attrs) == 2 && attrs[0] == "id" {
		id = fmt.Sprint(attrs[1])
	}
	r.errors = append(r.errors, where+" "+id+": "+err.Error())
}

func (r *rig) noteCollected(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collected = append(r.collected, name)
}

// takeCollected returns the tokens that were collected since the last call.
func (r *rig) takeCollected() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.collected
	r.collected = nil
	return taken
}

// do runs a chunk named bot.lua, which must not fail.
func (r *rig) do(source string, args ...string) {
	r.t.Helper()
	if err := r.Run("bot.lua", source, args...); err != nil {
		r.t.Fatalf("%s\nraised %v", source, err)
	}
}

// pump dispatches all events and wants so many.
func (r *rig) pump(want int) {
	r.t.Helper()
	if got, err := r.Pump(engine.Budget{}); got != want || err != nil {
		r.t.Errorf("the pump took %d events, error %v, want %d", got, err, want)
	}
}

// wantPrinted compares the lines that the script printed since the last call.
func (r *rig) wantPrinted(lines ...string) {
	r.t.Helper()
	r.compare("the script printed", r.printed, lines)
	r.printed = nil
}

// wantErrors compares the errors of callbacks since the last call, with their tracebacks.
func (r *rig) wantErrors(errors ...string) {
	r.t.Helper()
	r.compare("callbacks failed with", r.errors, errors)
	r.errors = nil
}

// wantLog compares the lines that were logged since the last call.
func (r *rig) wantLog(lines ...string) {
	r.t.Helper()
	var logged []string
	if text := strings.TrimSuffix(r.log.String(), "\n"); text != "" {
		logged = strings.Split(text, "\n")
	}
	r.compare("the log has", logged, lines)
	r.log.Reset()
}

// wantSent compares the messages that the engine was given since the last call.
func (r *rig) wantSent(messages ...string) {
	r.t.Helper()
	r.compare("the engine was to send", r.engine.sent, messages)
	r.engine.sent = nil
}

// wantClosed compares the calls of Close that have reached the engine since the last
// call.
func (r *rig) wantClosed(closes ...string) {
	r.t.Helper()
	r.compare("the engine was to close", r.engine.closed, closes)
	r.engine.closed = nil
}

// wantConnects compares the number of connections that were begun.
func (r *rig) wantConnects(want int) {
	r.t.Helper()
	if got := len(r.engine.urls); got != want {
		r.t.Errorf("%d connections were begun, want %d", got, want)
	}
}

func (r *rig) wantNothingMore() {
	r.t.Helper()
	r.wantPrinted()
	r.wantErrors()
	r.wantLog()
	r.wantSent()
	r.wantClosed()
}

func (r *rig) compare(what string, got, want []string) {
	r.t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		r.t.Errorf("%s\n%s\nwant\n%s", what, g, w)
	}
}

// traceback is that of an error, line by line.
func traceback(lines ...string) string {
	return "\nstack traceback:\n\t" + strings.Join(lines, "\n\t")
}
