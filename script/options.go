package script

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/lua/std/sandbox"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/permission"
)

// FromStdin as Options.Path reads the script from Options.Stdin.
const FromStdin = "-"

// DefaultMaxMemory is the limit of memory unless Options says another, in bytes.
const DefaultMaxMemory = 1 << 30

const (
	// maxStringShare is the part of the memory that one string may take.
	maxStringShare = 4

	// valueShare is how many quarters of the memory values of the script may take; the
	// network has the rest.
	valueShare = 3
)

// Options has the code to run, and its surroundings. At least one of Code and Path should
// be given; the rest may be zero.
type Options struct {
	// Code is Lua code that runs first; without a Path it is the script. Empty means
	// none.
	Code string

	// Path is the script's file, or FromStdin. Empty means none.
	Path string

	// Args are the script's arguments: its varargs, and arg[1] and up.
	Args []string

	// Command has the words before the script on the command line, the program's name
	// first: the last of it becomes arg[-1] and so on, as lua does. Without a Path the
	// program's name becomes arg[0].
	Command []string

	// Echo is the URL of an echo server, for host.echo. Empty leaves that nil.
	Echo string

	// FPS is the frame rate of onUpdate, in ticks a second. 0 means 60.
	FPS int

	// Grace is how long the ending may take before live connections are cut. 0 means 5 s;
	// negative means no time at all.
	Grace time.Duration

	// For ends the run so long after Start, as it ends by itself: Lua code that is running
	// then goes on until the grace is over, and the exit code is 0 unless there was a Lua
	// error. 0 means no limit.
	For time.Duration

	// Stdin is the input of FromStdin, and then of io.read. nil means os.Stdin.
	Stdin io.Reader

	// Stdout receives the script's output. nil means os.Stdout. A Write that does not
	// return holds up the script until the ending begins, and nothing after that; it then
	// outlives Wait.
	Stdout io.Writer

	// Stderr receives the script's output to io.stderr. nil means os.Stderr. It is
	// written to as Stdout is.
	Stderr io.Writer

	// Permissions has the script's rights beyond these streams and the network. The
	// network has Engine.Policy. The zero value allows nothing: no file, no program, no
	// environment variable. It covers the files of options.tls, too, unless
	// Engine.ReadFile is set.
	Permissions sandbox.Permissions

	// ModuleDirs are directories in which require finds Lua files, after that of the
	// script's own file.
	ModuleDirs []string

	// MaxMemory is how much memory the script may take, in bytes. Three quarters are for
	// its values; an operation that needs more raises "not enough memory", and a script
	// that does not heed that ends with an error. 0 means 1 GiB, negative no limit.
	MaxMemory int64

	// Memory is charged for the script's memory outside of its values, and its limit
	// bounds that. Its figures may be read while the script runs. nil means an account of
	// the script's own, with the quarter of MaxMemory that values do not take as its
	// limit: memory.New(MaxMemory / 4) is the same one.
	Memory *memory.Account

	// Limits bounds the options that the script may give to its connections and requests.
	// The zero value limits nothing. Its Words default to those below.
	Limits permission.Limits

	// CallbackTimeout is how long the main chunk and each callback, handler and timer may
	// take; after it the script is stopped with an error and the run ends. 0 means no
	// limit.
	CallbackTimeout time.Duration

	// GiveUp ends Wait although Lua code cannot be stopped: inside one long call that
	// waits for the system, such as io.read, 1 s after the grace, or 2 s after the code
	// was stopped over CallbackTimeout. Connections are then cut, printed output is
	// written, and Wait returns a *StuckError; a program that cannot live with the
	// goroutine that is left ends itself. false makes Wait wait until the call returns.
	GiveUp bool

	// Lines writes each printed line at once, as befits a terminal. Otherwise output is
	// written when a turn of the loop is over, or the buffer is full.
	Lines bool

	// Logger receives everything else that a person should know: Lua errors, warnings,
	// debug lines. nil discards it.
	Logger *slog.Logger

	// Seed chooses what the runner leaves to chance, the pauses of kept sockets: with the
	// same one and the same answers from outside, callbacks run in the same order at the
	// same times. math.random has its own seed. 0 means another choice in each run.
	Seed uint64

	// Words words refusals and limits for the person who reads them. The zero value names
	// no way to change them.
	Words Words

	// Engine configures the connections. Its Logger, Memory and Words default to those
	// above.
	Engine engine.Options
}

// Words are an embedder's words. The zero value works.
type Words struct {
	// Refusal words an access that Permissions or Engine.Policy does not allow, and an
	// option beyond Limits, in the log and for the script. nil means permission.Plain.
	Refusal permission.Words

	// Option names a field of Options whose limit has stopped the script, MaxMemory or
	// CallbackTimeout, as the reader of the log can set it. nil means the field's own
	// name.
	Option func(field string) string
}

func (w Words) option(field string) string {
	if w.Option == nil {
		return field
	}
	return w.Option(field)
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
	if o.MaxMemory == 0 {
		o.MaxMemory = DefaultMaxMemory
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	if o.Engine.ReadFile == nil && !o.Permissions.Read.All {
		o.Engine.ReadFile = sandbox.New(sandbox.Options{Permissions: o.Permissions, Words: o.Words.Refusal}).ReadFile
	}
	if o.Memory == nil {
		o.Memory = memory.New(o.networkMemory())
	}
	if o.Engine.Memory == nil {
		o.Engine.Memory = o.Memory
	}
	if o.Limits.Words == nil {
		o.Limits.Words = o.Words.Refusal
	}
	if o.Engine.Words == nil {
		o.Engine.Words = o.Words.Refusal
	}
	if o.Engine.Logger == nil {
		o.Engine.Logger = o.Logger
	}
	return o
}

// grace is Grace as a duration.
func (o Options) grace() time.Duration {
	if o.Grace == 0 {
		return loop.DefaultGrace
	}
	return max(o.Grace, 0)
}

// moduleDirs are where require looks: beside the script first. A script that is not from
// a file has no such place.
func (o Options) moduleDirs() []string {
	if o.Path == "" || o.Path == FromStdin {
		return o.ModuleDirs
	}
	return append([]string{filepath.Dir(o.Path)}, o.ModuleDirs...)
}

// valueMemory is the part of MaxMemory that values of the state may take. 0 means no limit.
func (o Options) valueMemory() int64 {
	return max(o.MaxMemory, 0) / 4 * valueShare
}

// networkMemory is the rest of MaxMemory. 0 means no limit.
func (o Options) networkMemory() int64 { return max(o.MaxMemory, 0) - o.valueMemory() }

// memoryLimit is MaxMemory for the log.
func (o Options) memoryLimit() string {
	return fmt.Sprintf("%s %dM", o.Words.option("MaxMemory"), o.MaxMemory>>20)
}

// maxString is the largest string.
func (o Options) maxString() int64 {
	if o.MaxMemory < 0 {
		return DefaultMaxMemory / maxStringShare
	}
	return min(o.MaxMemory, DefaultMaxMemory) / maxStringShare
}
