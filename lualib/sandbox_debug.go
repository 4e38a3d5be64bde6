package lualib

import (
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openDebug leaves of the debug library what looks at Lua code and changes it. Functions of the host are closed: their
// environment and upvalues, and the values on the stack while they run. There is no getregistry, and there are no hooks.
func openDebug(L *lua.LState) {
	lib := L.NewTable()
	L.SetFuncs(lib, map[string]lua.LGFunction{
		"getfenv":      debugGetfenv,
		"gethook":      func(*lua.LState) int { return 0 },
		"getinfo":      debugGetinfo,
		"getlocal":     debugGetlocal,
		"getmetatable": debugGetmetatable,
		"getupvalue":   debugGetupvalue,
		"setfenv":      debugSetfenv,
		"sethook":      debugSethook,
		"setlocal":     debugSetlocal,
		"setmetatable": debugSetmetatable,
		"setupvalue":   debugSetupvalue,
		"traceback":    debugTraceback,
	})
	shareModule(L, lua.DebugLibName, lib)
}

// luaFunction returns argument n, which must be a function, and whether it is the script's own.
func luaFunction(L *lua.LState, n int) (f *lua.LFunction, ok bool) {
	f = CheckFunction(L, n)
	return f, !isHosts(f)
}

func debugGetfenv(L *lua.LState) int {
	f, isFunction := L.Get(1).(*lua.LFunction)
	switch {
	case isFunction && isHosts(f):
		L.Push(L.G.Global) // what it is for all of them
	case isFunction:
		L.Push(f.Env)
	default:
		L.Push(lua.LNil)
	}
	return 1
}

func debugSetfenv(L *lua.LState) int {
	env := CheckTable(L, 2)
	f, ok := L.Get(1).(*lua.LFunction)
	if !ok || isHosts(f) {
		Errorf(L, "'setfenv' cannot change environment of given object")
	}
	f.Env = env
	L.Push(f)
	return 1
}

func debugGetupvalue(L *lua.LState) int {
	f, ok := luaFunction(L, 1)
	at := int(CheckNumber(L, 2))
	if !ok {
		return 0
	}
	name, value := L.GetUpvalue(f, at)
	return pushNamed(L, name, value)
}

func debugSetupvalue(L *lua.LState) int {
	f, ok := luaFunction(L, 1)
	at, value := int(CheckNumber(L, 2)), L.Get(3)
	if !ok {
		return 0
	}
	return pushName(L, L.SetUpvalue(f, at, value))
}

// luaFrame returns the frame at the level of argument 1, and the local's number in argument 2. Locals of the host's
// functions and numbers below 1, behind which other frames lie, give false.
func luaFrame(L *lua.LState) (frame *lua.Debug, local int, ok bool) {
	level, number := CheckNumber(L, 1), CheckNumber(L, 2)
	if !(level >= 0 && level < math.MaxInt32) {
		ArgError(L, 1, "level out of range")
	}
	frame, ok = L.GetStack(int(level))
	if !ok {
		ArgError(L, 1, "level out of range")
	}
	value, _ := L.GetInfo("f", frame, lua.LNil)
	f, isFunction := value.(*lua.LFunction)
	return frame, int(number), isFunction && !isHosts(f) && number >= 1 && number <= 255
}

func debugGetlocal(L *lua.LState) int {
	frame, local, ok := luaFrame(L)
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	name, value := L.GetLocal(frame, local)
	if name == "" {
		L.Push(lua.LNil)
		return 1
	}
	return pushNamed(L, name, value)
}

func debugSetlocal(L *lua.LState) int {
	frame, local, ok := luaFrame(L)
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	name := L.SetLocal(frame, local, L.Get(3))
	if name == "" {
		L.Push(lua.LNil)
		return 1
	}
	return pushName(L, name)
}

func pushNamed(L *lua.LState, name string, value lua.LValue) int {
	if name == "" {
		return 0
	}
	L.Push(lua.LString(name))
	L.Push(value)
	return 2
}

func pushName(L *lua.LState, name string) int {
	if name == "" {
		return 0
	}
	L.Push(lua.LString(name))
	return 1
}

// debugGetmetatable passes over __metatable for tables alone: what the host made as userdata stays as it showed it.
func debugGetmetatable(L *lua.LState) int {
	if object, ok := L.Get(1).(*lua.LTable); ok {
		L.Push(object.Metatable)
		return 1
	}
	metatable := L.GetMetatable(L.Get(1))
	if table, ok := metatable.(*lua.LTable); ok {
		if shown := table.RawGetString("__metatable"); shown != lua.LNil {
			metatable = shown
		}
	}
	L.Push(metatable)
	return 1
}

// debugSethook does what it is asked for as long as that is no hook.
func debugSethook(L *lua.LState) int {
	if L.Get(1) != lua.LNil {
		Errorf(L, "hooks are closed to scripts")
	}
	return 0
}

// debugSetmetatable changes those of tables, and that of strings, which scripts reach in other ways as well. Those of
// other types are shared with the host's functions, and those of userdata are the host's.
func debugSetmetatable(L *lua.LState) int {
	metatable := L.Get(2)
	if _, isTable := metatable.(*lua.LTable); !isTable && metatable != lua.LNil {
		TypeError(L, 2, "nil or table")
	}
	switch object := L.Get(1).(type) {
	case *lua.LTable:
		object.Metatable = metatable
	case lua.LString:
		L.SetMetatable(object, metatable)
	default:
		ArgError(L, 1, "table expected: the metatables of other types are closed to scripts")
	}
	L.Push(L.Get(1))
	return 1
}

// debugGetinfo is debug.getinfo(function or level [, what]) with LuaJIT's fields.
func debugGetinfo(L *lua.LState) int {
	what := OptString(L, 2, "flnSu")
	if strings.Trim(what, "flnSuL") != "" {
		ArgError(L, 2, "invalid option")
	}
	frame, ok := &lua.Debug{}, true
	var value lua.LValue
	var err error
	if f, isFunction := L.Get(1).(*lua.LFunction); isFunction {
		value, err = L.GetInfo(">fSu", frame, f)
	} else {
		level := CheckNumber(L, 1)
		if frame, ok = L.GetStack(int(max(min(level, math.MaxInt32), -1))); !ok || !(level >= 0) {
			L.Push(lua.LNil)
			return 1
		}
		value, err = L.GetInfo("flnSu", frame, lua.LNil)
	}
	if err != nil {
		L.Push(lua.LNil)
		return 1
	}
	f, _ := value.(*lua.LFunction)
	L.Push(infoOf(L, frame, f, what))
	return 1
}

func infoOf(L *lua.LState, frame *lua.Debug, f *lua.LFunction, what string) *lua.LTable {
	info := L.NewTable()
	isGo := f == nil || isHosts(f)
	if strings.Contains(what, "S") {
		source, kind := frame.Source, "Lua"
		switch {
		case isGo:
			source, kind = "[C]", "C"
		case frame.LineDefined == 0:
			kind = "main"
		}
		info.RawSetString("short_src", lua.LString(source))
		info.RawSetString("what", lua.LString(kind))
		info.RawSetString("linedefined", lua.LNumber(lineOr(isGo, frame.LineDefined)))
		info.RawSetString("lastlinedefined", lua.LNumber(lineOr(isGo, frame.LastLineDefined)))
		if !strings.HasPrefix(source, "(") {
			source = "@" + source // a file, as Lua marks them
		}
		if isGo {
			source = "=[C]"
		}
		info.RawSetString("source", lua.LString(source))
	}
	if strings.Contains(what, "l") {
		info.RawSetString("currentline", lua.LNumber(lineOr(isGo || frame.CurrentLine <= 0, frame.CurrentLine)))
	}
	if strings.Contains(what, "u") {
		info.RawSetString("nups", lua.LNumber(frame.NUpvalues))
		params, vararg := 0, true
		if !isGo {
			params, vararg = int(f.Proto.NumParameters), f.Proto.IsVarArg&lua.VarArgIsVarArg != 0
		}
		info.RawSetString("nparams", lua.LNumber(params))
		info.RawSetString("isvararg", lua.LBool(vararg))
	}
	if strings.Contains(what, "n") {
		what, name := calledBy(callOf(frame))
		info.RawSetString("namewhat", lua.LString(what))
		if name != "" {
			info.RawSetString("name", lua.LString(name))
		}
	}
	if strings.Contains(what, "f") && f != nil {
		info.RawSetString("func", f)
	}
	return info
}

// lineOr is a line number, or -1 where there is none.
func lineOr(none bool, line int) int {
	if none {
		return -1
	}
	return line
}
