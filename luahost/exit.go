package luahost

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/lualib"
)

// exit is host.Exit([code]).
func (m *module) exit(L *lua.LState) int {
	code := lualib.OptNumber(L, 1, 0)
	if !(code >= 0 && code <= 255) || code != math.Trunc(code) {
		lualib.ArgError(L, 1, "0 to 255 expected, got "+lualib.FormatNumber(code))
	}
	return m.leave(L, int(code))
}

// osExit is os.exit([code]). As in Lua 5.2 true and false are success and failure, and as a system does it keeps the
// low eight bits of a number: a script that calls os.exit(-1) wants to end, not to read about its argument.
func (m *module) osExit(L *lua.LState) int {
	switch L.Get(1) {
	case lua.LTrue:
		return m.leave(L, 0)
	case lua.LFalse:
		return m.leave(L, 1)
	}
	return m.leave(L, int(int64(lualib.OptNumber(L, 1, 0))&0xff))
}

// leave ends the host and unwinds the running code.
func (m *module) leave(L *lua.LState, code int) int {
	m.host.Exit(code)
	lualib.InterruptOf(L).Exit(L)
	return 0
}
