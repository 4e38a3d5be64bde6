-- Calls within calls, by each way from one to the next.

--- plain
-- vm: raises stack overflow
local function f() return 1 + f() end --!
f()

--- two functions
-- vm: raises stack overflow
local g
local function f() return 1 + g() end --!
function g() return 1 + f() end --!
f()

--- many arguments in each call
-- vm: raises stack overflow
-- gopher-lua: raises overflow
local function f(...) return 1 + f(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...) end --!
f()

--- pcall
-- vm: passes
-- gopher-lua: passes
local deepest = 0
local function f(n) deepest = n pcall(f, n + 1) end
f(1)
assert(deepest > 50 and deepest < 250000)

--- pcall of pcall of pcall
-- vm: passes
-- gopher-lua: passes
local t = {}
for i = 1, 200 do t[i] = pcall end
assert(pcall(unpack(t)) == true or true)

--- xpcall in its own handler
-- vm: passes
local function h() return xpcall(error, h) end
assert(xpcall(error, h) == false)

--- a handler that raises
-- vm: passes
local ok = xpcall(error, function(e) error(e) end)
assert(ok == false)

--- __index
-- vm: raises stack overflow
local t = setmetatable({}, {__index = function(t, k) return t[k] end}) --!
local x = t.x

--- __newindex
-- vm: raises stack overflow
local t = setmetatable({}, {__newindex = function(t, k, v) t[k] = v end}) --!
t.x = 1

--- __call
-- vm: raises stack overflow
local t = setmetatable({}, {__call = function(t) return 1 + t() end}) --!
t()

--- __call that leads to itself
-- vm: raises attempt to call
-- gopher-lua: raises attempt to call
local t = setmetatable({}, {})
getmetatable(t).__call = t
t() --!

--- __concat
-- vm: raises stack overflow
local t = setmetatable({}, {__concat = function(a, b) return "x" .. (a .. b) end}) --!
local x = t .. t

--- __add
-- vm: raises stack overflow
local t = setmetatable({}, {__add = function(a, b) return 1 + (a + b) end}) --!
local x = t + t

--- __eq
-- vm: raises stack overflow
local mt = {}
mt.__eq = function(a, b) return not (a == b) end --!
local x = setmetatable({}, mt) == setmetatable({}, mt)

--- __lt
-- vm: raises stack overflow
local mt = {}
mt.__lt = function(a, b) return not (a < b) end --!
local x = setmetatable({}, mt) < setmetatable({}, mt)

--- __tostring
-- vm: raises overflow
-- gopher-lua: raises overflow
local t = setmetatable({}, {__tostring = function(t) return "x" .. tostring(t) end}) --!
local x = tostring(t)

--- a chain of __index
-- vm: raises loop in gettable
-- gopher-lua: raises too many recursions in gettable
local t = {}
for i = 1, 20000 do t = setmetatable({}, {__index = t}) end
local x = t.x --!

--- a cycle of __index
-- vm: raises loop in gettable
-- gopher-lua: raises too many recursions in gettable
local a, b = {}, {}
setmetatable(a, {__index = b})
setmetatable(b, {__index = a})
local x = a.x --!

--- a cycle of __newindex
-- vm: raises loop in settable
-- gopher-lua: raises too many recursions in settable
local a, b = {}, {}
setmetatable(a, {__newindex = b})
setmetatable(b, {__newindex = a})
a.x = 1 --!

--- coroutines in one another
-- vm: raises C stack overflow
-- gopher-lua: host stack
local function f() return coroutine.wrap(f)() end --!
f() --!

--- gsub in gsub
-- vm: raises C stack overflow
-- gopher-lua: raises stack overflow
local function f() return (("x"):gsub("x", f)) end --!
f() --!

--- sort in sort
-- vm: raises C stack overflow
-- gopher-lua: raises stack overflow
local function f() table.sort({2, 1}, f) return false end --!
f() --!

--- load in load
-- vm: passes
-- gopher-lua: passes
local n = 0
local function f() n = n + 1 return load(f) end
pcall(f)
assert(n > 50 and n < 1000)

--- loadstring in loadstring
-- vm: raises stack overflow
-- gopher-lua: raises stack overflow
local names = {}
for i = 1, 150 do names[i] = "a" .. i end
local text = "local " .. table.concat(names, ",") .. " return 1 + chain()"
function chain() return 1 + loadstring(text)() end --!
chain()

--- a module that requires itself
-- vm: raises loop or previous error loading module
-- gopher-lua: absent
package.preload.circle = function() return require "circle" end --!
require "circle" --!

--- two modules that require each other
-- vm: raises loop or previous error loading module
-- gopher-lua: absent
package.preload.here = function() return require "there" end --!
package.preload.there = function() return require "here" end --!
require "here" --!

--- in a finalizer
-- vm: raises stack overflow
-- gopher-lua: absent
local function f() return 1 + f() end --!
getmetatable(newproxy(true)).__gc = f
collectgarbage()

--- again after each overflow
-- vm: passes
-- gopher-lua: passes
local function f() return 1 + f() end
for i = 1, 20 do assert(not pcall(f)) end

--- overflow in a coroutine, which is then dead
-- vm: passes
-- gopher-lua: host bug
local co = coroutine.create(function() local function f() return 1 + f() end f() end)
assert(coroutine.resume(co) == false and coroutine.status(co) == "dead")
