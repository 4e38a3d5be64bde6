package lualib

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Error is a Lua error that reached the host.
type Error struct {
	Text      string // the error object as text, with file:line if Lua code raised it
	Traceback string // "stack traceback:\n\t…", empty for an error of the compiler
}

func (e *Error) Error() string {
	if e.Traceback == "" {
		return e.Text
	}
	return e.Text + "\n" + e.Traceback
}

// Call is CallAs without a name.
func Call(L *lua.LState, nargs int) error { return CallAs(L, "", nargs) }

// CallAs calls the function below the top nargs values of L's stack with these, drops its results, and turns an error
// into an *Error. It is how a host enters Lua: of the main chunk, of a callback, of a timer. L must be the main
// coroutine.
//
// where is what the script's author calls it, such as "onMessage", for Watch to name it. In a state of New, CallAs is also
// where an Interrupt ends: code unwound by host.Exit is no error, code unwound by Stop or Kill is one, whose text is the
// reason and whose traceback says where it ran, and after Kill nothing is called at all.
func CallAs(L *lua.LState, where string, nargs int) error {
	in := InterruptOf(L)
	if in == nil || in.phase().is(running) { // nested: the outer Call ends the interrupt
		return asError(protect(L, nargs))
	}
	if !in.enter(where, L.Get(-nargs-1)) {
		L.Pop(nargs + 1)
		return nil
	}
	err := protect(L, nargs)
	switch reason := in.leave(); {
	case errors.Is(reason, errExit):
		return nil
	case reason != nil && err != nil:
		err.Text = reason.Error()
		if in.stack != "" {
			err.Traceback = in.stack
		}
	}
	return asError(err)
}

// asError keeps a nil pointer from becoming an error that is not nil.
func asError(err *Error) error {
	if err == nil {
		return nil
	}
	return err
}

// protect is a PCall whose error is text by the time it returns.
func protect(L *lua.LState, nargs int) *Error {
	called := L.Get(-nargs - 1)
	in := InterruptOf(L)
	if f, ok := called.(*lua.LFunction); ok && !f.IsG && in != nil {
		in.begins = L
	}
	err := L.PCall(nargs, 0, nil)
	if in != nil {
		in.begins = nil // there may have been no instruction
	}
	if err == nil {
		return nil
	}
	// An error that leaves a wrapped coroutine leaves the VM thinking that this coroutine still runs.
	L.G.CurrentThread = L
	failed := errorOf(L, err)
	failed.Traceback = theirs(failed.Traceback, called)
	return failed
}

// theirs makes a traceback of the VM's what Lua writes: functions of Go count as C's. It takes whatever was called for the
// main chunk, and adds a line that says nothing. The VM writes one where our own could not be (see raise).
func theirs(traceback string, called lua.LValue) string {
	traceback = strings.TrimSuffix(traceback, "\n\t[G]: ?")
	traceback = strings.ReplaceAll(traceback, "\n\t[G]: ", "\n\t[C]: ")
	f, ok := called.(*lua.LFunction)
	if !ok || f.IsG || f.Proto.LineDefined == 0 { // which is how one tells a main chunk
		return traceback
	}
	if inner, ok := strings.CutSuffix(traceback, "main chunk"); ok {
		return fmt.Sprintf("%sfunction <%s:%d>", inner, f.Proto.SourceName, f.Proto.LineDefined)
	}
	return traceback
}

// errorOf makes an *Error of what PCall or Load returned.
func errorOf(L *lua.LState, err error) *Error {
	var raised *lua.ApiError
	if !errors.As(err, &raised) {
		return &Error{Text: err.Error()}
	}
	if overflowed(err) {
		raised.Object = overflowText
	}
	return &Error{Text: objectText(L, raised.Object), Traceback: raised.StackTrace}
}

// objectText is what lua.c prints of an error object. A __tostring that raises in its turn is passed over.
func objectText(L *lua.LState, object lua.LValue) string {
	switch object := object.(type) {
	case lua.LString, lua.LNumber:
		return object.String()
	case nil:
		return "unknown error"
	}
	if method := L.GetMetaField(object, "__tostring"); method != lua.LNil {
		L.Push(method)
		L.Push(object)
		if L.PCall(1, 1, nil) == nil {
			defer L.Pop(1)
			if text, ok := L.Get(-1).(lua.LString); ok {
				return string(text)
			}
		}
	}
	return fmt.Sprintf("(error object is a %s value)", object.Type())
}
