package lualib

import (
	"errors"

	lua "github.com/yuin/gopher-lua"
)

// openProtected replaces pcall and xpcall.
func openProtected(L *lua.LState) {
	L.SetGlobal("pcall", L.NewFunction(basePcall))
	L.SetGlobal("xpcall", L.NewFunction(baseXpcall))
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
		failure := lua.LValue(lua.LString("attempt to call a " + called.Type().String() + " value"))
		if handler != nil {
			L.Push(handler)
			L.Push(failure)
			L.Call(1, 1)
			failure = L.Get(-1)
			L.Pop(1)
		}
		return failure
	}
	return raisedObject(L.PCall(nargs, nresults, handler))
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
