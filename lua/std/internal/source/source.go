// Package source reads and compiles chunks for the libraries that load them, within a
// state's limits.
package source

import (
	"errors"
	"io"
	"strings"

	"github.com/tidewire/tidewire/lua"
)

// Read reads all of a file into a string of the state. An error other than Lua's is the
// file's.
func Read(s *lua.State, file io.Reader) (string, error) {
	b := s.NewBuilder()
	defer b.Reset()
	buffer := make([]byte, 32<<10)
	for {
		n, err := file.Read(buffer)
		if !b.WriteBytes(buffer[:n]) {
			return "", b.Err()
		}
		switch {
		case errors.Is(err, io.EOF):
			return Text(b)
		case err != nil:
			return "", err
		}
		if err := s.Step(1 + n/64); err != nil {
			return "", err
		}
	}
}

// Text makes a string of the state from a builder's text, and returns it without a copy.
func Text(b *lua.Builder) (string, error) {
	v, err := b.Value()
	if err != nil {
		return "", err
	}
	text, _ := v.AsString()
	return text, nil
}

// Compile makes a function of source, which is of a kind that mode allows: "t" for text,
// "b" for a dump of string.dump. Its environment is that of the coroutine that runs.
func Compile(s *lua.State, source, name, mode string) (lua.Value, error) {
	f, err := compile(s, source, name, mode)
	if err == nil {
		s.SetEnv(f, s.Env(s.Thread().Value()))
	}
	return f, err
}

func compile(s *lua.State, source, name, mode string) (lua.Value, error) {
	if err := s.Step(len(mode) / 64); err != nil {
		return lua.Nil, err
	}
	if strings.HasPrefix(source, "\x1b") {
		if !strings.Contains(mode, "b") {
			return lua.Nil, errMode
		}
		return s.Undump(source, name)
	}
	if !strings.Contains(mode, "t") {
		return lua.Nil, errMode
	}
	return s.LoadString(source, name)
}

var errMode = errors.New("attempt to load chunk with wrong mode")
