package luahost

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/internal/hostapi"
	"github.com/tidewire/tidewire/lualib"
)

// exit is host.Exit([code]).
func (m *module) exit(L *lua.LState) int {
	code, err := hostapi.ExitCode(lualib.OptNumber(L, 1, 0))
	if err != nil {
		lualib.ArgError(L, 1, err.Error())
	}
	return m.leave(L, code)
}

// osExit is os.exit([code]).
func (m *module) osExit(L *lua.LState) int {
	if success, ok := L.Get(1).(lua.LBool); ok {
		return m.leave(L, hostapi.OSExitSuccess(bool(success)))
	}
	return m.leave(L, hostapi.OSExitCode(lualib.OptNumber(L, 1, 0)))
}

// leave ends the host and unwinds the running code.
func (m *module) leave(L *lua.LState, code int) int {
	m.host.Exit(code)
	lualib.InterruptOf(L).Exit(L)
	return 0
}
