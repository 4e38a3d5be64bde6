-- Values that all code of the state shares, replaced or changed. The next script must not
-- see anything of it, nor must the functions of the host.

--- globals: all gone
-- vm: passes
local all = _G
for name in pairs(all) do all[name] = nil end

--- globals: pcall, error, tostring and print are others
-- vm: raises still an error
local error = error
pcall, tostring, type, pairs, next, print = error, error, error, error, error, error
error("still an error") --!

--- globals: a metatable that raises
-- vm: raises no such global
setmetatable(_G, {__index = function(_, name) error("no such global " .. name) end}) --!
local x = nothing --!

--- globals: a metatable that loops
-- vm: raises loop in gettable
-- gopher-lua: raises too many recursions in gettable
setmetatable(_G, {__index = _G})
local x = nothing --!

--- globals: no more may be set
-- vm: raises read only
setmetatable(_G, {__newindex = function() error("read only") end}) --!
new = 1 --!

--- strings: a metatable that returns nonsense
-- vm: raises attempt to
getmetatable("").__index = function() return 1 end
local x = ("x"):upper() --!

--- strings: no metatable of them
-- vm: raises attempt to
getmetatable("").__index = nil
local x = ("x"):upper() --!

--- strings: functions replaced
-- vm: passes
for name in pairs(string) do string[name] = function() error("replaced") end end

--- strings: metamethods that never end
-- vm: stopped
getmetatable("").__add = function() while true do end end --!
local x = "x" + {}

--- libraries: all functions replaced
-- vm: passes
for _, name in ipairs {"string", "table", "math", "coroutine", "os", "io", "debug", "package"} do
	for key in pairs(_G[name] or {}) do rawset(_G[name], key, error) end
end

--- modules: websocket's functions replaced
-- vm: passes
for name in pairs(websocket) do rawset(websocket, name, error) end
setmetatable(websocket, {__index = error})

--- modules: package.loaded emptied
-- vm: passes
-- gopher-lua: absent
for name in pairs(package.loaded) do package.loaded[name] = nil end
package.loaders, package.preload, package.path = nil, nil, 1

--- modules: require with nonsense in its place
-- vm: raises 'package.loaders' must be a table
-- gopher-lua: absent
package.loaders = 1
require "nothing" --!

--- modules: loaders that lie
-- vm: passes
-- gopher-lua: absent
package.loaders[1] = function() return function() return nil end end
assert(require "anything" == true)

--- modules: the host's tables changed
-- vm: passes
-- gopher-lua: absent
for _, name in ipairs {"host", "utility", "cheat"} do
	for key in pairs(_G[name]) do rawset(_G[name], key, error) end
	setmetatable(_G[name], {__index = error, __newindex = error})
end
for _, name in ipairs {"task", "http", "ws", "crypto", "zlib", "encoding", "json"} do
	local module = require("tide." .. name)
	for key in pairs(module) do rawset(module, key, error) end
	setmetatable(module, {__index = error})
end

--- metatables: of the objects of modules
-- vm: passes
-- gopher-lua: absent
local task, zlib = require "tide.task", require "tide.zlib"
for _, object in ipairs {task.queue(1), zlib.inflater(), task.go(function() end), host.After(1, print)} do
	local mt = getmetatable(object)
	if type(mt) == "table" then
		for key in pairs(mt) do mt[key] = error end
		mt.__index, mt.__gc, mt.__tostring = error, error, error
	end
end
collectgarbage()

--- metatables: methods called on other objects
-- vm: passes
-- gopher-lua: absent
local task, zlib = require "tide.task", require "tide.zlib"
local queue, inflater = task.queue(1), zlib.inflater()
for _, self in ipairs {inflater, {}, 1, "x", newproxy(true), io.stdout, print} do
	assert(not pcall(queue.push, self, 1))
