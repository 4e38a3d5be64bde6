// Package std opens Lua's standard libraries in a state.
package std

import (
	"io"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std/baselib"
	"github.com/tidewire/tidewire/lua/std/corolib"
)

// Options says what the libraries may reach. The zero value opens what only computes.
type Options struct {
	// Stdout is what print writes to. nil discards it.
	Stdout io.Writer

	// Files reads the files of dofile and loadfile. nil means that there are none.
	Files baselib.Files
}

// Open opens all libraries.
func Open(s *lua.State, opts Options) error {
	for _, open := range []func() error{
		func() error { return baselib.Open(s, baselib.Options{Stdout: opts.Stdout, Files: opts.Files}) },
		func() error { return corolib.Open(s) },
	} {
		if err := open(); err != nil {
			return err
		}
	}
	return nil
}
