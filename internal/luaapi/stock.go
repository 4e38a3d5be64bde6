package luaapi

import "strings"

// functions are the globals that are no module of functions.
var functions = strings.Fields(`
	_G _VERSION arg assert collectgarbage dofile error getfenv getmetatable ipairs load loadfile loadstring module newproxy
	next pairs pcall print rawequal rawget rawset require select setfenv setmetatable tonumber tostring type unpack xpcall
	_GOPHER_LUA_VERSION`)

// stock are the libraries of Lua's own, as they are here: names that the VM adds are listed, those that it lacks are not.
var stock = []*Module{
	library("string", `byte char dump find format gfind gmatch gsub len lower match rep reverse sub upper __index`),
	library("table", `concat getn insert maxn remove sort`),
	library("math", `abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min mod modf pi
		pow rad random randomseed sin sinh sqrt tan tanh`),
	library("coroutine", `create resume running status wrap yield`),
	library("io", `close flush input lines open output popen read stderr stdin stdout tmpfile type write`),
	library("os", `clock date difftime execute exit getenv remove rename setlocale time tmpname`),
	library("debug", `getfenv getinfo getlocal getmetatable getupvalue setfenv setlocal setmetatable setupvalue traceback`),
	unloaded("package", `config cpath loaded loaders loadlib path preload searchpath seeall`),
}

// library is a global that require knows, too.
func library(name, names string) *Module {
	return &Module{Name: name, Global: true, Loadable: true, Stock: strings.Fields(names)}
}

// unloaded is a global that require does not know.
func unloaded(name, names string) *Module {
	return &Module{Name: name, Global: true, Stock: strings.Fields(names)}
}
