package lualib

import (
	"bufio"
	"bytes"
	"io"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

// Stdout is the standard output of a script: print, io.write and the methods of io.stdout write to it. It is buffered;
// the host flushes it when a turn is over. Safe for concurrent use, so that a host may flush it while a script that
// does not end is still running.
type Stdout struct {
	mu       sync.Mutex // held across writes: they are what it puts in order
	buffer   *bufio.Writer
	mode     bufferMode
	finished bool // what is written is dropped
}

// bufferMode says when written bytes leave the buffer.
type bufferMode string

// The modes of setvbuf, in Lua's words.
const (
	bufferNone bufferMode = "no"
	bufferLine bufferMode = "line"
	bufferFull bufferMode = "full"
)

// NewStdout returns a Stdout on w. lines makes each line leave at once, as befits a terminal.
func NewStdout(w io.Writer, lines bool) *Stdout {
	mode := bufferFull
	if lines {
		mode = bufferLine
	}
	return &Stdout{buffer: bufio.NewWriterSize(w, 32<<10), mode: mode}
}

// Flush writes what is buffered. The error is the first one that writing met; it stays.
func (s *Stdout) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.Flush()
}

// Finish is a last Flush: what is written after it is dropped. A host calls it before it ends its process around a script
// that is still running, so that the output ends with a whole print or io.write, not where a full buffer left.
func (s *Stdout) Finish() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
	return s.buffer.Flush()
}

// write writes the parts in one go.
func (s *Stdout) write(parts ...[]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished {
		return nil
	}
	flush := s.mode == bufferNone
	for _, part := range parts {
		if _, err := s.buffer.Write(part); err != nil {
			return err
		}
		flush = flush || s.mode == bufferLine && bytes.IndexByte(part, '\n') >= 0
	}
	if flush {
		return s.buffer.Flush()
	}
	return nil
}

func (s *Stdout) setMode(mode bufferMode) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = mode
	return s.buffer.Flush()
}

// print calls the global tostring, which a script may have replaced.
func (s *Stdout) print(L *lua.LState) int {
	var line []byte
	convert := L.GetGlobal("tostring")
	for i, top := 1, L.GetTop(); i <= top; i++ {
		if i > 1 {
			line = append(line, '\t')
		}
		L.Push(convert)
		L.Push(L.Get(i))
		L.Call(1, 1)
		switch text := L.Get(-1).(type) {
		case lua.LString, lua.LNumber:
			line = append(line, textOf(text)...)
		default:
			Errorf(L, "'tostring' must return a string to 'print'")
		}
		L.Pop(1)
	}
	s.write(append(line, '\n')) //nolint:errcheck // print knows no errors; the next flush has it
	return 0
}

// luaResult gives true, or nil and what went wrong, as the io library does.
func luaResult(L *lua.LState, err error) int {
	if err == nil {
		L.Push(lua.LTrue)
		return 1
	}
	L.Push(lua.LNil)
	L.Push(lua.LString(err.Error()))
	return 2
}
