// Package std opens Lua's standard libraries in a state.
package std

import (
	"io"
	"log/slog"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std/baselib"
	"github.com/tidewire/tidewire/lua/std/bitlib"
	"github.com/tidewire/tidewire/lua/std/corolib"
	"github.com/tidewire/tidewire/lua/std/debuglib"
	"github.com/tidewire/tidewire/lua/std/iolib"
	"github.com/tidewire/tidewire/lua/std/jitlib"
	"github.com/tidewire/tidewire/lua/std/mathlib"
	"github.com/tidewire/tidewire/lua/std/oslib"
	"github.com/tidewire/tidewire/lua/std/packagelib"
	"github.com/tidewire/tidewire/lua/std/sandbox"
	"github.com/tidewire/tidewire/lua/std/stringlib"
	"github.com/tidewire/tidewire/lua/std/tablelib"
)

// Options says what the libraries may reach. The zero value opens what only computes.
type Options struct {
	// Stdin is what io.read and io.stdin read, and loadfile without a name. nil means an
	// empty one.
	Stdin io.Reader

	// Stdout is what print, io.write and io.stdout write to, without a buffer. nil discards.
	Stdout io.Writer

	// Stderr is what io.stderr writes to. nil discards.
	Stderr io.Writer

	// Box is what the script may do to the system: files, programs, environment variables.
	// nil allows nothing.
	Box *sandbox.Box

	// ModuleDirs are the directories that package.path names. The Box must have them, too, or
	// allow reading them.
	ModuleDirs []string

	// Exit carries out os.exit: it returns what State.Unwind does. nil ends the outermost
	// call with an *oslib.ExitError.
	Exit func(code int) error

	// Logger receives what the script's author should know. nil discards it.
	Logger *slog.Logger
}

// Open opens all libraries.
func Open(s *lua.State, opts Options) error {
	box := opts.Box
	if box == nil {
		box = sandbox.New(sandbox.Options{})
	}
	streams := iolib.NewStreams(opts.Stdin, opts.Stdout, opts.Stderr)
	sources := sandbox.Sources{Box: box, Stdin: streams.Stdin}
	flush := func() { _ = streams.Stdout.Flush() } // the error stays there for whoever writes
	for _, open := range []func() error{
		func() error { return baselib.Open(s, baselib.Options{Stdout: streams.Stdout, Files: sources}) },
		func() error { return corolib.Open(s) },
		func() error { return debuglib.Open(s) },
		func() error { return mathlib.Open(s) },
		func() error { return bitlib.Open(s) },
		func() error { return iolib.Open(s, box, streams) },
		func() error { return jitlib.Open(s) },
		func() error {
			return packagelib.Open(s, packagelib.Options{Path: packagelib.Path(opts.ModuleDirs), Files: sources})
		},
		func() error { return tablelib.Open(s) }, // behind package, whose preload it uses
		func() error {
			return oslib.Open(s, oslib.Options{Box: box, Logger: opts.Logger, Exit: opts.Exit, Flush: flush})
		},
		func() error { return stringlib.Open(s) },
	} {
		if err := open(); err != nil {
			return err
		}
	}
	return nil
}
