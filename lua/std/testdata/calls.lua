-- Positions, names and tracebacks of errors, where functions of Go are called plainly and in tail calls. calls.golden has what
-- LuaJIT prints.
local function p(...) print(...) end
p(pcall(function() return error("x") end))
p(pcall(function() local r = error("x") return r end))
local function f() return error("y", 2) end
p(pcall(function() f() end))
p(pcall(function() local x = f() return x end))
p(pcall(function() return f() end))
p(pcall(function() return assert(false, "m") end))
p(pcall(function() return assert(false) end))
p(pcall(function() return setmetatable(1) end))
local function g() return setmetatable(1) end
p(pcall(function() g() end))
p(pcall(function() local t = {} function t.m() return tonumber() end t:m() end))
local s = "x"
p(pcall(function() return s:rep() end))
p(pcall(function() return s:rep({}) end))
p(pcall(function() local x = s:rep({}) return x end))
p(pcall(function() return load(function() return {} end) end))
p(pcall(function() local a, b = load(function() return {} end) return a, b end))
local function tb() return debug.traceback("tb") end
p(tb())
p((tb()))
p(pcall(function() return debug.traceback() end))
local function lv() return debug.getinfo(1, "nSl") end
local i = lv() p(i.what, i.name, i.currentline)
i = debug.getinfo(1, "nSl") p(i.what, i.name, i.currentline)
local function lv2() return debug.getinfo(2, "nSl") end
local function env() return getfenv(1) == _G, getfenv(2) == _G end
p(env())
local co = coroutine.wrap(function() return coroutine.yield(1) end) p(co()) p(co(2))
p(xpcall(function() return error("h") end, function(m) local t = debug.traceback(m, 3) return t end))
p(xpcall(function() return nil + 1 end, function(m) return debug.traceback(m) end))
local function tail(n) if n == 0 then return error("deep", 1) end return tail(n - 1) end
p(xpcall(function() tail(3) end, function(m) return debug.traceback(m) end))
p(xpcall(function() local x = tail(3) return x end, function(m) return debug.traceback(m, 2) end))
local mt = setmetatable({}, {__index = function(t, k) return error("idx") end})
p(pcall(function() return mt.x end))
p(pcall(function() local v = mt.x return v end))
p(pcall(string.rep)) p(pcall(function() string.rep() end)) p(pcall(function() return string.rep() end))
