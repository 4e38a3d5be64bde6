package inlet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tidewire/tidewire/memory"
)

const (
	// maxWaiting is how many bytes of lines wait, with their ends, before the input is
	// read no further. A single longer line waits alone.
	maxWaiting = 64 << 10

	// chargeStep is how much of a line longer than maxWaiting is charged at a time.
	chargeStep = 1 << 20
)

// Options configures Lines. The zero value works.
type Options struct {
	// Wake is called when Next has something to return after it had nothing; from any
	// goroutine, without a lock. nil does nothing.
	Wake func()

	// MaxLine is the longest line, in bytes. A longer one ends the input with an error. 0
	// means no limit.
	MaxLine int64

	// Memory is charged for lines longer than 64 KiB. One that does not fit ends the input
	// with an error.
	Memory *memory.Account
}

// Lines is an input line by line, which a goroutine reads ahead: 64 KiB, and no further
// until Next has taken some. Next belongs to one goroutine.
type Lines struct {
	user   string  // constant
	opts   Options // constant
	source *source // constant
	done   chan struct{}

	// Owned by readLoop:
	buffer  *bufio.Reader
	long    []byte // the beginning of a line that is longer than the buffer
	charged int64  // for it

	mu      sync.Mutex // leaf; guards the fields below
	changed sync.Cond  // there is room, or closed
	waiting []byte     // lines with their ends; the first ones, up to taken, are gone
	taken   int
	held    int64 // charged for waiting
	ended   bool  // nothing follows
	err     error // why, if it is not the end of the input
	closed  bool
}

func newLines(buffer *bufio.Reader, source *source, user string, opts Options) *Lines {
	if opts.Wake == nil {
		opts.Wake = func() {}
	}
	l := &Lines{user: user, opts: opts, source: source, done: make(chan struct{}), buffer: buffer}
	l.changed.L = &l.mu
	go l.readLoop() // ended by the input's end, or by close, which joins it unless it is inside a Read
	return l
}

// Next returns the next line without its end, which is good until the next call. A last
// line without a newline counts. Without a line that waits the result is false, and Wake
// is called later; after the last line ended is true, with the reason if it is not the
// end of the input.
func (l *Lines) Next() (line []byte, found, ended bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.makeRoomLocked()
	rest := l.waiting[l.taken:]
	end := bytes.IndexByte(rest, '\n')
	if end < 0 {
		return nil, false, l.ended, l.err
	}
	l.taken += end + 1
	l.changed.Signal()
	return rest[:end:end], true, false, nil
}

// makeRoomLocked drops the lines that are gone. It moves bytes rarely, so that a line
// costs its own length.
func (l *Lines) makeRoomLocked() {
	switch {
	case l.taken == len(l.waiting):
		l.waiting, l.taken = l.waiting[:0], 0
		if cap(l.waiting) > 4*maxWaiting { // of a long line
			l.waiting = nil
		}
		l.opts.Memory.Release(l.held)
		l.held = 0
	case l.taken >= maxWaiting:
		l.waiting = append(l.waiting[:0], l.waiting[l.taken:]...)
		l.taken = 0
	}
}

// close ends readLoop.
func (l *Lines) close() {
	l.mu.Lock()
	l.closed = true
	l.opts.Memory.Release(l.held)
	l.held = 0
	l.changed.Broadcast()
	l.mu.Unlock()
	if !l.source.close() {
		<-l.done
	}
}

// readLoop reads lines until the input ends, or Lines is closed.
func (l *Lines) readLoop() {
	defer close(l.done)
	for {
		part, err := l.buffer.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			err = l.lengthen(part)
		} else if len(part)+len(l.long) > 0 {
			if problem := l.putLine(part); problem != nil {
				err = problem
			}
		}
		if err != nil {
			l.end(err)
			return
		}
	}
}

// lengthen adds to a line that is longer than the buffer.
func (l *Lines) lengthen(part []byte) error {
	if length := int64(len(l.long) + len(part)); l.opts.MaxLine > 0 && length > l.opts.MaxLine {
		return fmt.Errorf("a line of standard input is longer than %d bytes", l.opts.MaxLine)
	}
	for int64(len(l.long)+len(part)) > l.charged+maxWaiting {
		if err := l.opts.Memory.Charge(chargeStep); err != nil {
			return fmt.Errorf("a line of standard input is too long: %w", err)
		}
		l.charged += chargeStep
	}
	l.long = append(l.long, part...)
	return nil
}

// putLine hands over the line that ends in part, once there is room for it.
func (l *Lines) putLine(part []byte) error {
	if len(l.long) > 0 {
		if err := l.lengthen(part); err != nil {
			return err
		}
		part = l.long
	}
	wake := l.put(part)
	l.long, l.charged = nil, 0
	if wake {
		l.opts.Wake()
	}
	return nil
}

// put reports whether nothing had waited before.
func (l *Lines) put(line []byte) (wake bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for waiting := len(l.waiting) - l.taken; waiting > 0 && waiting+len(line) > maxWaiting && !l.closed; {
		l.changed.Wait()
		waiting = len(l.waiting) - l.taken
	}
	if l.closed {
		l.opts.Memory.Release(l.charged)
		return false
	}
	if wake = l.taken == len(l.waiting); wake && len(l.long) > 0 {
		l.waiting, l.taken = line, 0 // without a copy
	} else {
		l.waiting = append(l.waiting, line...)
	}
	if line[len(line)-1] != '\n' { // the last one of the input
		l.waiting = append(l.waiting, '\n')
	}
	l.held += l.charged
	return wake
}

// end notes that nothing follows.
func (l *Lines) end(err error) {
	l.opts.Memory.Release(l.charged)
	l.mu.Lock()
	l.ended = true
	if !errors.Is(err, io.EOF) {
		l.err = err
	}
	wake := !l.closed
	l.mu.Unlock()
	if wake {
		l.opts.Wake()
	}
}