end
for _, self in ipairs {queue, {}, 1, "x", newproxy(true), io.stdout, print} do
	assert(not pcall(inflater.push, self, "x"))
end

--- metatables: one that is its own
-- vm: raises loop in gettable
-- gopher-lua: raises too many recursions in gettable
local t = {}
setmetatable(t, t)
t.__index, t.__call, t.__metatable = t, t, t
local x = t.a + t() --!

--- metatables: a locked one
-- vm: raises cannot change a protected metatable
setmetatable(setmetatable({}, {__metatable = 1}), {}) --!

--- metatables: __mode that changes
-- vm: passes
local mt = {__mode = "k"}
local t = setmetatable({}, mt)
for i = 1, 1000 do
	t[{}] = {}
	mt.__mode = ({"v", "kv", "k", "nonsense", 1, {}})[i % 6 + 1]
end

--- getfenv: of the host's functions
-- vm: passes
for _, f in pairs(websocket) do if type(f) == "function" then pcall(getfenv, f) end end
assert(getfenv(print) == _G)

--- setfenv: of the host's functions
-- vm: raises 'setfenv' cannot change environment of given object
-- gopher-lua: host bug
setfenv(print, {}) --!

--- setfenv: of the code that calls
-- vm: passes
-- gopher-lua: passes
local setfenv, lost = setfenv, setmetatable({}, {__index = function() return nil end})
setfenv(1, {})
x = 1
setfenv(1, lost)

--- setfenv: levels that are not there
-- vm: passes
for _, level in ipairs {-1, 1e9, 2^53, 1/0, 0/0, 200} do pcall(setfenv, level, {}) pcall(getfenv, level) end

--- newproxy: of what is none
-- vm: passes
-- gopher-lua: absent
assert(not pcall(newproxy, {}) and not pcall(newproxy, print))
local p = newproxy(true)
getmetatable(p).__index = p
assert(not pcall(function() return p.x end))

--- debug: everything of a host's function
-- vm: passes
-- gopher-lua: absent
for _, f in ipairs {print, pcall, websocket.Send, host.After, coroutine.wrap(print)} do
	for i = -2, 5 do
		assert(debug.getupvalue(f, i) == nil and debug.setupvalue(f, i, 1) == nil)
		pcall(debug.upvalueid, f, i)
		pcall(debug.upvaluejoin, f, i, f, i)
	end
end

--- debug: locals of all levels set
-- vm: passes
-- gopher-lua: absent
for level = 1, 50 do
	for i = -5, 50 do pcall(debug.setlocal, level, i, nil) end
end

--- debug: upvalues of all functions on the stack set
-- vm: passes
-- gopher-lua: absent
for level = 1, 50 do
	local info = debug.getinfo(level, "f")
	if info and info.func ~= attack then
		for i = 1, 10 do local name, value = debug.getupvalue(info.func, i) if name then debug.setupvalue(info.func, i, value) end end
	end
end

--- debug: getinfo with options that are none
-- vm: passes
-- gopher-lua: absent
for _, what in ipairs {"x", "", ">f", ("S"):rep(1e5), "nSlufL\0"} do pcall(debug.getinfo, 1, what) end
for _, level in ipairs {-1, 2^31, 2^53, 1/0, 0/0} do pcall(debug.getinfo, level) end

--- debug: a traceback of anything
-- vm: passes
-- gopher-lua: absent
for _, value in ipairs {1, "x", {}, print, ("x"):rep(1e6)} do pcall(debug.traceback, value, 2^53) pcall(debug.traceback, value, -1) end

--- debug: a metatable for all strings
-- vm: raises attempt to
-- gopher-lua: absent
debug.setmetatable("", nil)
local x = ("x"):upper() --!

--- debug: hooks
-- vm: raises
-- gopher-lua: absent
debug.sethook(function() while true do end end, "l", 1) --!

--- debug: the registry
-- vm: passes
-- gopher-lua: absent
assert(debug.getregistry == nil)
