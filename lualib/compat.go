package lualib

import (
	"runtime"

	lua "github.com/yuin/gopher-lua"
)

// openCompat makes the VM's libraries behave as LuaJIT's: what scripts of this API were written for. What cannot be
// mended from outside the VM is listed in testdata/probe.allow and in the manual.
func openCompat(L *lua.LState) {
	openBase(L)
	openStrings(L, library(L, lua.StringLibName))
	openTables(L, library(L, lua.TabLibName))
	openMath(L, library(L, lua.MathLibName))
	openTime(L, library(L, lua.OsLibName))
	openCoroutines(L, library(L, lua.CoroutineLibName))
	shareModule(L, "bit", openBit(L))
	shareModule(L, "jit", openJit(L))
}

func library(L *lua.LState, name string) *lua.LTable { return L.GetGlobal(name).(*lua.LTable) }

// jitNames are LuaJIT's words for Go's.
var jitNames = map[string]string{
	"darwin": "OSX", "linux": "Linux", "windows": "Windows", "freebsd": "BSD", "netbsd": "BSD", "openbsd": "BSD",
	"amd64": "x64", "386": "x86",
}

func jitName(name string) string {
	if known := jitNames[name]; known != "" {
		return known
	}
	return name
}

// openJit makes a library jit for scripts that ask for it. It says the truth: no compiler is at work, and the version
// names the VM that is.
func openJit(L *lua.LState) *lua.LTable {
	nothing := func(*lua.LState) int { return 0 }
	lib := L.SetFuncs(L.NewTable(), map[string]lua.LGFunction{
		"on": nothing, "off": nothing, "flush": nothing,
		"status": func(L *lua.LState) int {
			L.Push(lua.LFalse)
			return 1
		},
	})
	lib.RawSetString("version", lua.LString(lua.PackageName+" "+lua.PackageVersion))
	lib.RawSetString("version_num", lua.LNumber(0))
	lib.RawSetString("os", lua.LString(jitName(osName())))
	lib.RawSetString("arch", lua.LString(jitName(runtime.GOARCH)))
	return lib
}

func osName() string {
	if _, known := jitNames[runtime.GOOS]; known {
		return runtime.GOOS
	}
	return "Other"
}
