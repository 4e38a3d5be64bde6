// Package script runs a Lua script from its first line to the end of its last connection: one Lua state, its modules,
// its engine and its host, wired together.
package script

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/flags"
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/internal/lua/syntax"
	"github.com/tidewire/tidewire/internal/modules/entry"
	"github.com/tidewire/tidewire/internal/modules/errorlog"
	hostmodule "github.com/tidewire/tidewire/internal/modules/host"
	"github.com/tidewire/tidewire/internal/outlet"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/lua/std/sandbox"
	"github.com/tidewire/tidewire/modules/json"
	"github.com/tidewire/tidewire/modules/websocket"
)

const (
	// closeGoingAway is what connections end with when the host does (RFC 6455 §7.4.1).
	closeGoingAway = 1001

	// shutdownTimeout bounds the wait for the engine's goroutines after everything was cut: only a name look-up that
	// the system does not let go of takes this long.
	shutdownTimeout = time.Second

	// flushTimeout bounds the last flush of a run around which the process ends, and is what the last flush of every
	// other run has at least: whoever reads the output may be the one that hangs.
	flushTimeout = 500 * time.Millisecond

	// finalizeTimeout bounds the finalizers that run at the end.
	finalizeTimeout = time.Second

	// overdueFlush is flushTimeout for a process that should have ended already.
	overdueFlush = 250 * time.Millisecond
)

// errInterrupted is what code raises that runs when the grace ends. Its traceback says where it was.
var errInterrupted = errors.New("interrupted: it was still running when the grace of the ending was over")

// ExitCode is the cause to cancel Run's context with to give the run its exit code, as for a signal.
type ExitCode int

func (c ExitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// Result is how a script ended.
type Result struct {
	// ExitCode is that of host.Exit, or of the ExitCode that ended the context (130 if it ended otherwise), whichever
	// came first; else 1 if there was any Lua error, else 0.
	ExitCode int

	// Errors counts the Lua errors that the script did not catch: of the main chunk, of callbacks, handlers and timers.
	Errors int

	// Err is the error of the main chunk, if it was one that ended the run.
	Err error
}

// Run runs a script until it ends by itself, calls host.Exit, fails in its main chunk, or ctx is done; the last as at a
// signal, with the exit code of an ExitCode as its cause. When Run returns the Lua state is closed, every connection
// has ended and no goroutine is left. The error says that nothing was run, because the script could not be read; Lua
// errors are in the Result and in the log.
func Run(ctx context.Context, opts Options) (Result, error) {
	opts = opts.withDefaults()
	chunks, err := opts.chunks()
	if err != nil {
		return Result{}, err
	}
	r, err := newRun(opts)
	if err != nil {
		return Result{}, err
	}
	defer r.close()
	if opts.Begun != nil {
		opts.Begun(func() { r.lastFlush(flushTimeout) })
	}
	if ctx.Err() != nil {
		r.loop.Exit(exitCode(ctx)) // for certain before the first line
	}
	stop := context.AfterFunc(ctx, func() { r.loop.Exit(exitCode(ctx)) })
	defer stop()
	ended := r.loop.Run(func() error { return r.main(chunks) })
	r.finalize(ended)
	r.flushRest()
	return r.result(ended), nil
}

// exitCode is what a done context means for the run.
func exitCode(ctx context.Context) int {
	var code ExitCode
	if errors.As(context.Cause(ctx), &code) {
		return int(code)
	}
	return 130
}

// run is one script's life.
type run struct {
	opts   Options
	state  *lua.State
	gate   *entry.Gate
	output *output
	stdout *outlet.Stdout
	errors reports
	engine *engine.Engine
	loop   *loop.Loop

	unwatch      func()
	stdoutFailed bool
}

func newRun(opts Options) (*run, error) {
	output := newOutput(opts)
	r := &run{
		opts:   opts,
		output: output,
		stdout: outlet.NewStdout(output.stdout, opts.Lines),
		errors: reports{errorlog.New(opts.Logger), opts.MaxMemory},
		engine: engine.New(opts.Engine),
	}
	r.state = lua.NewState(lua.Options{
		MaxMemory:  opts.valueMemory(),
		MaxString:  opts.maxString(),
		Tracebacks: true,
		Log:        func(err error) { r.errors.Report("__gc", entry.Describe(r.state, err)) },
	})
	r.gate = entry.New(r.state, entry.Limits{
		CallTime: opts.CallbackTimeout,
		Exceeded: func(error) { r.loop.Exit(1) }, // a piece that was stopped halfway has left the script in no state to go on
		Stuck:    r.stuck,
	})
	r.unwatch = r.gate.Watch()
	if err := r.open(); err != nil {
		r.close()
		return nil, fmt.Errorf("open the libraries: %w", err)
	}
	return r, nil
}

// open gives the state its libraries and modules.
func (r *run) open() error {
	opts := r.opts
	if err := std.Open(r.state, std.Options{
		Stdin:      opts.Stdin,
		Stdout:     r.stdout,
		Stderr:     r.output.stderr,
		Logger:     opts.Logger,
		ModuleDirs: opts.moduleDirs(),
		Box: sandbox.New(sandbox.Options{
			Permissions: opts.Permissions, ModuleDirs: opts.moduleDirs(), Word: flags.Refusal,
		}),
	}); err != nil {
		return err
	}
	if err := json.Open(r.state); err != nil {
		return err
	}
	module, err := websocket.Open(r.state, r.engine, websocket.Options{
		Logger: opts.Logger, Errors: r.errors, Call: r.gate.Call,
	})
	if err != nil {
		return err
	}
	r.loop = loop.New(loop.Options{
		Events:    connections{r.engine, module, r.output, func() bool { return r.loop.Ending() }},
		FPS:       opts.FPS,
		Grace:     opts.Grace,
		AfterTurn: r.flush,
		Interrupt: r.interrupt,
		Overdue:   r.overdue,
	})
	if err := hostmodule.Open(r.state, r.loop, hostmodule.Options{
		Logger: opts.Logger, Errors: r.errors, Call: r.gate.Call, Exit: r.gate.Exit, Echo: opts.Echo,
	}); err != nil {
		return err
	}
	return setArgs(r.state, opts)
}

// main runs the chunks one after the other, until one fails or ends the host.
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
	f, err := r.state.LoadString(string(syntax.SkipHead(chunk.Text)), chunk.luaName)
	if err != nil {
		return entry.Describe(r.state, err)
	}
	args := make([]lua.Value, len(chunk.args))
	for i, arg := range chunk.args {
		if args[i], err = r.state.String(arg); err != nil {
			return entry.Describe(r.state, err)
		}
	}
	return r.gate.Call("", f, args...)
}

