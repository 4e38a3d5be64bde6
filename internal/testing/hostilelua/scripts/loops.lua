-- Code that does not end: in plain loops, and in places where Lua calls back.

--- plain: while
-- vm: stopped
while true do end --!

--- plain: repeat
-- vm: stopped
repeat until false --!

--- plain: for
-- vm: stopped
for i = 1, 1/0 do end --!

--- plain: for without a step
-- vm: stopped
-- gopher-lua: host bug
pcall(function() for i = 1, 2, 0 do end end) --!
while true do end --!

--- plain: goto
-- vm: stopped
::again:: --!
goto again --!

--- plain: tail calls
-- vm: stopped
local function f() return f() end --!
f() --!

--- iterator: one that never returns nil
-- vm: stopped
for _ in function() return 1 end do end --!

--- pcall: a loop that swallows errors
-- vm: stopped
while true do pcall(function() while true do end end) end --!

--- pcall: errors in a loop
-- vm: stopped
while true do pcall(error, {}) end --!

--- xpcall: a handler that never ends
-- vm: stopped
-- gopher-lua: stopped
xpcall(error, function() while true do end end) --!
while true do end --!

--- xpcall: a handler that goes on after the interrupt
-- vm: stopped
local function loop() while true do end end --!
while true do xpcall(loop, function() while true do end end) end --!

--- coroutine: a loop in one
-- vm: stopped
coroutine.wrap(function() while true do end end)() --!

--- coroutine: resumed for ever
-- vm: stopped
local co = coroutine.wrap(function() while true do coroutine.yield() end end) --!
while true do co() end --!

--- coroutine: new ones for ever
-- vm: stopped
while true do coroutine.wrap(function() coroutine.yield() end)() end --!

--- coroutine: pcall in one that swallows the interrupt
-- vm: stopped
local co = coroutine.create(function()
	while true do pcall(function() while true do end end) end --!
end)
while true do coroutine.resume(co) end --!

--- __index: a function that never ends
-- vm: stopped
local t = setmetatable({}, {__index = function() while true do end end}) --!
local x = t.x

--- __newindex: a function that never ends
-- vm: stopped
local t = setmetatable({}, {__newindex = function() while true do end end}) --!
t.x = 1

--- __call: a function that never ends
-- vm: stopped
local t = setmetatable({}, {__call = function() while true do end end}) --!
t()

--- __eq: a function that never ends
-- vm: stopped
local mt = {__eq = function() while true do end end} --!
local x = setmetatable({}, mt) == setmetatable({}, mt)

--- __lt: a function that never ends, in a sort
-- vm: stopped
local mt = {__lt = function() while true do end end} --!
local t = {setmetatable({}, mt), setmetatable({}, mt), setmetatable({}, mt)}
table.sort(t)

--- __concat: a function that never ends
-- vm: stopped
local t = setmetatable({}, {__concat = function() while true do end end}) --!
local x = "x" .. t

--- __unm: a function that never ends
-- vm: stopped
local t = setmetatable({}, {__unm = function() while true do end end}) --!
local x = -t

--- __tostring: a function that never ends, in print
-- vm: stopped
print(setmetatable({}, {__tostring = function() while true do end end})) --!

--- __gc: a function that never ends
-- vm: stopped
-- gopher-lua: absent
getmetatable(newproxy(true)).__gc = function() while true do end end --!
collectgarbage() --!
while true do end --!

--- __gc: one that makes the next
-- vm: stopped
-- gopher-lua: absent
local function again() getmetatable(newproxy(true)).__gc = again end --!
again()
while true do collectgarbage() end --!

--- gsub: a callback that never ends
-- vm: stopped
local s = ("x"):gsub(".", function() while true do end end) --!

--- load: a reader that never ends
-- vm: stopped
-- gopher-lua: stopped
load(function() return " " end) --!
while true do end --!

--- load: a loader in a loop
-- vm: stopped
while true do loadstring("return " .. math.random())() end --!

--- require: of nothing, for ever
-- vm: stopped
-- gopher-lua: absent
while true do pcall(require, "nothing") end --!

--- collectgarbage: for ever
-- vm: stopped
-- gopher-lua: absent
while true do collectgarbage() end --!

--- print: a flood
-- vm: stopped
local line = ("x"):rep(1e5)
while true do print(line) end --!

--- numbers: the loop variable that does not move
-- vm: stopped
local n = 2^53
while n == 2^53 do n = n + 1 end --!

--- numbers: tostring and back
-- vm: stopped
while true do tonumber(tostring(math.random() * 1e300)) end --!
