package lualib

import (
	"errors"
	"math"
	"reflect"
	"unsafe"

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

// protectionOf returns a state's protection, or nil if the state has the VM's own protected calls.
func protectionOf(L *lua.LState) *protection {
	holder, ok := L.G.Registry.RawGetString(protectionKey).(*lua.LUserData)
	if !ok {
		return nil
	}
	return holder.Value.(*protection)
}

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
	*handlerNote(L) = true // for errors in what follows
	InterruptOf(L).raised(L)
	object := inLuaJITsWords(L, runningCall(L).caller(), L.Get(1))
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
	for call := runningCall(L); !call.none(); call = call.caller() {
		if protects(call.function()) {
			return call.base()
		}
	}
	return math.MaxInt
}

// protects reports whether a function is one of those that call protectedCall.
func protects(function *lua.LFunction) bool {
	if !function.IsG {
		return false
	}
	switch reflect.ValueOf(function.GFunction).Pointer() {
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
	upvalue := *fieldAt[*lua.Upvalue](unsafe.Pointer(L), vm.uvcache)
	for ; upvalue != nil; upvalue = *fieldAt[*lua.Upvalue](unsafe.Pointer(upvalue), vm.next) {
		if *fieldAt[int](unsafe.Pointer(upvalue), vm.index) < base {
			continue
		}
		if upvalue.Close(); upvalue.Value() == nil {
			upvalue.SetValue(lua.LNil)
		}
	}
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
	if !vm.known {
		return raisedObject(L.PCall(nargs, nresults, handler))
	}
	if !hasRoom(L, 1) {
		L.Pop(nargs + 1)
		return overflowText
	}
	p := protectionOf(L)
	outer := *handlerNote(L)
	running := len(p.handlers)
	p.handlers = append(p.handlers, handler)
	p.handled = false
	err := L.PCall(nargs, nresults, p.catch)
	p.handlers = p.handlers[:running]
	*handlerNote(L) = outer
	if err == nil {
		return nil
	}
	full := overflowed(err)
	if full {
		closeUpvalues(L, runningCall(L).base())
	}
	L.Push(p.sweep)
	L.Call(0, 0)
	if full {
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
