-- The functions of the runner: timers, tasks, lines, the end of the run. A door to another
-- host has none of them.

--- timers: one that starts itself again at once
-- vm: passes
-- gopher-lua: absent
local n = 0
local function again()
	n = n + 1
	if n == 1000 then done() end
	host.After(0, again)
end
again()
return "later"

--- timers: two for each
-- vm: exhausted
-- gopher-lua: absent
local function twice() for i = 1, 2 do host.After(0, twice) end end --!
twice()
return "later"

--- timers: until memory is full
-- vm: raises not enough memory
-- gopher-lua: absent
while true do host.After(1e9, function() end) end --!

--- timers: times that are none
-- vm: passes
-- gopher-lua: absent
for _, ms in ipairs {-1, -2^63, 0/0, 1/0, -1/0, 2^53, 2^63, 1e308} do
	for _, f in ipairs {host.After, host.Every} do
		local ok, handle = pcall(f, ms, function() end)
		if ok then host.Unregister(handle) end
	end
end

--- timers: an error each millisecond
-- vm: raises each millisecond
-- gopher-lua: absent
host.Every(1, function() error("each millisecond") end) --!
return "later"

--- timers: one that never ends
-- vm: stopped
-- gopher-lua: absent
host.After(0, function() while true do end end) --!
return "later"

--- timers: handles that are none
-- vm: passes
-- gopher-lua: absent
for _, handle in ipairs {1, "x", {}, print, newproxy(true), io.stdout} do
	assert(not pcall(host.Unregister, handle) and not pcall(host.Unref, handle))
end
host.Unregister(host.After(0, print))

--- timers: cancelled in themselves
-- vm: passes
-- gopher-lua: absent
local handle
handle = host.Every(1, function()
	for i = 1, 100 do host.Unregister(handle) end
	done()
end)
return "later"

--- frames: a handler that raises
-- vm: raises in each frame
-- gopher-lua: absent
host.Register("onUpdate", function() error("in each frame") end) --!
return "later"

--- frames: handlers that register more
-- vm: exhausted
-- gopher-lua: absent
local function more() for i = 1, 2000 do host.Register("onUpdate", function() end) end host.Register("onUpdate", more) end --!
host.Register("onUpdate", more)
host.Register("onUpdate", more)
host.Register("onUpdate", more)
return "later"

--- frames: a name of a megabyte
-- vm: passes
-- gopher-lua: absent
host.Register(("x"):rep(2^20), print)
host.Register("on\nUpdate\27[2J", print)

--- lines: an error at the end of input
-- vm: raises at the end
-- gopher-lua: absent
host.OnLine(function() error("at the end") end) --!
return "later"

--- exit: in a callback, caught by pcall
-- vm: passes
-- gopher-lua: absent
local ok, code = pcall(host.Exit, 256)
assert(not ok)
assert(not pcall(host.Exit, -1) and not pcall(host.Exit, 0/0) and not pcall(os.exit, {}))

--- tasks: one that starts two
-- vm: raises not enough memory
-- gopher-lua: absent
local task = require "tide.task"
local function twice() for i = 1, 2 do task.go(twice) end end --!
task.go(twice)
return "later"

--- tasks: a million that wait
-- vm: raises not enough memory
-- gopher-lua: absent
local task = require "tide.task"
while true do task.go(task.sleep, 1e6) end --!

--- tasks: one that never waits
-- vm: stopped
-- gopher-lua: absent
require "tide.task".go(function() while true do end end) --!
return "later"

--- tasks: one that gives way for ever
-- vm: passes
-- gopher-lua: absent
local task = require "tide.task"
local n = 0
task.go(function()
	while true do
		task.sleep(0)
		n = n + 1
		if n == 1000 then done() end
	end
end)
return "later"

--- tasks: an error in one
-- vm: raises in a task
-- gopher-lua: absent
require "tide.task".go(function() error("in a task") end) --!
return "later"

--- tasks: cancelled by themselves, and by each other
-- vm: passes
-- gopher-lua: absent
local task = require "tide.task"
local a, b
a = task.go(function() pcall(a.cancel, a) pcall(task.sleep, 1) b:cancel() pcall(task.sleep, 1) end)
b = task.go(function() a:cancel() pcall(task.sleep, 1) pcall(a.wait, a) done() end)
return "later"

