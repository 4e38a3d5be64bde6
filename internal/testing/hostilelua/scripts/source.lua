-- Source text, and things that pretend to be compiled.

--- nesting: parentheses
-- vm: raises chunk has too many syntax levels
-- gopher-lua: host stack
assert(loadstring("return " .. ("("):rep(1e5) .. "1" .. (")"):rep(1e5), "@source.lua"))

--- nesting: tables
-- vm: raises chunk has too many syntax levels
-- gopher-lua: host stack
assert(loadstring("return " .. ("{"):rep(1e5) .. ("}"):rep(1e5), "@source.lua"))

--- nesting: functions
-- vm: raises chunk has too many syntax levels
-- gopher-lua: host stack
assert(loadstring(("return function() "):rep(1e4) .. ("end "):rep(1e4), "@source.lua"))

--- nesting: blocks
-- vm: raises chunk has too many syntax levels
-- gopher-lua: host stack
assert(loadstring(("do "):rep(1e5) .. ("end "):rep(1e5), "@source.lua"))

--- nesting: unary operators
-- vm: raises chunk has too many syntax levels
-- gopher-lua: host stack
assert(loadstring("return " .. ("not "):rep(1e5) .. "1", "@source.lua"))

--- nesting: powers, which group to the right
-- vm: raises chunk has too many syntax levels
-- gopher-lua: host stack
assert(loadstring("return x" .. ("^x"):rep(1e5), "@source.lua"))

--- nesting: concatenations
-- vm: raises chunk has too many syntax levels
-- gopher-lua: host stack
assert(loadstring("return x" .. ("..x"):rep(1e5), "@source.lua"))

--- nesting: if in if
-- vm: raises chunk has too many syntax levels
-- gopher-lua: host stack
assert(loadstring(("if x then "):rep(1e5) .. ("end "):rep(1e5), "@source.lua"))

--- many: else-ifs
-- vm: passes
-- gopher-lua: host stack
loadstring("if x then " .. ("elseif x then "):rep(2e4) .. "end")

--- many: locals
-- vm: raises local variables
-- gopher-lua: raises too many local variables
local t = {}
for i = 1, 300 do t[i] = "local v" .. i end
assert(loadstring(table.concat(t, " "), "@source.lua"))

--- many: upvalues
-- vm: raises upvalues
-- gopher-lua: host bug
local t = {}
for i = 1, 150 do t[i] = "local a" .. i .. " = 1 " end
t[#t + 1] = "local function f() "
for i = 1, 150 do t[#t + 1] = "local b" .. i .. " = 1 " end
t[#t + 1] = "return function() return 0"
for i = 1, 150 do t[#t + 1] = " + a" .. i .. " + b" .. i end
t[#t + 1] = " end end"
assert(loadstring(table.concat(t), "@source.lua"))

--- many: constants
-- vm: passes
-- gopher-lua: host bug
local t = {}
for i = 1, 70000 do t[i] = i + 0.5 end
loadstring("return {" .. table.concat(t, ",") .. "}")

--- many: arguments of one call
-- vm: raises function or expression too complex
-- gopher-lua: host bug
assert(loadstring("f(" .. ("x,"):rep(1e4) .. "x)", "@source.lua"))

--- many: results assigned at once
-- vm: passes
-- gopher-lua: host stack
loadstring(("x,"):rep(1e4) .. "x = 1")

--- many: gotos and labels
-- vm: passes
local t = {}
for i = 1, 3000 do t[i] = "goto l" .. i .. " ::l" .. i .. "::" end
loadstring(table.concat(t, " "))

--- many: calls in a chain
-- vm: passes
-- gopher-lua: host stack
loadstring("return f" .. ("()"):rep(1e5))

--- long: a name of a megabyte
-- vm: passes
-- gopher-lua: host memory
local f, message = loadstring(("x"):rep(2^20) .. " = 1 1")
assert(f == nil and #message < 2^21)

--- long: a number of a megabyte
-- vm: passes
loadstring("return " .. ("9"):rep(2^20))
loadstring("return 0x" .. ("f"):rep(2^20))
loadstring("return 1e" .. ("9"):rep(2^20))

--- long: a string that does not end
-- vm: passes
-- gopher-lua: passes
assert(not loadstring("return '" .. ("x"):rep(2^20)))
assert(not loadstring("return [[" .. ("x"):rep(2^20)))
assert(not loadstring("return [" .. ("="):rep(2^20) .. "["))
assert(not loadstring("--[[" .. ("x"):rep(2^20)))

--- long: a message about a long token
-- vm: raises near
-- gopher-lua: raises
assert(loadstring("x = = " .. ("y"):rep(1e5), "@source.lua"))

--- long: a chunk's name
-- vm: passes
-- gopher-lua: passes
local f, message = loadstring("x = = y", ("n"):rep(2^18))
assert(f == nil and #message < 2^20)

--- lines: a million of them
-- vm: passes
-- gopher-lua: host memory
assert(loadstring(("\n"):rep(2^20) .. "return 1")() == 1)

--- reader: one that returns no string
-- vm: passes
-- gopher-lua: passes
local ok, f = pcall(load, function() return {} end)
assert(not ok or f == nil)

--- reader: one that raises
-- vm: passes
-- gopher-lua: host bug
local ok, f, message = pcall(load, function() error("no source") end)
assert(not ok or f == nil)

--- reader: one that yields more and more
-- vm: raises string length overflow
-- gopher-lua: host memory
assert(load(function() return ("x = 1 "):rep(1e4) end)) --!

--- reader: one that loads
-- vm: passes
-- gopher-lua: passes
local n = 0
assert(load(function()
	n = n + 1
	if n < 100 then return loadstring("return ' '")() end
end))

--- bytecode: of PUC Lua
-- vm: passes
-- gopher-lua: passes
assert(not loadstring("\27Lua\81\0\1\4\8\4\8\0" .. ("\0"):rep(100)))

--- bytecode: of LuaJIT
-- vm: passes
-- gopher-lua: passes
assert(not loadstring("\27LJ\2\0" .. ("\255"):rep(100)))

--- bytecode: a dump with other bytes
-- vm: passes
-- gopher-lua: absent
local dump = string.dump(function() return 1 end)
for i = 1, #dump do
	for _, byte in ipairs {"\0", "\255", "("} do
		local f = loadstring(dump:sub(1, i - 1) .. byte .. dump:sub(i + 1))
		if f then pcall(f) end
	end
end

--- bytecode: a dump cut short
-- vm: passes
-- gopher-lua: absent
local dump = string.dump(function(a, b) local c = a + b return c end)
for i = 0, #dump - 1 do
	local f = loadstring(dump:sub(1, i))
	if f then pcall(f, 1, 2) end
end

--- noise: random bytes
-- vm: passes
-- gopher-lua: passes
math.randomseed(1)
for i = 1, 300 do
	local t = {}
	for j = 1, 40 do t[j] = string.char(math.random(0, 255)) end
	loadstring(table.concat(t))
end

--- noise: random tokens
-- vm: passes
-- gopher-lua: passes
local tokens = {"local", "function", "end", "if", "then", "(", ")", "{", "}", "=", "x", "1", "'s'", "return", "..", "...",
	"for", "in", "do", "while", "repeat", "until", "[", "]", ",", ";", ":", "not", "#", "-", "goto", "::", "break"}
math.randomseed(1)
for i = 1, 500 do
	local t = {}
	for j = 1, 30 do t[j] = tokens[math.random(#tokens)] end
	loadstring(table.concat(t, " "))
end
