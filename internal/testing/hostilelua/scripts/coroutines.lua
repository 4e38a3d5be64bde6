-- Coroutines by the million, and in states in which they cannot go on.

--- bomb: a million that wait
-- vm: raises not enough memory
-- gopher-lua: host memory
local keep = {}
for i = 1, 1e6 do --!
	local co = coroutine.wrap(function() coroutine.yield() end) --!
	co() --!
	keep[i] = co --!
end

--- bomb: a million that have not begun
-- vm: raises not enough memory
-- gopher-lua: host memory
local keep = {}
for i = 1, 1e6 do keep[i] = coroutine.create(print) end --!

--- bomb: deep stacks in each
-- vm: raises not enough memory
-- gopher-lua: host memory
local keep = {}
local function deep(n) if n == 0 then coroutine.yield() else deep(n - 1) end return n end
for i = 1, 1e6 do --!
	local co = coroutine.wrap(deep)
	co(100) --!
	keep[i] = co --!
end

--- bomb: forgotten ones are freed
-- vm: passes
-- gopher-lua: passes
for i = 1, 2e4 do coroutine.wrap(function() coroutine.yield() end)() end

--- resume: itself
-- vm: passes
-- gopher-lua: passes
local co
co = coroutine.create(function() return coroutine.resume(co) end)
local ok, inner = coroutine.resume(co)
assert(ok and inner == false)

--- resume: a dead one
-- vm: passes
local co = coroutine.create(function() end)
coroutine.resume(co)
for i = 1, 1000 do
	local ok, message = coroutine.resume(co)
	assert(not ok and message:find "dead")
end

--- resume: one that waits for us
-- vm: passes
-- gopher-lua: host bug
local outer
outer = coroutine.create(function()
	return coroutine.resume(coroutine.create(function() return coroutine.resume(outer) end))
end)
local _, _, ok = coroutine.resume(outer)
assert(ok == false)

--- resume: the one that runs the callback
-- vm: passes
-- gopher-lua: host bug
local main = coroutine.running()
assert(main == nil or not coroutine.resume(main))

--- yield: outside of any
-- vm: raises attempt to yield
-- gopher-lua: raises can not yield from outside of a coroutine
coroutine.yield(1) --!

--- yield: across sort
-- vm: passes
-- gopher-lua: host bug
local ok, message = coroutine.resume(coroutine.create(function()
	table.sort({3, 2, 1}, function() coroutine.yield() end)
end))
assert(not ok and message:find "yield", message)

--- yield: across gsub
-- vm: passes
-- gopher-lua: host bug
local ok, message = coroutine.resume(coroutine.create(function()
	return (("x"):gsub("x", function() coroutine.yield() end))
end))
assert(not ok and message:find "yield", message)

--- yield: in the reader of load
-- vm: passes
-- gopher-lua: host bug
local ok, f, message = coroutine.resume(coroutine.create(function()
	return load(function() coroutine.yield() end)
end))
assert(not ok or f == nil)

--- yield: in a metamethod
-- vm: passes
-- gopher-lua: host bug
local co = coroutine.wrap(function()
	local t = setmetatable({}, {__index = function(_, k) return coroutine.yield(k) end})
	return t.x
end)
assert(co() == "x" and co("y") == "y")

--- yield: a hundred thousand values
-- vm: passes
-- gopher-lua: host bug
local t = {}
for i = 1, 7000 do t[i] = i end
local co = coroutine.wrap(function() coroutine.yield(unpack(t)) end)
assert(select("#", co()) == 7000)

--- wrap: an error in each, nested
-- vm: raises at the bottom
-- gopher-lua: raises at the bottom
local function nest(n)
	if n == 0 then error("at the bottom") end --!
	coroutine.wrap(nest)(n - 1) --!
end
nest(50) --!

--- wrap: of no function
-- vm: raises bad argument #1 to 'wrap'
-- gopher-lua: raises bad argument #1 to wrap
coroutine.wrap(1) --!

--- status: of something else
-- vm: raises bad argument #1 to 'status'
-- gopher-lua: raises bad argument #1 to status
coroutine.status({}) --!

--- a coroutine that its own finalizer resumes
-- vm: passes
-- gopher-lua: absent
local co = coroutine.create(function() coroutine.yield() end)
coroutine.resume(co)
getmetatable(newproxy(true)).__gc = function() coroutine.resume(co) end
collectgarbage()
collectgarbage()

--- an environment of a dead coroutine
-- vm: passes
-- gopher-lua: absent
local co = coroutine.create(function() end)
coroutine.resume(co)
debug.setfenv(co, {})
assert(not coroutine.resume(co))
