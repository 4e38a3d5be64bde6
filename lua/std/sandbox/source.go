package sandbox

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/tidewire/tidewire/permission"
)

// Sources opens Lua source for loadfile, dofile and require, as far as a Box allows it.
// The texts of its errors are for the script: those of files begin with the file's name.
type Sources struct {
	Box   *Box
	Stdin io.Reader // of loadfile without a name; nil means an empty one
}

// Open opens a file that may be read, or Stdin for the empty name.
func (s Sources) Open(name string) (io.ReadCloser, error) {
	if name == "" {
		stdin := s.Stdin
		if stdin == nil {
			stdin = strings.NewReader("")
		}
		return &source{s.Box, "stdin", stdin, io.NopCloser(nil)}, nil
	}
	f, err := s.Box.OpenFile(name, os.O_RDONLY)
	if err != nil {
		text, _ := s.Box.Describe(name, err)
		return nil, &wordedError{err, text}
	}
	return &source{s.Box, name, f, f}, nil
}

// OpenModule opens a file as Box.OpenModule does. A file that may not be read is an error
// that does not repeat the name; for any other reason there is none: fs.ErrNotExist.
func (s Sources) OpenModule(name string) (io.ReadCloser, error) {
	f, err := s.Box.OpenModule(name)
	var refused *permission.Refusal
	switch {
	case err == nil:
		return &source{s.Box, name, f, f}, nil
	case errors.As(err, &refused):
		return nil, &wordedError{refused, s.Box.Word(refused, permission.Bare)}
	}
	return nil, fs.ErrNotExist
}

// source is a file whose errors are worded.
type source struct {
	box  *Box
	name string
	io.Reader
	io.Closer
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		text, _ := s.box.Describe(s.name, err)
		err = &wordedError{err, text}
	}
	return n, err
}

// wordedError is an error in the words of Box.Describe or Options.Words.
type wordedError struct {
	cause error
	text  string
}

func (w *wordedError) Error() string { return w.text }
func (w *wordedError) Unwrap() error { return w.cause }
