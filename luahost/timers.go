package luahost

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/lualib"
)

// after is host.After(ms, f).
func (m *module) after(L *lua.LState) int {
	delay, f := checkMilliseconds(L, 1), lualib.CheckFunction(L, 2)
	return pushHandle(L, m.host.After(delay, m.caller("timer", f)))
}

// every is host.Every(ms, f).
func (m *module) every(L *lua.LState) int {
	period, f := checkMilliseconds(L, 1), lualib.CheckFunction(L, 2)
	return pushHandle(L, m.host.Every(period, m.caller("timer", f)))
}

// checkMilliseconds returns argument n, a number of milliseconds, whole or not. A negative one counts as 0.
func checkMilliseconds(L *lua.LState, n int) time.Duration {
	ms := lualib.CheckNumber(L, n)
	if !(ms <= maxMilliseconds) { // NaN, too
		lualib.ArgError(L, n, "at most 1e12 milliseconds expected, got "+lualib.FormatNumber(ms))
	}
	return time.Duration(max(ms, 0) * float64(time.Millisecond))
}

// newTickCount returns utility.GetTickCount: whole milliseconds that never go back. They begin at the wall clock's
// count, so that they are as large as scripts expect of a system that has been up for long, and below 1e14, from where
// on Lua writes numbers with an exponent.
func newTickCount() lua.LGFunction {
	begin := time.Now()
	base := begin.UnixMilli()
	return func(L *lua.LState) int {
		L.Push(lua.LNumber(base + time.Since(begin).Milliseconds()))
		return 1
	}
}
