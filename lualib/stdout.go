package lualib

import (
	"io"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/internal/outlet"
)

// Stdout is the standard output of a script: print, io.write and the methods of io.stdout
// write to it.
type Stdout = outlet.Stdout

// NewStdout returns a Stdout on w. lines makes each line leave at once, as befits a terminal.
func NewStdout(w io.Writer, lines bool) *Stdout { return outlet.NewStdout(w, lines) }

// printTo is print. It calls the global tostring, which a script may have replaced.
func printTo(s *Stdout) lua.LGFunction {
	return func(L *lua.LState) int {
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
		s.Write(append(line, '\n')) //nolint:errcheck // print knows no errors; the next flush has it
		return 0
	}
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
