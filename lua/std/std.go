// Package std opens Lua's standard libraries in a state.
package std

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std/internal/baselib"
	"github.com/tidewire/tidewire/lua/std/internal/bitlib"
	"github.com/tidewire/tidewire/lua/std/internal/corolib"
	"github.com/tidewire/tidewire/lua/std/internal/debuglib"
	"github.com/tidewire/tidewire/lua/std/internal/iolib"
	"github.com/tidewire/tidewire/lua/std/internal/jitlib"
	"github.com/tidewire/tidewire/lua/std/internal/mathlib"
	"github.com/tidewire/tidewire/lua/std/internal/oslib"
	"github.com/tidewire/tidewire/lua/std/internal/packagelib"
	"github.com/tidewire/tidewire/lua/std/internal/stringlib"
	"github.com/tidewire/tidewire/lua/std/internal/tablelib"
	"github.com/tidewire/tidewire/lua/std/sandbox"
)

// Options has the parts of the system that the libraries may reach. The zero value opens
// only functions that compute.
type Options struct {
	// Stdin is the input of io.read and io.stdin, and of loadfile without a name. nil
	// means an empty one.
	Stdin io.Reader

	// Stdout is the output of print, io.write and io.stdout, without a buffer. nil
	// discards it.
	Stdout io.Writer

	// Stderr is the output of io.stderr. nil discards it.
	Stderr io.Writer

	// Box has the script's permissions in the system: files, programs, environment
	// variables. nil allows nothing.
	Box *sandbox.Box

	// ModuleDirs are the directories that package.path names. The Box must have them,
	// too, or allow reading them.
	ModuleDirs []string

	// ModuleHint returns the last line of the error of require for a module that nothing
	// finds, such as the name that was probably meant, or "". It is asked about names of
	// at most 64 bytes. nil has no lines.
	ModuleHint func(name string) string

	// Exit carries out os.exit: it returns State.Unwind's error. nil ends the outermost
	// call with an error in which errors.As finds an ExitError.
	Exit func(code int) error

	// Logger receives messages for the script's author. nil discards them.
	Logger *slog.Logger
}

// An ExitError is the cause of the error with which os.exit ends the outermost call,
// unless Options.Exit says otherwise.
type ExitError struct{ Code int }

func (e ExitError) Error() string { return fmt.Sprintf("os.exit(%d)", e.Code) }

// Open opens all libraries.
func Open(s *lua.State, opts Options) error {
	box := opts.Box
	if box == nil {
		box = sandbox.New(sandbox.Options{})
	}
	exit := opts.Exit
	if exit == nil {
		exit = func(code int) error { return s.Unwind(ExitError{code}) }
	}
	streams := iolib.NewStreams(opts.Stdin, opts.Stdout, opts.Stderr)
	sources := sandbox.Sources{Box: box, Stdin: streams.Stdin}
	flush := func() { _ = streams.Stdout.Flush() } // the error stays there for the next write
	for _, open := range []func() error{
		func() error { return baselib.Open(s, baselib.Options{Stdout: streams.Stdout, Files: sources}) },
		func() error { return corolib.Open(s) },
		func() error { return debuglib.Open(s, debuglib.Console{In: streams.Stdin, Out: streams.Stderr}) },
		func() error { return mathlib.Open(s) },
		func() error { return bitlib.Open(s) },
		func() error { return iolib.Open(s, box, streams) },
		func() error { return jitlib.Open(s) },
		func() error {
			return packagelib.Open(s, packagelib.Options{
				Path: packagelib.Path(opts.ModuleDirs), Files: sources, Hint: opts.ModuleHint,
			})
		},
		func() error { return tablelib.Open(s) }, // after package, whose preload it uses
		func() error {
			return oslib.Open(s, oslib.Options{Box: box, Logger: opts.Logger, Exit: exit, Flush: flush})
		},
		func() error { return stringlib.Open(s) },
	} {
		if err := open(); err != nil {
			return err
		}
	}
	return nil
}
