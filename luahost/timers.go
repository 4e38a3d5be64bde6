package luahost

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/internal/hostapi"
	"github.com/tidewire/tidewire/lualib"
)

// after is host.After(ms, f).
func (m *module) after(L *lua.LState) int {
	delay, f := checkDelay(L, 1), lualib.CheckFunction(L, 2)
	return pushHandle(L, m.host.After(delay, m.caller("timer", f)))
}

// every is host.Every(ms, f).
func (m *module) every(L *lua.LState) int {
	period, f := checkDelay(L, 1), lualib.CheckFunction(L, 2)
	return pushHandle(L, m.host.Every(period, m.caller("timer", f)))
}

// checkDelay returns argument n, a number of milliseconds.
func checkDelay(L *lua.LState, n int) time.Duration {
	delay, err := hostapi.Delay(lualib.CheckNumber(L, n))
	if err != nil {
		lualib.ArgError(L, n, err.Error())
	}
	return delay
}

// newTickCount returns utility.GetTickCount.
func newTickCount() lua.LGFunction {
	count := hostapi.NewTickCount()
	return func(L *lua.LState) int {
		L.Push(lua.LNumber(count.Now()))
		return 1
	}
}