func (r *run) result(ended loop.Result) Result {
	result := Result{ExitCode: ended.Code, Errors: r.errors.Count(), Err: ended.Err}
	if !ended.Decided && result.Errors > 0 {
		result.ExitCode = 1
	}
	return result
}

// finalize ends the Lua state. Finalizers run unless the script or a signal has ended the run, and get a bounded time.
func (r *run) finalize(ended loop.Result) {
	if ended.Decided {
		r.state.Discard()
		return
	}
	r.state.SetDeadline(time.Now().Add(finalizeTimeout))
	r.state.Close()
}

// close ends what is left, without running any Lua code.
func (r *run) close() {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := r.engine.Shutdown(ctx); err != nil {
		r.opts.Logger.Warn("connections are still being taken down", "error", err)
	}
	r.unwatch()
	r.errors.Flush()
	r.state.Discard()
}

// flush lets what the script has printed leave. That it cannot is said once.
func (r *run) flush() {
	if err := r.stdout.Flush(); err != nil {
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

// overdue is called when the script did not let itself be interrupted.
func (r *run) overdue(code int) {
	if r.opts.Overdue != nil {
		r.lastFlush(overdueFlush)
		r.opts.Overdue(code)
	}
}

// stuck is called when the script did not let itself be stopped over a limit.
func (r *run) stuck(err error) {
	if r.opts.Stuck != nil {
		r.lastFlush(overdueFlush)
		r.opts.Stuck(err)
	}
}

// lastFlush lets the script's output leave before the process is ended around it, from any goroutine.
func (r *run) lastFlush(patience time.Duration) {
	end := time.Now().Add(patience)
	finished := make(chan struct{})
	go func() { // ends with the process at the latest: the script may be waiting inside its output, for a reader
		r.stdout.Finish() //nolint:errcheck // nobody is left to tell
		close(finished)
	}()
	select {
	case <-finished:
		r.output.flush(time.Until(end))
	case <-time.After(patience):
	}
}

// interrupt is called when the grace of the ending is over, and when nothing may run any longer.
func (r *run) interrupt(last bool) {
	if last {
		r.gate.Kill(errInterrupted)
	} else {
		r.gate.Stop(errInterrupted)
	}
}

// connections is the engine as the host sees it: its events go to the script's callbacks.
type connections struct {
	*engine.Engine
	module *websocket.Module
	output *output
	ending func() bool
}

// Refuse implements loop.EventSource. The host calls it as soon as the ending begins.
func (c connections) Refuse() {
	c.Engine.Refuse()
	c.output.beginEnding()
}

// Dispatch implements loop.EventSource.
func (c connections) Dispatch(events int, limit time.Duration) int {
	budget := engine.Budget{Events: events, Time: limit}
	if !c.ending() {
		// Nothing but the ending follows a callback that calls host.Exit.
		budget.Stop = c.ending
	}
	taken, err := c.module.Pump(budget)
	if err != nil { // from a callback, which the host's goroutine is not in
		panic(err)
	}
	return taken
}

// CloseAll implements loop.EventSource.
func (c connections) CloseAll() { c.Engine.CloseAll(closeGoingAway, "") }
