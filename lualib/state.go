// Package lualib sets up a gopher-lua state for a host: stacks large enough for real scripts, calls that can be
// interrupted, errors with tracebacks, streams that the host owns, and a sandbox that allows nothing unless told so. It
// knows no sockets.
package lualib

import (
	"io"
	"log/slog"
	"os"

	lua "github.com/yuin/gopher-lua"
)

// Options configures New. The zero value works, and lets a script do nothing to the system but use the three streams.
type Options struct {
	// Stdin is what io.read and io.stdin read. nil means os.Stdin.
	Stdin io.Reader

	// Stdout is what print, io.write and io.stdout write to. nil means one on os.Stdout, whose lines leave at once.
	Stdout *Stdout

	// Stderr is what io.stderr writes to. nil means os.Stderr.
	Stderr io.Writer

	// Logger receives what a script's author should know. nil discards it.
	Logger *slog.Logger

	// Permissions is what the script may do besides. The zero value allows nothing.
	Permissions Permissions

	// ModuleDirs are the directories that require finds Lua files in, in this order. Only files whose name ends in .lua
	// are read there. None means that require finds files where Permissions.Read and package.path say.
	ModuleDirs []string

	// MaxString is the largest string that one call of a library may make, in bytes. 0 means 256 MiB.
	MaxString int
}

func (o Options) withDefaults() Options {
	if o.Stdin == nil {
		o.Stdin = os.Stdin
	}
	if o.Stdout == nil {
		o.Stdout = NewStdout(os.Stdout, true)
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxString == 0 {
		o.MaxString = defaultMaxString
	}
	return o
}

// NewState is New with the one option that nearly every host has.
func NewState(stdout *Stdout) *lua.LState { return New(Options{Stdout: stdout}) }

// New returns a state with the libraries of Lua, closed to the system as far as opts.Permissions do not open them, whose
// calls through Call can be interrupted. The state belongs to one goroutine at a time; close it when done.
func New(opts Options) *lua.LState {
	opts = opts.withDefaults()
	// The VM's own sizes end at a recursion of 256. These, found by trial, reach 15,000 and more, and cost a small
	// script 64 KiB.
	L := lua.NewState(lua.Options{
		CallStackSize:       20_000,
		MinimizeStackMemory: true,
		RegistrySize:        4096,
		RegistryMaxSize:     1 << 20,
		RegistryGrowStep:    4096,
	})
	box := newSandbox(opts)
	box.close(L)
	box.openModules(L, opts.ModuleDirs)
	shareInterrupt(L)
	openCompat(L)
	openJSON(L)
	boundLibraries(L) // last: it wraps what the others have made
	in := newInterrupt()
	in.maxString = opts.MaxString
	L.SetContext(in)
	return L
}
