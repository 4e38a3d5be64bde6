package iolib

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tidewire/tidewire/internal/inlet"
	"github.com/tidewire/tidewire/internal/outlet"
	"github.com/tidewire/tidewire/lua"
)

const (
	// bufferSize is the size of each of a file's buffers.
	bufferSize = 8 << 10

	// dropPatience is how long a pipe may take for the rest of a dropped file.
	dropPatience = 10 * time.Millisecond

	// fileBytes is the memory of an open file without buffers, for the state's limit.
	fileBytes = 512
)

// file is the Go value of a Lua file: one on disk, a pipe to or from a program, or one of
// the three streams.
type file struct {
	library *library

	source io.Reader      // nil if it cannot be read
	target io.Writer      // nil if it cannot be written
	disk   *os.File       // nil if it cannot seek
	stdin  *inlet.Stdin   // of io.stdin alone
	stdout *outlet.Stdout // of io.stdout alone, in place of target
	end    func() error   // closes it; nil for the streams, which are the embedder's
	quit   func()         // in place of end for a file that the script has dropped; nil means end

	reader  *bufio.Reader // made by the first read
	pending []byte        // written, but not to target; cap is bufferSize after the first write
	mode    outlet.Mode   // when pending leaves; "" is Full

	place    int // in library.open
	reserved int // bytes of the state's memory
	done     bool
}

// closedFile is the value of every closed file, so that it takes no memory of its own.
var closedFile = &file{done: true}

func (f *file) closed() bool { return f.done }

// newFile makes a Lua file of an open one. If there is no room for it, it is closed.
func (l *library) newFile(f *file) (lua.Value, error) {
	if err := l.s.Reserve(fileBytes); err != nil {
		f.drop()
		return lua.Nil, err
	}
	f.library, f.reserved, f.place = l, fileBytes, len(l.open)
	l.open = append(l.open, f)
	return l.s.NewUserdata(f, l.meta), nil
}

// makeRoom refuses one more file if too many are open, after it has closed those that the
// script has dropped.
func (l *library) makeRoom() error {
	if err := l.s.Step(systemSteps); err != nil {
		return err
	}
	if len(l.open) < maxFiles {
		return nil
	}
	if _, err := l.s.Collect(); err != nil {
		return err
	}
	if len(l.open) < maxFiles {
		return nil
	}
	return errTooManyFiles
}

// shut closes a file, and returns its results.
func (l *library) shut(c *lua.Call, u *lua.Userdata, f *file) error {
	if f.end == nil {
		text, err := l.s.String("cannot close standard file")
		if err != nil {
			return err
		}
		return c.Return(lua.Nil, text)
	}
	if err := l.s.Step(systemSteps); err != nil {
		return err
	}
	u.SetData(closedFile)
	f.forget()
	return l.outcome(c, "", errors.Join(f.flush(), f.end()))
}

// forget takes a file out of the state's account.
func (f *file) forget() {
	l := f.library
	last := len(l.open) - 1
	l.open[f.place] = l.open[last]
	l.open[f.place].place = f.place
	l.open[last] = nil
	l.open = l.open[:last]
	l.s.Unreserve(f.reserved)
	f.done = true
}

// collectFile is the metamethod __gc.
func collectFile(c *lua.Call) error {
	u, f, err := fileAt(c, 1)
	if err != nil {
		return err
	}
	if !f.closed() && f.end != nil {
		f.Finalize()
		u.SetData(closedFile)
	}
	return c.Return()
}

// Finalize implements lua.Finalizer: it closes a file that the script has dropped. It
// waits for no program.
func (f *file) Finalize() {
	if f.done || f.end == nil {
		return
	}
	f.forget()
	f.drop()
}

// drop closes a file that nobody waits for, nor for a program that does not read.
func (f *file) drop() {
	if pipe, ok := f.target.(interface{ SetWriteDeadline(time.Time) error }); ok {
		_ = pipe.SetWriteDeadline(time.Now().Add(dropPatience)) // fails on disks, which take the rest at once
	}
	_ = f.flush() // nobody is left who could see the error
	if f.quit != nil {
		f.quit()
	} else {
		_ = f.end()
	}
}

// fileToString is the metamethod __tostring.
func fileToString(c *lua.Call) error {
	_, f, err := fileAt(c, 1)
	if err != nil {
		return err
	}
	if f.closed() {
		return c.ReturnString("file (closed)")
	}
	return c.ReturnString(fmt.Sprintf("file (%p)", f))
}

// beginReading flushes pending output, then makes the reader.
func (l *library) beginReading(f *file) error {
	if f.stdin != nil {
		if err := f.stdin.Free(); err != nil {
			return l.s.Errorf("%v", err) // a mistake of the script's, so it raises
		}
	}
	if err := f.flush(); err != nil {
		return err
	}
	if f.reader == nil {
		if err := l.reserve(f); err != nil {
			return err
		}
		f.reader = bufio.NewReaderSize(f.source, bufferSize)
	}
	return nil
}

// beginWriting makes the buffer, and goes back to where the script has read to.
func (l *library) beginWriting(f *file) error {
	if f.disk != nil && f.reader != nil && f.reader.Buffered() > 0 {
		if err := f.dropRead(); err != nil {
			return err
		}
	}
	if f.pending == nil {
		if err := l.reserve(f); err != nil {
			return err
		}
		f.pending = make([]byte, 0, bufferSize)
	}
	return nil
}

// reserve counts a buffer.
func (l *library) reserve(f *file) error {
	if f.end == nil {
		return nil // a stream's buffers are the embedder's
	}
	if err := l.s.Reserve(bufferSize); err != nil {
		return err
	}
	f.reserved += bufferSize
	return nil
}

// dropRead gives back the bytes that were read ahead.
func (f *file) dropRead() error {
	if f.reader == nil {
		return nil
	}
	_, err := f.disk.Seek(-int64(f.reader.Buffered()), io.SeekCurrent)
	f.reader.Reset(f.source)
	return err
}

// put writes a text after earlier ones. The rest of a failed write stays for the next
// one, as long as the buffer has room.
func (f *file) put(text string) error {
	for len(text) > cap(f.pending)-len(f.pending) {
		if len(f.pending) == 0 {
			n, err := io.WriteString(f.target, text)
			if err == nil && n < len(text) {
				err = io.ErrShortWrite
			}
			return err
		}
		room := cap(f.pending) - len(f.pending)
		f.pending = append(f.pending, text[:room]...)
		text = text[room:]
		if err := f.flush(); err != nil {
			return err
		}
	}
	f.pending = append(f.pending, text...)
	return nil
}

// flush writes pending output.
func (f *file) flush() error {
	if len(f.pending) == 0 {
		return nil
	}
	n, err := f.target.Write(f.pending)
	if err == nil && n < len(f.pending) {
		err = io.ErrShortWrite
	}
	f.pending = f.pending[:copy(f.pending, f.pending[max(n, 0):])]
	return err
}
