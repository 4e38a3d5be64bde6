// Package inlet is the standard input of a script. It is read in one of two ways: by
// calls that wait, such as io.read, or line by line, by a goroutine that holds up nobody
// but itself. Both have the same buffer, so that nothing is lost where the first way ends
// and the second begins. From there on the calls that wait are refused.
package inlet

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Stdin is the standard input of one script. Its methods belong to the goroutine that
// owns the script's state.
type Stdin struct {
	buffer *bufio.Reader // of that goroutine until there are Lines, then of readLoop
	source *source
	lines  *Lines
}

// New returns a Stdin that reads r. nil is an empty one.
func New(r io.Reader) *Stdin {
	if r == nil {
		r = strings.NewReader("")
	}
	source := &source{reader: r, before: func() {}}
	return &Stdin{buffer: bufio.NewReader(source), source: source}
}

// On returns r itself if it is a Stdin, and else one that reads it.
func On(r io.Reader) *Stdin {
	if s, ok := r.(*Stdin); ok {
		return s
	}
	return New(r)
}

// BeforeRead sets a function that is called before the input is read, on the goroutine
// that reads it. Call it before anything is read.
func (s *Stdin) BeforeRead(f func()) { s.source.before = f }

// Free returns a *TakenError if the input is read line by line.
func (s *Stdin) Free() error {
	if s.lines != nil {
		return &TakenError{s.lines.user}
	}
	return nil
}

// Buffer is the input for calls that wait. Ask Free before each use.
func (s *Stdin) Buffer() *bufio.Reader { return s.buffer }

// Read implements io.Reader, for a call that waits.
func (s *Stdin) Read(p []byte) (int, error) {
	if err := s.Free(); err != nil {
		return 0, err
	}
	return s.buffer.Read(p)
}

// ReadSlice is bufio.Reader's, for a call that waits.
func (s *Stdin) ReadSlice(delim byte) ([]byte, error) {
	if err := s.Free(); err != nil {
		return nil, err
	}
	return s.buffer.ReadSlice(delim)
}

// Lines returns the input line by line, from where calls that wait have stopped. user is
// its name for the script's author, such as "host.OnLine"; another user than the first
// one gets a *TakenError.
func (s *Stdin) Lines(user string, opts Options) (*Lines, error) {
	switch {
	case s.lines == nil:
		s.lines = newLines(s.buffer, s.source, user, opts)
	case s.lines.user != user:
		return nil, &TakenError{s.lines.user}
	}
	return s.lines, nil
}

// Close ends the goroutine that reads lines, and waits for it, unless it is inside a Read
// that does not return: then it ends after that.
func (s *Stdin) Close() {
	if s.lines != nil {
		s.lines.close()
	}
}

// TakenError refuses an input that is read line by line.
type TakenError struct{ User string }

func (e *TakenError) Error() string {
	return fmt.Sprintf("standard input is read by %s, and can be read in one way only", e.User)
}

// source is the reader below the buffer.
type source struct {
	reader io.Reader
	before func() // constant once anything is read

	mu      sync.Mutex // leaf; guards the fields below
	reading bool       // inside before or reader.Read
	closed  bool
}

// Read implements io.Reader. Once the source is closed it is at its end.
func (s *source) Read(p []byte) (int, error) {
	if !s.enter() {
		return 0, io.EOF
	}
	defer s.leave()
	s.before()
	return s.reader.Read(p)
}

func (s *source) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading = !s.closed
	return s.reading
}

func (s *source) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading = false
}

// close reports whether a Read is under way. No other begins.
func (s *source) close() (reading bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return s.reading
}
