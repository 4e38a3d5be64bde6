-- Callbacks that raise, loop, or make more of what they are called for. The globals are
-- those of the setting: echo is a server that sends everything back, gone one that refuses.

--- error: in onOpen
-- vm: raises in onOpen
websocket.Connect(echo, {onOpen = function() error("in onOpen") end}) --!
return "later"

--- error: in onMessage
-- vm: raises in onMessage
local id = websocket.Connect(echo, {onMessage = function() error("in onMessage") end}) --!
websocket.Send(id, "x")
return "later"

--- error: in onClose
-- vm: raises in onClose
websocket.Close(websocket.Connect(echo, {onClose = function() error("in onClose") end})) --!
return "later"

--- error: in onError
-- vm: raises in onError
websocket.Connect(gone, {onError = function() error("in onError") end}) --!
return "later"

--- callbacks: none that can be called
-- vm: passes
local id = websocket.Connect(echo, {onOpen = 12, onMessage = {}, onError = "x", onClose = done})
websocket.Send(id, "x")
host_closes = websocket.Connect(echo, {onOpen = function() websocket.Close(id) end})
return "later"

--- error: in the __index of callbacks
-- vm: raises in __index
websocket.Connect(echo, setmetatable({}, {__index = function() error("in __index") end})) --!
return "later"

--- error: in the __call of a callback
-- vm: raises in __call
websocket.Connect(echo, {onOpen = setmetatable({}, {__call = function() error("in __call") end})}) --!
return "later"

--- error: a yield in a callback
-- vm: raises attempt to yield
-- gopher-lua: raises can not yield from outside of a coroutine
websocket.Connect(echo, {onOpen = function() coroutine.yield() end}) --!
return "later"

--- error: an overflow in a callback
-- vm: raises stack overflow
local function f() return 1 + f() end --!
websocket.Connect(echo, {onOpen = function() f() end})
return "later"

--- error: a thousand messages, an error for each
-- vm: raises for each
local id = websocket.Connect(echo, {onMessage = function() error("for each") end}) --!
for i = 1, 1000 do websocket.Send(id, "x") end
return "later"

--- endless: onOpen
-- vm: stopped
websocket.Connect(echo, {onOpen = function() while true do end end}) --!
return "later"

--- endless: onError
-- vm: stopped
websocket.Connect(gone, {onError = function() while true do end end}) --!
return "later"

--- endless: the __index of callbacks
-- vm: stopped
websocket.Connect(echo, setmetatable({}, {__index = function() while true do end end})) --!
return "later"

--- flood: connect again in onError, without a pause
-- vm: passes
local n = 0
local function again()
	n = n + 1
	if n == 5 then done() end
	websocket.Connect(gone, {onError = again})
end
again()
return "later"

--- flood: connect twice in onError
-- vm: passes
local n = 0
local function twice()
	n = n + 1
	if n == 5 then done() end
	for i = 1, 2 do pcall(websocket.Connect, gone, {onError = twice}) end
end
twice()
return "later"

--- flood: connect again in onClose
-- vm: passes
local n = 0
local function again()
	n = n + 1
	if n == 5 then done() end
	local id = websocket.Connect(echo, {onClose = again})
	websocket.Close(id)
end
again()
return "later"

--- flood: connections until there are too many
-- vm: raises too many connections
while true do websocket.Connect(gone, {onError = false}) end --!

--- flood: send in onMessage, twice for each
-- vm: passes
local n, id = 0
id = websocket.Connect(echo, {onError = false, onMessage = function()
	n = n + 1
	if n == 2000 then done() end
	websocket.Send(id, "x")
	if n < 500 then websocket.Send(id, "x") end
end})
websocket.Send(id, "x")
return "later"

--- flood: send without end, to a queue that is full
-- vm: passes
local id = websocket.Connect(echo, {onError = function(message) assert(message == "send queue full", message) done() end},
	{sendQueue = 2^16})
for i = 1, 5000 do websocket.Send(id, ("x"):rep(1000)) end
return "later"

--- flood: send before the connection is there
-- vm: passes
local id = websocket.Connect(echo, {onError = function(message) assert(message == "send queue full", message) done() end})
for i = 1, 5000 do websocket.Send(id, ("x"):rep(10000)) end
return "later"

--- flood: one message of the greatest length
-- vm: passes
local id = websocket.Connect(echo, {onError = function() done() end, onMessage = function() done() end},
	{maxMessage = 1000})
websocket.Send(id, ("x"):rep(2^21), "binary")
return "later"

--- close: in each callback, many times
-- vm: passes
local id
local function close() for i = 1, 1000 do websocket.Close(id) end end
id = websocket.Connect(echo, {onOpen = close, onMessage = close, onError = close, onClose = function() close() done() end})
return "later"

--- close: one another's connections
-- vm: passes
local a, b
local ended = 0
local function count()
	ended = ended + 1
	websocket.Close(a)
	websocket.Close(b)
	if ended == 2 then done() end
end
a = websocket.Connect(echo, {onOpen = function() websocket.Close(b) end, onClose = count, onError = count})
b = websocket.Connect(echo, {onOpen = function() websocket.Close(a) end, onClose = count, onError = count})
return "later"

--- callbacks: removed while they run
-- vm: passes
local callbacks, id = {}
function callbacks.onOpen()
	for name in pairs(callbacks) do callbacks[name] = nil end
	callbacks.onClose = done
	websocket.Close(id)
end
id = websocket.Connect(echo, callbacks)
return "later"

--- callbacks: one table for a hundred connections
-- vm: passes
local n = 0
local callbacks = {onOpen = function(info) websocket.Close(info.id) end}
function callbacks.onClose()
	n = n + 1
	if n == 100 then done() end
end
for i = 1, 100 do websocket.Connect(echo, callbacks) end
return "later"

--- callbacks: arguments that are changed
-- vm: passes
local id
id = websocket.Connect(echo, {
	onOpen = function(info)
		for key in pairs(info) do info[key] = error end
		setmetatable(info, {__index = error})
		websocket.Close(id)
	end,
	onClose = function(_, _, _, info) setmetatable(info, {__gc = error}) done() end,
})
return "later"
