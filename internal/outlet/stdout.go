package outlet

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"sync"
)

// Stdout is the standard output of a script: print, io.write and the methods of io.stdout
// write to it. It is buffered; the loop flushes it when a turn is over. Safe for
// concurrent use, so that another goroutine may flush it while a script that does not end
// is still running.
type Stdout struct {
	mu       sync.Mutex // held across writes, to keep them in order
	buffer   *bufio.Writer
	mode     Mode
	finished bool // later writes are dropped
}

// A Mode says when written bytes leave the buffer.
type Mode string

// The modes, in the words of Lua's setvbuf.
const (
	Unbuffered Mode = "no"   // at once
	Lines      Mode = "line" // with each line
	Full       Mode = "full" // when the buffer is full, or flushed
)

// stdoutBuffer is how many bytes wait at most for a flush.
const stdoutBuffer = 32 << 10

// NewStdout returns a Stdout on w. lines makes each line leave at once, as befits a
// terminal.
func NewStdout(w io.Writer, lines bool) *Stdout {
	mode := Full
	if lines {
		mode = Lines
	}
	return &Stdout{buffer: bufio.NewWriterSize(w, stdoutBuffer), mode: mode}
}

// Write implements io.Writer.
func (s *Stdout) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished {
		return len(p), nil
	}
	n, err := s.buffer.Write(p)
	if err == nil && (s.mode == Unbuffered || s.mode == Lines && bytes.IndexByte(p, '\n') >= 0) {
		err = s.buffer.Flush()
	}
	return n, err
}

// WriteString implements io.StringWriter.
func (s *Stdout) WriteString(text string) (int, error) {
	if err := s.WriteStrings(text); err != nil {
		return 0, err
	}
	return len(text), nil
}

// WriteStrings writes the parts in one go: no other writer and no Finish comes in
// between. It copies no part that is larger than the buffer as a whole.
func (s *Stdout) WriteStrings(parts ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished {
		return nil
	}
	flush := s.mode == Unbuffered
	for _, part := range parts {
		if _, err := s.buffer.WriteString(part); err != nil {
			return err
		}
		flush = flush || s.mode == Lines && strings.IndexByte(part, '\n') >= 0
	}
	if flush {
		return s.buffer.Flush()
	}
	return nil
}

// Flush writes the buffer. The error is the first one that writing met; it stays.
func (s *Stdout) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.Flush()
}

// Finish is a last Flush: later writes are dropped. It is called before the process ends
// around a script that is still running, so that the output ends with a whole print or
// io.write, not where a full buffer left.
func (s *Stdout) Finish() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
	return s.buffer.Flush()
}

// SetMode flushes, and changes when written bytes leave.
func (s *Stdout) SetMode(mode Mode) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = mode
	return s.buffer.Flush()
}

// StdoutOn returns w itself if it is a Stdout, and else one that writes to w at once. nil
// discards.
func StdoutOn(w io.Writer) *Stdout {
	if s, ok := w.(*Stdout); ok {
		return s
	}
	if w == nil {
		w = io.Discard
	}
	return &Stdout{buffer: bufio.NewWriter(w), mode: Unbuffered}
}
