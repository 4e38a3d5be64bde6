package script

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/api/spelling"
	"github.com/tidewire/tidewire/internal/inlet"
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/internal/modules/errorlog"
	"github.com/tidewire/tidewire/internal/modules/gate"
	hostmodule "github.com/tidewire/tidewire/internal/modules/host"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/lua/std/sandbox"
	"github.com/tidewire/tidewire/modules/crypto"
	"github.com/tidewire/tidewire/modules/encoding"
	"github.com/tidewire/tidewire/modules/http"
	"github.com/tidewire/tidewire/modules/json"
	"github.com/tidewire/tidewire/modules/task"
	"github.com/tidewire/tidewire/modules/websocket"
	"github.com/tidewire/tidewire/modules/ws"
	"github.com/tidewire/tidewire/modules/zlib"
)

const (
	// closeGoingAway is the close code of connections when the loop ends (RFC 6455
	// §7.4.1).
	closeGoingAway = 1001

	// shutdownTimeout bounds the wait for the engine's goroutines after everything was
	// cut: only a name look-up that the system does not end takes this long.
	shutdownTimeout = time.Second

	// flushTimeout is the least time that the last flush has: the reader of the output
	// may be the one that hangs.
	flushTimeout = 500 * time.Millisecond

	// givenUpFlush bounds the last flush of a script that was given up, and should have
	// ended already.
	givenUpFlush = 250 * time.Millisecond

	// finalizeTimeout bounds the finalizers that run at the end.
	finalizeTimeout = time.Second
)

// errInterrupted is raised in code that runs when the grace ends. Its traceback shows the
// place.
var errInterrupted = errors.New("interrupted: it was still running when the grace of the ending was over")

// run is one script's life.
type run struct {
	opts   Options
	state  *lua.State
	gate   *gate.Gate
	stdin  *inlet.Stdin
	output *output
	errors reports
	engine *engine.Engine
	http   *http.Module
	loop   *loop.Loop
	tasks  *task.Scheduler
	ws     *ws.Module

	// giveUp is called from another goroutine when code cannot be stopped; constant.
	giveUp func(code int, reason error)

	unwatch      func()
	stdoutFailed bool
	unheard      atomic.Int64 // failures that no onError has seen, before the ending
}

// newRun makes everything that a script needs.
func newRun(opts Options, giveUp func(code int, reason error)) (*run, error) {
	r := &run{
		opts:   opts,
		giveUp: giveUp,
		stdin:  inlet.New(opts.Stdin),
		output: newOutput(opts),
		errors: reports{errorlog.New(opts.Logger), opts.memoryLimit()},
		engine: engine.New(opts.Engine),
	}
	r.state = lua.NewState(lua.Options{
		MaxMemory:  opts.valueMemory(),
		MaxString:  opts.maxString(),
		Tracebacks: true,
		Log:        func(err error) { r.errors.Report("__gc", gate.Describe(r.state, err)) },
	})
	r.gate = gate.New(r.state, gate.Limits{
		CallTime:     opts.CallbackTimeout,
		CallTimeName: opts.Words.option("CallbackTimeout"),
		Exceeded:     func(error) { r.loop.Exit(exitFailed) },
		// a piece that was stopped halfway has left the script in no state to go on
		Stuck: func(reason error) { r.giveUp(exitFailed, reason) },
	})
	r.unwatch = r.gate.Watch()
	if err := r.open(); err != nil {
		r.close()
		return nil, fmt.Errorf("open the libraries: %w", err)
	}
	return r, nil
}

// moduleHint names the module of ours that a name was probably meant to be.
func moduleHint(name string) string {
	meant := spelling.Module(name, luaapi.RequiredNames())
	if meant == "" {
		return ""
	}
	return "did you mean '" + meant + "'?"
}

// open gives the state its libraries and modules, and makes the loop.
func (r *run) open() error {
	opts := r.opts
	if err := std.Open(r.state, std.Options{
		Stdin:      r.stdin,
		Stdout:     r.output.printed,
		Stderr:     r.output.stderr,
		Logger:     opts.Logger,
		ModuleDirs: opts.moduleDirs(),
		ModuleHint: moduleHint,
		Box: sandbox.New(sandbox.Options{
			Permissions: opts.Permissions, ModuleDirs: opts.moduleDirs(), Words: opts.Words.Refusal,
		}),
	}); err != nil {
		return err
	}
	for _, open := range []func(*lua.State) error{json.Open, encoding.Open, crypto.Open, zlib.Open} {
		if err := open(r.state); err != nil {
			return err
		}
	}
	module, err := websocket.Open(r.state, r.engine, websocket.Options{
		Logger: opts.Logger, Errors: r.errors, Limits: opts.Limits, Call: r.gate.Call, Unheard: r.noteUnheard,
	})
	if err != nil {
		return err
	}
	if r.tasks, err = task.Open(r.state, taskHost{r}, task.Options{
		Logger: opts.Logger, Errors: r.errors, Input: &taskInput{run: r}, Call: r.gate.Call,
		Each: r.gate.Renew,
	}); err != nil {
		return err
	}
	if r.http, err = http.Open(r.state, http.Options{
		Network: opts.Engine, Limits: opts.Limits, Tasks: r.tasks, Notify: func() { r.loop.Wake() }, Errors: r.errors,
		Call: r.gate.Call,
	}); err != nil {
		return err
	}
	r.loop = loop.New(loop.Options{
		Events: eventSource{r.engine, module, r.http, r.output, func() bool { return r.loop.Ending() },
			func() { r.ws.CloseAll() }},
		Tasks:     taskSource{r.tasks, r.errors},
		FPS:       opts.FPS,
		Grace:     opts.Grace,
		AfterTurn: r.afterTurn,
		Interrupt: r.interrupt,
		Overdue:   func(code int) { r.giveUp(code, errOverdue) },
	})
	if err := hostmodule.Open(r.state, r.loop, hostmodule.Options{
		Logger: opts.Logger, Errors: r.errors, Call: r.gate.Call, Exit: r.gate.Exit, Echo: opts.Echo,
		Stdin: r.stdin, MaxLine: opts.maxString(), Memory: opts.Memory,
	}); err != nil {
		return err
	}
	if r.ws, err = ws.Open(r.state, ws.Options{
		Engine: r.engine, Sockets: module, Host: taskHost{r}, Tasks: r.tasks, Memory: opts.Memory,
		Logger: opts.Logger, Errors: r.errors, Call: r.gate.Call, Unheard: r.noteUnheard, Seed: opts.Seed,
	}); err != nil {
		return err
	}
	return setArgs(r.state, opts)
}

