package lualib

import lua "github.com/yuin/gopher-lua"

// The VM means to say "stack overflow" and to go on, but its growing stack never thinks that it is full. The call behind
// the last one panics, handlers have no room to run, and a PCall that finds no room for its function leaves a stack of
// fewer calls than there are. The functions of this file tell these cases.

// overflowText is LuaJIT's, which has a position or none, as the stack's end happens to be.
const overflowText = lua.LString("stack overflow")

// vmOverflowed is the VM's text for a call that it has no room for.
const vmOverflowed = lua.LString("lua callstack overflow")

// overflowed reports whether an error of PCall is such a call. Its handler has not been called then.
func overflowed(err error) bool {
	raised, ok := err.(*lua.ApiError) //nolint:errorlint // PCall's own, each time that something is caught
	return ok && raised.Type == lua.ApiErrorPanic && raised.Object == vmOverflowed
}

// hasRoom reports whether so many more calls fit on L's stack.
func hasRoom(L *lua.LState, more int) bool {
	running := runningCall(L)
	if running.none() {
		return true
	}
	segments := (L.Options.CallStackSize + lua.FramesPerSegment - 1) / lua.FramesPerSegment
	return running.number()+1+more <= segments*lua.FramesPerSegment
}
