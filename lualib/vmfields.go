package lualib

import (
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// The VM does not export its calls, nor a few fields of a state that protected calls need. They are read where
// reflection has found them once. In a VM with other fields what needs them is left undone: vm.known is false.

// vm has the places of fields in their structs.
var vm = knowVM()

type vmFields struct {
	known bool

	currentFrame, hasErrorFunc, uvcache uintptr // of a state
	debugFrame                          uintptr // of a lua.Debug
	parent, fn, idx, pc, localBase      uintptr // of a call
	next, index                         uintptr // of an upvalue
}

func knowVM() (places vmFields) {
	state, debug, upvalue := reflect.TypeFor[lua.LState](), reflect.TypeFor[lua.Debug](), reflect.TypeFor[lua.Upvalue]()
	call, found := debug.FieldByName("frame")
	if !found || call.Type.Kind() != reflect.Pointer || call.Type.Elem().Kind() != reflect.Struct {
		return vmFields{}
	}
	for _, field := range []struct {
		in    reflect.Type
		name  string
		is    reflect.Type
		place *uintptr
	}{
		{state, "currentFrame", call.Type, &places.currentFrame},
		{state, "hasErrorFunc", reflect.TypeFor[bool](), &places.hasErrorFunc},
		{state, "uvcache", reflect.PointerTo(upvalue), &places.uvcache},
		{debug, "frame", call.Type, &places.debugFrame},
		{call.Type.Elem(), "Parent", call.Type, &places.parent},
		{call.Type.Elem(), "Fn", reflect.TypeFor[*lua.LFunction](), &places.fn},
		{call.Type.Elem(), "Idx", reflect.TypeFor[int](), &places.idx},
		{call.Type.Elem(), "Pc", reflect.TypeFor[int](), &places.pc},
		{call.Type.Elem(), "LocalBase", reflect.TypeFor[int](), &places.localBase},
		{upvalue, "next", reflect.PointerTo(upvalue), &places.next},
		{upvalue, "index", reflect.TypeFor[int](), &places.index},
	} {
		found, ok := field.in.FieldByName(field.name)
		if !ok || found.Type != field.is {
			return vmFields{}
		}
		*field.place = found.Offset
	}
	places.known = true
	return places
}

// fieldAt returns the field of type T at a place in a struct.
func fieldAt[T any](in unsafe.Pointer, place uintptr) *T { return (*T)(unsafe.Add(in, place)) }

// handlerNote is a state's note that a handler is set: PCall's last argument.
func handlerNote(L *lua.LState) *bool { return fieldAt[bool](unsafe.Pointer(L), vm.hasErrorFunc) }

// vmCall is a call on a state's stack; the zero value is none.
type vmCall struct{ frame unsafe.Pointer }

// runningCall returns the innermost call, or none if nothing runs, or the VM is not known.
func runningCall(L *lua.LState) vmCall {
	if !vm.known {
		return vmCall{}
	}
	return vmCall{*fieldAt[unsafe.Pointer](unsafe.Pointer(L), vm.currentFrame)}
}

// callOf returns what GetStack has found, or none if the VM is not known.
func callOf(debug *lua.Debug) vmCall {
	if !vm.known {
		return vmCall{}
	}
	return vmCall{*fieldAt[unsafe.Pointer](unsafe.Pointer(debug), vm.debugFrame)}
}

func (c vmCall) none() bool { return c.frame == nil }

// caller is the call that c was made in, or none.
func (c vmCall) caller() vmCall { return vmCall{*fieldAt[unsafe.Pointer](c.frame, vm.parent)} }

func (c vmCall) function() *lua.LFunction { return *fieldAt[*lua.LFunction](c.frame, vm.fn) }

// number counts from 0, the outermost call.
func (c vmCall) number() int { return *fieldAt[int](c.frame, vm.idx) }

// pc is the index of the instruction that Lua code is at.
func (c vmCall) pc() int { return *fieldAt[int](c.frame, vm.pc) - 1 }

// base is the call's first register in the state.
func (c vmCall) base() int { return *fieldAt[int](c.frame, vm.localBase) }

// debug is c as GetStack returns it.
func (c vmCall) debug() *lua.Debug {
	debug := &lua.Debug{}
	*fieldAt[unsafe.Pointer](unsafe.Pointer(debug), vm.debugFrame) = c.frame
	return debug
}
