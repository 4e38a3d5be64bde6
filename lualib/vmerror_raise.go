package lualib

import (
	"context"

	lua "github.com/yuin/gopher-lua"
)

// The VM calls a state's Panic where an error is raised, with everything still on the stack, and everybody may set that
// field. But the VM sets it, too, when a call of the host or a coroutine begins, after whatever one could do about it;
// except that in front of each instruction it asks the context: the Interrupt for the main coroutine, whose call the
// host begins, and this one for each of the others.

// firstInstruction is the context of a coroutine until its first instruction; then the one that it holds is. The
// coroutine must begin in Lua code, so that nothing else comes in front.
type firstInstruction struct {
	context.Context
	L *lua.LState
}

// Done makes errors of L be raised in LuaJIT's words.
func (f *firstInstruction) Done() <-chan struct{} {
	f.L.Panic = raise
	f.L.SetContext(f.Context)
	return f.Context.Done()
}

// raise is the VM's own way to raise the object on top of L's stack, but for the words, and for the traceback of what
// nothing in L catches. It does not return.
func raise(L *lua.LState) {
	InterruptOf(L).raised(L)
	raised := &lua.ApiError{Type: lua.ApiErrorRun, Object: inLuaJITsWords(L, runningCall(L), L.Get(-1))}
	if L.Parent == nil && vm.known {
		raised.StackTrace = traceback(L, 0)
	}
	panic(raised)
}
