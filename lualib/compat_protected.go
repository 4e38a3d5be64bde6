package lualib

import (
	"errors"
	"math"
	"reflect"

	lua "github.com/yuin/gopher-lua"
)

// The VM, when it raises, closes the upvalues of every function on the stack, also of those that go on after the error
// was caught: a closure that shares a variable with one of them then keeps a value of its own. It does not while a
// handler is set (PCall's last argument), but then leaves those of the functions that are gone open. So protected calls
// set a handler always, which closes what the VM should have closed, and look after the VM's note that one is set.

// protection is what the running protected calls of a state share. It belongs to the goroutine that owns the state.
type protection struct {
	catch    *lua.LFunction   // handler of every protected call
	sweep    *lua.LFunction   // does nothing, in Lua: the VM drops closed upvalues of higher registers when it returns
	handlers []*lua.LFunction // the script's, of each running call; nil for pcall
	handled  bool             // the last handler has returned
}

// protectionKey finds a state's protection.
const protectionKey = "lualib.protection"

// openProtected replaces pcall and xpcall.
func openProtected(L *lua.LState) {
	p := &protection{}
	p.catch = L.NewFunction(p.caught)
	if err := Load(L, []byte("return"), trampolineName); err != nil {
		panic(err) // our own source
	}
	p.sweep = L.Get(-1).(*lua.LFunction)
	L.Pop(1)
	holder := L.NewUserData()
	holder.Value = p
	L.G.Registry.RawSetString(protectionKey, holder)
	L.SetGlobal("pcall", L.NewFunction(basePcall))
	L.SetGlobal("xpcall", L.NewFunction(baseXpcall))
}

// caught runs where an error was raised, with everything still on the stack.
func (p *protection) caught(L *lua.LState) int {
	setHandlerNote(L, true) // for errors in what follows
	object := inLuaJITsWords(L, 1, L.Get(1))
	if handler := p.handlers[len(p.handlers)-1]; handler != nil {
		p.handled = false
		L.Push(handler)
		L.Push(object)
		L.Call(1, 1)
		object = L.Get(-1)
	}
	p.handled = true
	closeUpvalues(L, protectingBase(L))
	L.Push(object)
	return 1
}

// protectingBase returns the first register of the innermost running function of Go that protects a call.
func protectingBase(L *lua.LState) int {
	frame, _ := L.GetStack(0)
	at := reflect.ValueOf(frame).Elem().FieldByName("frame")
	for at = at.Elem().FieldByName("Parent"); !at.IsNil(); at = at.Elem().FieldByName("Parent") {
		if function := at.Elem().FieldByName("Fn"); protects(function) {
			return int(at.Elem().FieldByName("LocalBase").Int())
		}
	}
	return math.MaxInt
}

// runningBase returns the first register of the running function.
func runningBase(L *lua.LState) int {
	frame, _ := L.GetStack(0)
	return int(reflect.ValueOf(frame).Elem().FieldByName("frame").Elem().FieldByName("LocalBase").Int())
}

// protects reports whether a function, as the VM's frame holds it, is one of those that call protectedCall.
func protects(function reflect.Value) bool {
	switch function.Elem().FieldByName("GFunction").Pointer() {
	case pcallCode, xpcallCode, loadCode:
		return true
	}
	return false
}

var (
	pcallCode  = reflect.ValueOf(basePcall).Pointer()
	xpcallCode = reflect.ValueOf(baseXpcall).Pointer()
	loadCode   = reflect.ValueOf(baseLoad).Pointer()
)

// closeUpvalues closes the open upvalues of registers from base up. Those of registers that are cleared are nil then.
func closeUpvalues(L *lua.LState, base int) {
	for at := reflect.ValueOf(L).Elem().FieldByName("uvcache"); !at.IsNil(); at = at.Elem().FieldByName("next") {
		if int(at.Elem().FieldByName("index").Int()) < base {
			continue
		}
		upvalue := reflect.NewAt(at.Type().Elem(), at.UnsafePointer()).Interface().(*lua.Upvalue)
		if upvalue.Close(); upvalue.Value() == nil {
			upvalue.SetValue(lua.LNil)
		}
	}
}

// handlerNote returns the VM's note that a handler is set.
func handlerNote(L *lua.LState) reflect.Value {
	note := reflect.ValueOf(L).Elem().Field(noteField)
	return reflect.NewAt(note.Type(), note.Addr().UnsafePointer()).Elem()
}

func setHandlerNote(L *lua.LState, set bool) { handlerNote(L).SetBool(set) }

