package luaapi

import (
	"slices"
	"strings"
)

// functions are the globals outside of modules.
var functions = strings.Fields(`
	_G _VERSION arg assert collectgarbage dofile error gcinfo getfenv getmetatable ipairs load loadfile loadstring module newproxy
	next pairs pcall print rawequal rawget rawset require select setfenv setmetatable tonumber tostring type unpack xpcall`)

// IsFunction reports whether a global outside of modules is a function.
func IsFunction(global string) bool {
	return slices.Contains(functions, global) && !slices.Contains([]string{"_G", "_VERSION", "arg"}, global)
}

// stock are the libraries of Lua's own, as they are here. jit is not a global: libraries
// take that for a promise of ffi.
var stock = []*Module{
	library("string", `byte char dump find format gmatch gsub len lower match rep reverse sub upper`),
	library("table", `concat foreach foreachi getn insert maxn move remove sort`),
	library("math", `abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min modf pi
		pow rad random randomseed sin sinh sqrt tan tanh`),
	library("coroutine", `create isyieldable resume running status wrap yield`),
	library("io", `close flush input lines open output popen read stderr stdin stdout tmpfile type write`),
	library("os", `clock date difftime execute exit getenv remove rename setlocale time tmpname`),
	library(
		"debug",
		`debug gethook getfenv getinfo getlocal getmetatable getupvalue sethook setfenv setlocal setmetatable setupvalue
		traceback upvalueid upvaluejoin`,
	),
	library("bit", `arshift band bnot bor bswap bxor lshift rol ror rshift tobit tohex`),
	library("package", `config cpath loaded loaders loadlib path preload searchpath seeall`),
	{Name: "jit", Loadable: true, Stock: strings.Fields(`arch flush off on os status version version_num`)},
	{Name: "table.new", Loadable: true}, // functions: require adds them to table
	{Name: "table.clear", Loadable: true},
}

// library is a global that require knows, too.
func library(name, names string) *Module {
	return &Module{Name: name, Global: true, Loadable: true, Stock: strings.Fields(names)}
}
