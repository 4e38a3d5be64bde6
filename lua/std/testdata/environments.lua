-- Environments of functions and of coroutines (Lua 5.1 manual §2.9).
local real = _G
local e = {x = "e", print = print, tostring = tostring}
local function compile(text) return loadstring(text) end

print(getfenv(0) == real, select("#", setfenv(0, real)))
setfenv(0, e)
print(getfenv(0) == e, getfenv(1) == real, getfenv(print) == e)
print(compile("return x")(), getfenv(compile("")) == e, getfenv(load("", "=x", "t", real)) == real)
print(getfenv(load(string.dump(compile("return y")))) == e)

-- A coroutine begins with that of its maker, and keeps it.
local co = coroutine.create(function() return getfenv(0) == e, getfenv(compile("")) == e end)
local wrapped = coroutine.wrap(function() return getfenv(0) == e end)
setfenv(0, real)
print(coroutine.resume(co))
print(wrapped(), debug.getfenv(co) == e, debug.setfenv(co, real) == co, debug.getfenv(co) == real)
local own = coroutine.wrap(function() setfenv(0, e) coroutine.yield() return getfenv(0) == e end)
own()
print(getfenv(0) == real, own())

-- print asks for tostring there, and module and package.seeall take it for the globals.
setfenv(0, setmetatable({}, {__index = {tostring = function(v) return "<" .. v .. ">" end}}))
print(1, 2)
setfenv(0, {})
local ok, message = pcall(print, 1)
setfenv(0, e)
print(ok, message)
module("mod", package.seeall)
e.print(e.mod._NAME, real.mod, x, e.mod.x)
real.setfenv(1, real)
setfenv(0, real)

print(pcall(setfenv, print, {}))
print(pcall(debug.setfenv, {}, {}))
print(pcall(setfenv, -1, {}))
print(pcall(setfenv, 99, {}))
print(pcall(setfenv, {}, {}))
print(pcall(setfenv, 0))
print(pcall(setfenv, 0, nil))
print(pcall(getfenv, -1))
print(pcall(getfenv, {}))
print(debug.getfenv(1), debug.getfenv("x"))

-- Keys that no table takes.
print(pcall(rawset, {}, nil, 1))
print(pcall(function() rawset({}, nil, 1) end))
print(pcall(function() rawset({}, 0/0, 1) end))
print(pcall(function() local t = {} t[nil] = 1 end))
print(pcall(function() local t = {} t[0/0] = 1 end))

-- The metatable of files.
local meta = debug.getmetatable(io.stdout)
local names = {}
for name in pairs(meta) do names[#names + 1] = name end
table.sort(names)
print(table.concat(names, " "))
print(meta.__gc(io.stdout), io.type(io.stdout), select("#", meta.__gc(io.stdout)))
print(pcall(meta.__gc))
print(#package.loaders)
