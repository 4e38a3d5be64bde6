package lualib

import lua "github.com/yuin/gopher-lua"

// openYield puts Lua code around yield. The VM resumes a coroutine by laying the values where the call of yield has its
// results, but neither fills up those that are missing, which are then no values at all and crash it, nor finds its way
// back if the call was a tail call of the coroutine's body. Behind a call that takes all results nothing is missing, and
// the return of Lua code does the rest.
func openYield(L *lua.LState, lib *lua.LTable) {
	if err := Load(L, []byte(trampoline), trampolineName); err != nil {
		panic(err) // our own source
	}
	L.Push(lib.RawGetString("yield"))
	L.Call(1, 1)
	lib.RawSetString("yield", L.Get(-1))
	L.Pop(1)
}