--- tasks: ones that wait for each other
-- vm: passes
-- gopher-lua: absent
local task = require "tide.task"
local a, b
a = task.go(function() return b:wait() end)
b = task.go(function() return a:wait() end)
local own
own = task.go(function() return pcall(own.wait, own, 0.01) end)

--- tasks: one that swallows its cancelling
-- vm: stopped
-- gopher-lua: absent
local task = require "tide.task"
local t = task.go(function() while true do pcall(task.sleep, 1) end end) --!
task.go(function() t:cancel() end)
return "later"

--- tasks: one that never ends, while another waits for it
-- vm: stopped
-- gopher-lua: absent
local task = require "tide.task"
local t
task.go(function() t:wait() end)
t = task.go(function() task.sleep(0.001) while true do end end) --!
return "later"

--- tasks: waits outside of them
-- vm: raises waits: call it inside tide.task.go
-- gopher-lua: absent
require "tide.task".sleep(0) --!

--- tasks: yields of their own
-- vm: raises attempt to yield
-- gopher-lua: absent
require "tide.task".go(function() coroutine.yield() end) --!
return "later"

--- queues: sizes that are none
-- vm: passes
-- gopher-lua: absent
local task = require "tide.task"
for _, n in ipairs {-1, 0.5, 2^53, 1/0, 0/0, "x"} do pcall(task.queue, n) end

--- queues: filled until memory is full
-- vm: raises not enough memory
-- gopher-lua: absent
local queue = require "tide.task".queue(1e9)
while true do queue:push({}) end --!

--- sockets: kept ones to nowhere
-- vm: passes
-- gopher-lua: absent
local ws = require "tide.ws"
local n = 0
for i = 1, 5 do
	ws.keep(gone, {onDown = function(_, _, k) k:close() end, onEnd = function()
		n = n + 1
		if n == 5 then done() end
	end}, {min = 0.001, max = 0.001})
end
return "later"

--- sockets: a kept one without pauses
-- vm: passes
-- gopher-lua: absent
local ws = require "tide.ws"
local n = 0
ws.keep(gone, {onDown = function()
	n = n + 1
	if n == 5 then done() end
end, onEnd = false}, {retry = function() return 0 end, min = 0.001, max = 0.001})
return "later"

--- sockets: retry that raises
-- vm: raises no retry
-- gopher-lua: absent
require "tide.ws".keep(gone, {onEnd = false}, {retry = function() error("no retry") end}) --!
return "later"

--- sockets: headers that never come
-- vm: stopped
-- gopher-lua: absent
require "tide.ws".keep(gone, {onEnd = false}, {headers = function() while true do end end}) --!
return "later"

--- sockets: drains in drains
-- vm: passes
-- gopher-lua: absent
local ws = require "tide.ws"
local id = websocket.Connect(echo, {})
local n = 0
local function again()
	n = n + 1
	if n == 200 then done() else ws.onDrain(id, 0, again) end
end
again()
return "later"

--- requests: a thousand
-- vm: passes
-- gopher-lua: absent
local http = require "tide.http"
local n = 0
for i = 1, 1000 do
	local ok = pcall(http.get, "http://gone.test/" .. i, {}, function() n = n + 1 if n == 1000 then done() end end)
	if not ok then n = n + 1 if n == 1000 then done() end end
end
return "later"

--- requests: an error in each
-- vm: raises no answer
-- gopher-lua: absent
require "tide.http".get("http://gone.test/", function() error("no answer") end) --!
return "later"

--- requests: fields of nonsense
-- vm: passes
-- gopher-lua: absent
local http = require "tide.http"
for _, request in ipairs {{}, {url = {}}, {url = "http://gone.test/", method = "G T"}, {url = "http://gone.test/", method = "\r\n"},
	{url = "http://gone.test/", headers = {["A\n"] = "x"}}, {url = "http://gone.test/", body = {}},
	setmetatable({}, {__index = error})} do
	assert(not pcall(http.request, request, function() end))
end