// noteField is the place of hasErrorFunc in an LState. vmKnown says that the VM has this and the other fields that are
// looked at here; one that has not gets the VM's own protected calls.
var noteField, vmKnown = knowVM()

func knowVM() (note int, known bool) {
	state, upvalue := reflect.TypeFor[lua.LState](), reflect.TypeFor[lua.Upvalue]()
	debug, _ := reflect.TypeFor[lua.Debug]().FieldByName("frame")
	hasErrorFunc, known := state.FieldByName("hasErrorFunc")
	if !known || hasErrorFunc.Type.Kind() != reflect.Bool || debug.Type == nil || debug.Type.Kind() != reflect.Pointer {
		return 0, false
	}
	for _, field := range []struct {
		in   reflect.Type
		name string
		kind reflect.Kind
	}{
		{state, "uvcache", reflect.Pointer}, {upvalue, "next", reflect.Pointer}, {upvalue, "index", reflect.Int},
		{debug.Type.Elem(), "Parent", reflect.Pointer}, {debug.Type.Elem(), "Fn", reflect.Pointer},
		{debug.Type.Elem(), "LocalBase", reflect.Int},
	} {
		found, ok := field.in.FieldByName(field.name)
		if !ok || found.Type.Kind() != field.kind {
			return 0, false
		}
	}
	return hasErrorFunc.Index[0], framesKnown
}

func basePcall(L *lua.LState) int {
	checkAny(L, 1)
	return protect2(L, L.GetTop()-1, 0, nil)
}

// baseXpcall passes on its further arguments, as LuaJIT does.
func baseXpcall(L *lua.LState) int {
	checkAny(L, 1)
	handler := CheckFunction(L, 2)
	top := L.GetTop()
	L.Push(L.Get(1))
	for i := 3; i <= top; i++ {
		L.Push(L.Get(i))
	}
	return protect2(L, top-2, top, handler)
}

// protect2 calls the function below the top nargs values, above the first below values of the frame, and returns as
// pcall and xpcall do.
func protect2(L *lua.LState, nargs, below int, handler *lua.LFunction) int {
	if failure := protectedCall(L, nargs, lua.MultRet, handler); failure != nil {
		L.Push(lua.LFalse)
		L.Push(failure)
		return 2
	}
	L.Insert(lua.LTrue, below+1)
	return L.GetTop() - below
}

// protectedCall calls the function below the top nargs values and returns nil, or what it raised, as the handler has
// it. Stack as after PCall.
func protectedCall(L *lua.LState, nargs, nresults int, handler *lua.LFunction) lua.LValue {
	called := L.Get(-nargs - 1)
	if _, ok := called.(*lua.LFunction); !ok && metafield(L, called, "__call").Type() != lua.LTFunction {
		L.Pop(nargs + 1)
		return handledLate(L, lua.LString(attempt("call", "", called)), handler)
	}
	if !vmKnown {
		return raisedObject(L.PCall(nargs, nresults, handler))
	}
	if !hasRoom(L, 1) {
		L.Pop(nargs + 1)
		return overflowText
	}
	p := L.G.Registry.RawGetString(protectionKey).(*lua.LUserData).Value.(*protection)
	outer := handlerNote(L).Bool()
	running := len(p.handlers)
	p.handlers = append(p.handlers, handler)
	p.handled = false
	err := L.PCall(nargs, nresults, p.catch)
	p.handlers = p.handlers[:running]
	setHandlerNote(L, outer)
	if err == nil {
		return nil
	}
	if overflowed(err) {
		closeUpvalues(L, runningBase(L))
	}
	L.Push(p.sweep)
	L.Call(0, 0)
	if overflowed(err) {
		return handledLate(L, overflowText, handler)
	}
	if handler != nil && !p.handled {
		return lua.LString("error in error handling")
	}
	return raisedObject(err)
}

// handledLate returns what a handler makes of an error of a call that is gone, or never was.
func handledLate(L *lua.LState, failure lua.LValue, handler *lua.LFunction) lua.LValue {
	if handler == nil {
		return failure
	}
	L.Push(handler)
	L.Push(failure)
	if protectedCall(L, 1, 1, nil) != nil {
		return lua.LString("error in error handling")
	}
	defer L.Pop(1)
	return L.Get(-1)
}

// raisedObject is the object of an error that PCall returned, nil for none.
func raisedObject(err error) lua.LValue {
	var raised *lua.ApiError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &raised) && raised.Object != nil:
		return raised.Object
	}
	return lua.LString(err.Error())
}
