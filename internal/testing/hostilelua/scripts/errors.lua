-- Error objects, and messages that try to be something else.

--- object: a cyclic table
-- vm: raises (error object is a table value)
local t = {}
t.t = t
error(t)

--- object: nil
-- vm: raises nil
-- gopher-lua: raises nil
error(nil)

--- object: a function
-- vm: raises (error object is a function value)
-- gopher-lua: raises (error object is a function value)
error(print)

--- object: a boolean
-- vm: raises (error object is a boolean value)
error(false)

--- object: a coroutine
-- vm: raises (error object is a thread value)
error(coroutine.create(print))

--- object: __tostring that raises
-- vm: raises (error object is a table value)
error(setmetatable({}, {__tostring = function() error "again" end}))

--- object: __tostring that returns a table
-- vm: raises (error object is a table value)
error(setmetatable({}, {__tostring = function() return {} end}))

--- object: __tostring that recurses
-- vm: raises (error object is a table value)
local function again(t) return tostring(t) .. "x" end
error(setmetatable({}, {__tostring = again}))

--- object: __tostring that never ends
-- vm: stopped
-- gopher-lua: stopped (error object is a table value)
error(setmetatable({}, {__tostring = function() while true do end end})) --!

--- object: __tostring that yields
-- vm: raises (error object is a table value)
error(setmetatable({}, {__tostring = function() coroutine.yield() return "x" end}))

--- object: a __metatable that hides
-- vm: raises hidden
error(setmetatable({}, {__metatable = false, __tostring = function() return "hidden" end}))

--- object: an __index that never ends
-- vm: raises (error object is a table value)
local forever = function() while true do end end
error(setmetatable({}, setmetatable({}, {__index = forever})))

--- message: two megabytes
-- vm: raises xxxx
error(("x"):rep(2^21)) --!

--- message: a line of the log
-- vm: raises a\n2026-01-01 ERROR faked
error("a\n2026-01-01 ERROR faked") --!

--- message: codes of a terminal
-- vm: raises \x1b[2J
error("\27[2J\27]0;title\7") --!

--- message: bytes that are no text
-- vm: raises
error("\0\255\254\192\128") --!

--- message: marks that change the direction
-- vm: raises
error("\226\128\174abc") --!

--- message: formats of the host's
-- vm: raises %s%n%d%!v(MISSING)
error("%s%n%d%!v(MISSING)") --!

--- message: a number
-- vm: raises 12
error(12) --!

--- level: far away
-- vm: raises nowhere
error("nowhere", 2^31)

--- level: below zero
-- vm: raises below
error("below", -5)

--- level: not a number
-- vm: raises bad argument #2 to 'error'
-- gopher-lua: raises bad argument #2 to error
error("x", {}) --!

--- assert: without anything
-- vm: raises bad argument #1 to 'assert'
-- gopher-lua: raises assertion failed
assert() --!

--- assert: with an object
-- vm: raises (error object is a table value)
-- gopher-lua: raises bad argument #2 to assert
assert(false, {})

--- a deep traceback
-- vm: raises at the end of it
local function f(n) if n == 0 then error("at the end of it") end return 1 + f(n - 1) end --!
f(150)

--- a thousand different errors
-- vm: passes
for i = 1, 1000 do pcall(error, "error " .. i) end

--- an error in a chunk that calls itself a host
-- vm: raises mine
-- gopher-lua: raises mine
assert(loadstring("error 'mine'", "=[C]"))()

--- an error in a chunk whose name has lines
-- vm: raises mine
-- gopher-lua: raises mine
assert(loadstring("error 'mine'", "=a\nb\27[2J"))()
