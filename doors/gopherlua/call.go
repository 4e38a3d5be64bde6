package gopherlua

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Error is an error of a callback.
type Error struct {
	Text      string // the error object as text, with file:line if Lua code raised it
	Traceback string // "stack traceback:\n\t…"
}

func (e *Error) Error() string {
	if e.Traceback == "" {
		return e.Text
	}
	return e.Text + "\n" + e.Traceback
}

// call calls a callback with arguments, drops its results, and returns an *Error. The
// stack of the main coroutine has the guard, the callback and nargs arguments on top.
func (m *Module) call(nargs int) error {
	err := m.main.PCall(nargs+1, 0, nil)
	if err == nil {
		return nil
	}
	// An error that leaves a wrapped coroutine leaves the VM thinking that it still runs.
	m.main.G.CurrentThread = m.main
	var raised *lua.ApiError
	if !errors.As(err, &raised) {
		return &Error{Text: err.Error()}
	}
	return &Error{Text: m.textOf(raised.Object), Traceback: raised.StackTrace}
}

// callGuarded is the guard, a function of Lua that calls its first argument with the
// others. It makes the traceback of an error. PCall would make one, too, but panics at
// some names of functions, and leaves the VM's stack in disorder then.
func (m *Module) callGuarded(L *lua.LState) int {
	defer m.addTraceback(L)
	L.Call(L.GetTop()-1, lua.MultRet)
	return L.GetTop()
}

// addTraceback is deferred by callGuarded. It makes a Lua error of any panic.
func (m *Module) addTraceback(L *lua.LState) {
	var raised *lua.ApiError
	switch recovered := recover().(type) {
	case nil:
		return
	case *lua.ApiError:
		raised = recovered
	default:
		raised = raisedAs(L, fmt.Sprint(recovered))
	}
	raised.StackTrace = m.traceback(L)
	panic(raised)
}

// raisedAs raises a text and returns the error as PCall would get it. To raise closes the
// upvalues of the code that is being left, which a mere panic does not.
func raisedAs(L *lua.LState, text string) (raised *lua.ApiError) {
	defer func() { raised, _ = recover().(*lua.ApiError) }()
	L.Error(lua.LString(text), 0)
	return nil
}

// textOf is an error object as lua.c prints it. A __tostring that raises is ignored.
func (m *Module) textOf(object lua.LValue) string {
	L := m.main
	switch object := object.(type) {
	case lua.LString, lua.LNumber:
		return object.String()
	case nil:
		return "unknown error"
	}
	if method := L.GetMetaField(object, "__tostring"); method != lua.LNil {
		L.Push(m.guard)
		L.Push(method)
		L.Push(object)
		if L.PCall(2, 1, nil) == nil {
			defer L.Pop(1)
			if text, ok := L.Get(-1).(lua.LString); ok {
				return string(text)
			}
		}
	}
	return fmt.Sprintf("(error object is a %s value)", object.Type())
}

// traceback describes the calls on L's stack in Lua's words, without the middle of many.
func (m *Module) traceback(L *lua.LState) string {
	const first, last = 12, 10
	var out strings.Builder
	out.WriteString("stack traceback:")
	for level, end := 0, depth(L); level < end; level++ {
		if level == first && end-level > last+1 {
			out.WriteString("\n\t...")
			level = end - last
		}
		if line := m.describe(L, level); line != "" {
			out.WriteString("\n\t" + line)
		}
	}
	return out.String()
}

// depth returns how many levels L's stack has. GetStack takes time in proportion to a
// level.
func depth(L *lua.LState) int {
	has := func(level int) bool { _, ok := L.GetStack(level); return ok }
	low, high := 0, 1 // has(low-1), as far as there is one
	for has(high) {
		low, high = high+1, high*2
	}
	for low < high {
		if middle := (low + high) / 2; has(middle) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// describe is the line of a traceback for a level. It is "" for a level that a script
// does not know of: the guard, and a function that a tail call has replaced.
func (m *Module) describe(L *lua.LState, level int) string {
	frame, ok := L.GetStack(level)
	if !ok {
		return ""
	}
	value, err := L.GetInfo("Slnf", frame, lua.LNil)
	function, ok := value.(*lua.LFunction)
	if err != nil || !ok || function == m.guard {
		return ""
	}
	if _, deeper := L.GetStack(level + 1); deeper && frame.What == "main" {
		return "" // for a level that is lost the VM returns the outermost call
	}
	switch {
	case function.IsG && frame.Name == unnamed:
		return "[C]: ?"
	case function.IsG:
		return "[C]: in function '" + frame.Name + "'"
	case function.Proto.LineDefined == 0:
		return fmt.Sprintf("%s:%d: in main chunk", frame.Source, frame.CurrentLine)
	case strings.HasPrefix(frame.Name, "<"): // the VM's for a function without a name
		return fmt.Sprintf("%s:%d: in function %s", frame.Source, frame.CurrentLine, frame.Name)
	}
	return fmt.Sprintf("%s:%d: in function '%s'", frame.Source, frame.CurrentLine, frame.Name)
}
