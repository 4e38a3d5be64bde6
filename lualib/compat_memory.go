package lualib

import (
	"math"
	"runtime"
	"runtime/metrics"

	lua "github.com/yuin/gopher-lua"
)

// collector is what collectgarbage knows. The memory of a script is Go's, whose collector runs beside it and paces
// itself: the count is true, and a full collection can be asked for; the rest is remembered and has no effect.
type collector struct {
	stopped                 bool
	pause, stepMultiplicand float64
}

// luaCollect is collectgarbage.
func (c *collector) luaCollect(L *lua.LState) int {
	option, argument := OptString(L, 1, "collect"), OptNumber(L, 2, 0)
	var result lua.LValue = lua.LNumber(0)
	switch option {
	case "collect":
		runtime.GC()
	case "count":
		result = lua.LNumber(kibibytes())
	case "step": // a cycle is always complete, so that a script that steps until one is comes to an end
		result = lua.LTrue
	case "stop":
		c.stopped = true
	case "restart":
		c.stopped = false
	case "isrunning":
		result = lua.LBool(!c.stopped)
	case "setpause":
		result, c.pause = lua.LNumber(c.pause), argument
	case "setstepmul":
		result, c.stepMultiplicand = lua.LNumber(c.stepMultiplicand), argument
	default:
		ArgError(L, 1, "invalid option '"+option+"'")
	}
	L.Push(result)
	return 1
}

// luaInfo is gcinfo, the count's whole part.
func luaInfo(L *lua.LState) int {
	L.Push(lua.LNumber(math.Floor(kibibytes())))
	return 1
}

// kibibytes is how much memory the process has in Go objects, those of other states and of the host among them. Reading
// it does not stop the world.
func kibibytes() float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64()) / 1024
}
