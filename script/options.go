package script

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/tidewire/tidewire/engine"
)

// FromStdin as Options.Path reads the script from Options.Stdin.
const FromStdin = "-"

// Options says what to run and how. At least one of Code and Path should be given; the rest may be zero.
type Options struct {
	// Code is Lua code that runs first; without a Path it is the script. Empty means none.
	Code string

	// Path is the script's file, or FromStdin. Empty means none.
	Path string

	// Args are the script's arguments: its varargs, and arg[1] and up.
	Args []string

	// Command is what stood before the script on the command line, the program's name first: the last of it becomes
	// arg[-1] and so on, as lua does. Without a Path the program's name becomes arg[0].
	Command []string

	// Echo is the URL of an echo server, for host.echo. Empty leaves that nil.
	Echo string

	// FPS is the frame rate of onUpdate, in ticks a second. 0 means 60.
	FPS int

	// Grace is how long the ending may take before what is left is cut. 0 means 5 s; negative means no time at all.
	Grace time.Duration

	// Stdin is where FromStdin reads the script from. nil means os.Stdin. The script's own io.read always reads the
	// process's standard input.
	Stdin io.Reader

	// Stdout receives what the script prints. nil means os.Stdout.
	Stdout io.Writer

	// Lines makes each printed line leave at once, as befits a terminal. Otherwise output leaves when a turn of the
	// host is over, or the buffer is full.
	Lines bool

	// Logger receives everything else that a person should know: Lua errors, warnings, debug lines. nil discards it.
	Logger *slog.Logger

	// Engine configures the connections. Its Logger defaults to the one above.
	Engine engine.Options

	// Overdue is called, from another goroutine, if the script still runs 1 s after the grace although it was
	// interrupted, as in a pattern match that takes for ever. code is the exit code. A runner ends its process then. nil
	// lets Run wait on.
	Overdue func(code int)
}

func (o Options) withDefaults() Options {
	if o.Stdin == nil {
		o.Stdin = os.Stdin
	}
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Engine.Logger == nil {
		o.Engine.Logger = o.Logger
	}
	return o
}
