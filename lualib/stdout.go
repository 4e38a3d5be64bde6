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
	mu     sync.Mutex // held across writes: they are what it puts in order
	buffer *bufio.Writer
	mode   bufferMode
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

// write writes the parts in one go.
func (s *Stdout) write(parts ...[]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
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

// open makes L's print, io and io.stdout write to s. The VM's own would write to the process's standard output past any
// buffer, and io.stdout:close() would close it.
func (s *Stdout) open(L *lua.LState) {
	lib := L.GetGlobal(lua.IoLibName).(*lua.LTable)
	stdout := lib.RawGetString("stdout")
	methods := L.GetMetatable(stdout).(*lua.LTable)

	isStdout := func(L *lua.LState) bool { return L.Get(1) == stdout }
	output := lib.RawGetString("output")
	isDefault := func(L *lua.LState) bool {
		L.Push(output)
		L.Call(0, 1)
		defer L.Pop(1)
		return L.Get(-1) == stdout
	}
	isDefaultClosed := func(L *lua.LState) bool {
		return isStdout(L) || L.GetTop() == 0 && isDefault(L)
	}

	L.SetGlobal("print", L.NewFunction(s.print))
	replace(L, lib, "write", isDefault, func(L *lua.LState) int { return s.luaWrite(L, 1) })
	replace(L, lib, "flush", isDefault, s.luaFlush)
	replace(L, lib, "close", isDefaultClosed, luaClose)
	replace(L, methods, "write", isStdout, func(L *lua.LState) int { return s.luaWrite(L, 2) })
	replace(L, methods, "flush", isStdout, s.luaFlush)
	replace(L, methods, "close", isStdout, luaClose)
	replace(L, methods, "setvbuf", isStdout, s.luaSetvbuf)
	s.flushBefore(L, lib, "read") // a question is seen before its answer is awaited
	s.flushBefore(L, methods, "read")
}

// replace makes lib[name] call ours when it is meant for stdout, and what was there before otherwise.
func replace(L *lua.LState, lib *lua.LTable, name string, ours func(*lua.LState) bool, f lua.LGFunction) {
	stock := lib.RawGetString(name)
	lib.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
		if ours(L) {
			return f(L)
		}
		return forward(L, stock)
	}))
}

func (s *Stdout) flushBefore(L *lua.LState, lib *lua.LTable, name string) {
	stock := lib.RawGetString(name)
	lib.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
		s.Flush() //nolint:errcheck // the error stays and meets the next write
		return forward(L, stock)
	}))
}

// forward calls f with the running function's own arguments.
func forward(L *lua.LState, f lua.LValue) int {
	top := L.GetTop()
	L.Push(f)
	for i := 1; i <= top; i++ {
		L.Push(L.Get(i))
	}
	L.Call(top, lua.MultRet)
	return L.GetTop() - top
}

func (s *Stdout) print(L *lua.LState) int {
	var line bytes.Buffer
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			line.WriteByte('\t')
		}
		line.WriteString(L.ToStringMeta(L.Get(i)).String())
	}
	line.WriteByte('\n')
	s.write(line.Bytes()) //nolint:errcheck // print knows no errors; the next flush has it
	return 0
}

func (s *Stdout) luaWrite(L *lua.LState, first int) int {
	var parts [][]byte
	for i := first; i <= L.GetTop(); i++ {
		parts = append(parts, []byte(CheckString(L, i)))
	}
	return luaResult(L, s.write(parts...))
}

func (s *Stdout) luaFlush(L *lua.LState) int { return luaResult(L, s.Flush()) }

func (s *Stdout) luaSetvbuf(L *lua.LState) int {
	mode := bufferMode(CheckString(L, 2))
	switch mode {
	case bufferNone, bufferLine, bufferFull:
		return luaResult(L, s.setMode(mode))
	}
	ArgError(L, 2, "invalid option '"+string(mode)+"'")
	return 0
}

func luaClose(L *lua.LState) int {
	L.Push(lua.LNil)
	L.Push(lua.LString("cannot close standard file"))
	return 2
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