// main runs the chunks one after the other, until one fails or ends the loop.
func (r *run) main(chunks []chunk) error {
	for _, chunk := range chunks {
		if r.loop.Ending() {
			break
		}
		if err := r.load(chunk); err != nil {
			r.errors.Report("", err)
			return err
		}
	}
	return nil
}

func (r *run) load(chunk chunk) error {
	f, err := r.state.LoadString(string(chunk.Text), chunk.luaName)
	if err != nil {
		return gate.Describe(r.state, err)
	}
	args := make([]lua.Value, len(chunk.args))
	for i, arg := range chunk.args {
		if args[i], err = r.state.String(arg); err != nil {
			return gate.Describe(r.state, err)
		}
	}
	return r.gate.Call("", f, args...)
}

func (r *run) result(ended loop.Result) Result {
	result := Result{ExitCode: ended.Code, Errors: r.errors.Count(), Unheard: int(r.unheard.Load()), Err: ended.Err}
	if !ended.Decided && result.Errors+result.Unheard > 0 {
		result.ExitCode = exitFailed
	}
	return result
}

// noteUnheard counts the failures that no onError has seen. In the ending connections may
// fail as they like.
func (r *run) noteUnheard(*engine.End) {
	if !r.loop.Ending() {
		r.unheard.Add(1)
	}
}

// finalize ends the Lua state. Finalizers run unless the script or a signal has ended the
// run, and get a bounded time.
func (r *run) finalize(ended loop.Result) {
	if ended.Asked {
		r.state.Discard()
		return
	}
	r.state.SetDeadline(time.Now().Add(finalizeTimeout))
	r.state.Close()
}

// close ends the engine and the state, without running any Lua code.
func (r *run) close() {
	r.shutdown()
	r.stdin.Close()
	r.unwatch()
	r.errors.Flush()
	r.state.Discard()
}

// shutdown ends the connections, from any goroutine.
func (r *run) shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	err := r.engine.Shutdown(ctx)
	if r.http != nil { // nil if the state's limit is too small for the libraries
		err = errors.Join(err, r.http.Shutdown(ctx))
	}
	if err != nil {
		r.opts.Logger.Warn("connections are still being taken down", "error", err)
	}
}

// afterTurn reports the tasks that have failed, sends the messages and writes the output that the script has left waiting. An
// error of its output is logged once.
func (r *run) afterTurn() {
	r.tasks.EndTurn()
	r.engine.Flush()
	if err := r.output.printed.Flush(); err != nil {
		r.unwritten(err)
	}
}

// flushRest is the last flush of a run that has ended in order.
func (r *run) flushRest() {
	if err := r.output.flushRest(); err != nil {
		r.unwritten(err)
	}
}

func (r *run) unwritten(err error) {
	if !r.stdoutFailed {
		r.stdoutFailed = true
		r.errors.Report("print", fmt.Errorf("write the script's output: %w", err))
	}
}

// interrupt is called when the grace of the ending is over, and when nothing may run any
// longer.
func (r *run) interrupt(last bool) {
	if last {
		r.gate.Kill(errInterrupted)
	} else {
		r.gate.Stop(errInterrupted)
	}
}

// eventSource is the engine and the requests as the loop sees them: their events go to the
// script's callbacks.
type eventSource struct {
	*engine.Engine
	module *websocket.Module
	http   *http.Module
	output *output
	ending func() bool
	kept   func() // ends the sockets that are down
}

// Live implements loop.EventSource.
func (e eventSource) Live() int { return e.Engine.Live() + e.http.Live() }

// Refuse implements loop.EventSource. The loop calls it as soon as the ending begins.
func (e eventSource) Refuse() {
	e.Engine.Refuse()
	e.http.Refuse()
	e.output.beginEnding()
}

// Dispatch implements loop.EventSource. Requests come first, as they are few; they get half
// of a turn at most. Ready announces events of the engine alone: requests wake the loop.
func (e eventSource) Dispatch(most int, d time.Duration) (delivered int) {
	var stop func() bool
	if !e.ending() {
		stop = e.ending // only the ending follows a callback that calls host.Exit
	}
	began := time.Now()
	delivered = pumped(e.http.Pump(engine.Budget{Events: max(most/2, 1), Time: max(d/2, 1), Stop: stop}))
	if stop != nil && stop() {
		return delivered
	}
	return delivered + pumped(e.module.Pump(engine.Budget{
		Events: max(most-delivered, 1), Time: max(d-time.Since(began), 1), Stop: stop,
	}))
}

// pumped is the number of events of a pump, which fails only where the loop's goroutine is
// not: in a callback.
func pumped(events int, err error) int {
	if err != nil {
		panic(err)
	}
	return events
}

// CloseAll implements loop.EventSource.
func (e eventSource) CloseAll() {
	e.Engine.CloseAll(closeGoingAway, "")
	e.http.CloseAll()
	e.kept()
}
