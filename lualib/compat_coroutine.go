package lualib

import (
	lua "github.com/yuin/gopher-lua"
)

// trampoline is Lua code around a function of Go, where the VM needs Lua code. Scripts see a function of Go. Its chunk's
// name is none that a script can give.
const (
	trampoline = `local f = ...
local function pass(...) return ... end
return function(...) return pass(f(...)) end`
	trampolineName = "=[Go]"
)

// isHosts reports whether a function is of Go, or a trampoline.
func isHosts(function *lua.LFunction) bool {
	return function.IsG || function.Proto.SourceName == trampolineName
}

// openCoroutines mends coroutines over Go functions, whose results the VM loses, a yield across a Go function, at which
// it loses its place, and what may be resumed (see refuseResume).
//
// There is a trampoline around yield, too. The VM resumes a coroutine by laying the values where the call of yield has its
// results, but neither fills up those that are missing, which are then no values at all and crash it, nor finds its way
// back if the call was a tail call of the coroutine's body. Behind a call that takes all results nothing is missing, and
// the return of Lua code does the rest.
func openCoroutines(L *lua.LState, lib *lua.LTable) {
	threads := &coroutines{
		create: lib.RawGetString("create").(*lua.LFunction).GFunction,
		resume: lib.RawGetString("resume").(*lua.LFunction).GFunction,
	}
	if err := Load(L, []byte(trampoline), trampolineName); err != nil {
		panic(err) // our own source
	}
	threads.trampoline = L.Get(-1).(*lua.LFunction)
	L.Pop(1)
	L.SetFuncs(lib, map[string]lua.LGFunction{
		"create": threads.luaCreate,
		"isyieldable": func(L *lua.LState) int {
			L.Push(lua.LBool(L.Parent != nil))
			return 1
		},
		"resume": threads.luaResume,
		"status": coroutineStatus,
		"wrap":   threads.luaWrap,
	})
	lib.RawSetString("yield", threads.inLua(L, L.NewFunction(coroutineYield)))
}

// coroutines is the VM's library, as far as ours builds on it.
type coroutines struct {
	create, resume lua.LGFunction
	trampoline     *lua.LFunction
}

func (c *coroutines) luaCreate(L *lua.LState) int {
	function := CheckFunction(L, 1)
	if function.IsG {
		L.Replace(1, c.inLua(L, function))
	}
	options := L.Options
	L.Options.RegistrySize, L.Options.RegistryGrowStep = coroutineValues, coroutineGrowth
	created := c.create(L)
	L.Options = options
	return created
}

// A coroutine begins with room for so many values, and grows by so many. With the main coroutine's sizes each would take
// 64 KiB, and most have a few dozen.
const (
	coroutineValues = 128
	coroutineGrowth = 1024
)

// inLua returns a trampoline around a function.
func (c *coroutines) inLua(L *lua.LState, function *lua.LFunction) lua.LValue {
	L.Push(c.trampoline)
	L.Push(function)
	L.Call(1, 1)
	defer L.Pop(1)
	return L.Get(-1)
}

// luaWrap makes a function that resumes, and raises what the coroutine raised, with the position of the call.
func (c *coroutines) luaWrap(L *lua.LState) int {
	c.luaCreate(L)
	thread := L.Get(-1).(*lua.LState)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if problem := refuseResume(L, thread); problem != "" {
			Errorf(L, "%s", problem)
		}
		L.Insert(thread, 1)
		results := c.resume(L)
		if L.Get(-results) != lua.LFalse {
			return results - 1
		}
		object := raisedByCoroutine(L, thread)
		if text, ok := object.(lua.LString); ok {
			Errorf(L, "%s", text)
		}
		L.Error(object, 0)
		return 0
	}))
	return 1
}

func (c *coroutines) luaResume(L *lua.LState) int {
	thread := checkThread(L)
	if problem := refuseResume(L, thread); problem != "" {
		L.Push(lua.LFalse)
		L.Push(lua.LString(problem))
		return 2
	}
	results := c.resume(L)
	if L.Get(-results) == lua.LFalse {
		L.Push(raisedByCoroutine(L, thread))
		L.Remove(-2)
	}
	return results
}

// raisedByCoroutine returns the object on top of L's stack that a coroutine has ended with.
func raisedByCoroutine(L, thread *lua.LState) lua.LValue {
	object := L.Get(-1)
	if object == vmOverflowed && !hasRoom(thread, 2) { // its last call is off the stack
		return overflowText
	}
	return object
}

func checkThread(L *lua.LState) *lua.LState {
	thread, ok := L.Get(1).(*lua.LState)
	if !ok {
		ArgError(L, 1, "coroutine expected")
	}
	return thread
}

func coroutineStatus(L *lua.LState) int {
	thread, status := checkThread(L), "suspended"
	switch {
	case thread.Dead:
		status = "dead"
	case thread == L:
		status = "running"
	case thread.Parent != nil:
		status = "normal"
	}
	L.Push(lua.LString(status))
	return 1
}

// coroutineYield raises where the VM would lose its place: outside a coroutine, and below a Go function or a metamethod,
// pcall and an iterator included.
func coroutineYield(L *lua.LState) int {
	if L.Parent == nil || !resumable(L) {
		Errorf(L, "attempt to yield across C-call boundary")
	}
	return -1
}

// resumable reports whether every function on the stack of a coroutine is Lua code that called the next one plainly.
func resumable(L *lua.LState) bool {
	for level := 1; ; level++ {
		frame, ok := L.GetStack(level)
		if !ok {
			return true
		}
		value, _ := L.GetInfo("f", frame, lua.LNil)
		function, ok := value.(*lua.LFunction)
		if !ok || function.IsG {
			return false
		}
		switch opcode(function.Proto.Code[pcOf(frame)]) {
		case lua.OP_CALL, lua.OP_TAILCALL:
		default:
			return false
		}
	}
}
