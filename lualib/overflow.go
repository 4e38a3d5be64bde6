package lualib

import (
	"errors"
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// The VM means to say "stack overflow" and to go on, but its growing stack never thinks that it is full. The call behind
// the last one panics, handlers have no room to run, and a PCall that finds no room for its function leaves a stack of
// fewer calls than there are. The functions of this file tell these cases.

// overflowText is LuaJIT's, which has a position or none, as the stack's end happens to be.
const overflowText = lua.LString("stack overflow")

// vmOverflowed is the VM's text for a call that it has no room for.
const vmOverflowed = lua.LString("lua callstack overflow")

// overflowed reports whether an error of PCall is such a call. Its handler has not been called then.
func overflowed(err error) bool {
	var raised *lua.ApiError
	return errors.As(err, &raised) && raised.Type == lua.ApiErrorPanic && raised.Object == vmOverflowed
}

// hasRoom reports whether so many more calls fit on L's stack, on which there must be one at least.
func hasRoom(L *lua.LState, more int) bool {
	frame := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), currentFrameField))
	calls := *(*int)(unsafe.Add(frame, frameIndexField)) + 1
	segments := (L.Options.CallStackSize + lua.FramesPerSegment - 1) / lua.FramesPerSegment
	return calls+more <= segments*lua.FramesPerSegment
}

// The places of an LState's running call and of that one's number.
var currentFrameField, frameIndexField, framesKnown = knowFrames()

func knowFrames() (current, index uintptr, known bool) {
	frame, found := reflect.TypeFor[lua.LState]().FieldByName("currentFrame")
	if !found || frame.Type.Kind() != reflect.Pointer || frame.Type.Elem().Kind() != reflect.Struct {
		return 0, 0, false
	}
	number, found := frame.Type.Elem().FieldByName("Idx")
	return frame.Offset, number.Offset, found && number.Type.Kind() == reflect.Int
}
