-- Arguments of the websocket module that are no arguments.

--- id: negative
-- vm: passes
websocket.Send(-1, "x") websocket.Close(-1) websocket.Send(-2^31, "x") websocket.Close(-2^63)

--- id: not a whole number, not a number, too large
-- vm: passes
for _, id in ipairs {0, 0.5, 1.5, 2^31, 2^53, 2^53 + 2, 2^63, 2^64, 1e308, 1/0, -1/0, 0/0} do
	websocket.Send(id, "x")
	websocket.Close(id)
end

--- id: spelled
-- vm: passes
for _, id in ipairs {"-1", "0x7fffffff", " 99 ", "1e9", "inf" == 0 and "" or "77"} do
	websocket.Send(id, "x")
	websocket.Close(id)
end

--- id: a text that spells none
-- vm: raises bad argument #1 to 'Send' (number expected, got string)
websocket.Send("one", "x") --!

--- id: a table
-- vm: raises bad argument #1 to 'Close' (number expected, got table)
websocket.Close(setmetatable({}, {__tonumber = function() return 1 end})) --!

--- id: one that has ended, for ever
-- vm: passes
local id
id = websocket.Connect(gone, {onError = function()
	for i = 1, 1000 do websocket.Send(id, "x") websocket.Close(id) end
	done()
end})
return "later"

--- url: a megabyte
-- vm: passes
websocket.Connect("ws://echo.test/" .. ("x"):rep(2^20), {onError = function() done() end})
return "later"

--- url: none at all
-- vm: raises bad argument #1 to 'Connect' (string expected, got no value)
websocket.Connect() --!

--- url: ones that are none
-- vm: passes
local urls = {"", " ", "\0", "ws:", "ws://", "ws:///", "ws://:0/", "ws://[::1", "ws://a..b/", "ws://%00/", "file:///etc/passwd",
	"ws://echo.test:99999/", "javascript:1", "ws://echo.test/#x", "ws://echo.test/\r\nX: y", "ws://\255/", "://", "ws://xn--a/"}
local n = 0
for _, url in ipairs(urls) do
	websocket.Connect(url, {onError = function()
		n = n + 1
		if n == #urls then done() end
	end})
end
return "later"

--- data: not UTF-8, as text
-- vm: raises bad argument #2 to 'Send' (valid UTF-8 expected)
websocket.Send(1, "\255", "text") --!

--- data: a table that says it is a string
-- vm: raises bad argument #2 to 'Send' (string expected, got table)
websocket.Send(1, setmetatable({}, {__tostring = function() return "x" end})) --!

--- kind: unknown
-- vm: raises bad argument #3 to 'Send' (invalid option 'nonsense')
websocket.Send(1, "x", "nonsense") --!

--- code: all that are not allowed
-- vm: passes
for _, code in ipairs {0, -1, 999, 1001, 1005, 1006, 1015, 2999, 5000, 2^16 + 1000, 2^32 + 1000, 1000.5, 0/0, 1/0} do
	assert(not pcall(websocket.Close, 1e9, code), code)
end

--- reason: too long, and not UTF-8
-- vm: passes
assert(not pcall(websocket.Close, 1e9, 1000, ("x"):rep(124)))
assert(not pcall(websocket.Close, 1e9, 1000, ("x"):rep(2^20)))
assert(not pcall(websocket.Close, 1e9, 1000, "\255"))

--- callbacks: missing
-- vm: raises bad argument #2 to 'Connect' (table expected, got no value)
websocket.Connect(echo) --!

--- options: unknown names
-- vm: raises bad argument #3 to 'Connect'
websocket.Connect(echo, {}, {nonsense = 1}) --!

--- options: values of wrong kinds
-- vm: passes
for _, name in ipairs {"headers", "protocols", "origin", "kind", "timeout", "maxMessage", "sendQueue", "receiveQueue", "ping",
	"pong", "compression", "proxy", "tls", "redirects"} do
	assert(not pcall(websocket.Connect, echo, {}, {[name] = print}), name)
end

--- options: numbers beyond
-- vm: passes
for _, name in ipairs {"timeout", "maxMessage", "sendQueue", "receiveQueue", "ping", "pong", "redirects"} do
	for _, value in ipairs {-1, 0/0, -1/0, -2^63} do
		assert(not pcall(websocket.Connect, echo, {}, {[name] = value}), name)
	end
end

--- options: __index that raises
-- vm: raises not for you
websocket.Connect(echo, {}, setmetatable({}, {__index = function() error("not for you") end})) --!

--- options: __index that never ends
-- vm: stopped
websocket.Connect(echo, {}, setmetatable({}, {__index = function() while true do end end})) --!

--- options: __index that recurses
-- vm: raises overflow
-- gopher-lua: raises overflow
local options = setmetatable({}, {__index = function(t, key) return t[key] end}) --!
websocket.Connect(echo, {}, options)

--- options: __index that yields
-- vm: raises attempt to yield
-- gopher-lua: raises can not yield from outside of a coroutine
websocket.Connect(echo, {}, setmetatable({}, {__index = function() coroutine.yield() end})) --!

--- options: __index that connects
-- vm: passes
local deep = 0
local options = setmetatable({}, {})
getmetatable(options).__index = function()
	deep = deep + 1
	if deep < 50 then pcall(websocket.Connect, gone, {onError = false}, options) end
end
pcall(websocket.Connect, gone, {onError = false}, options)

--- options: a table that changes while it is read
-- vm: passes
local options = {headers = {A = "1"}, protocols = {"a"}}
setmetatable(options, {__index = function(t, key)
	for name in pairs(t) do t[name] = nil end
	for i = 1, 100 do rawset(t, "k" .. i, i) end
end})
pcall(websocket.Connect, gone, {onError = false}, options)

--- options: a table that contains itself
-- vm: raises bad argument #3 to 'Connect'
local options = {}
options.headers, options.tls, options.timeout = options, options, options
websocket.Connect(echo, {}, options) --!

--- headers: a megabyte
-- vm: passes
pcall(websocket.Connect, gone, {onError = false}, {headers = {A = ("x"):rep(2^20)}})

--- headers: a hundred thousand
-- vm: passes
local headers = {}
for i = 1, 1e4 do headers["X-" .. i] = "x" end
pcall(websocket.Connect, gone, {onError = false}, {headers = headers})

--- headers: lines within
-- vm: raises bad argument #3 to 'Connect'
websocket.Connect(gone, {}, {headers = {A = "x\r\nHost: other"}}) --!

--- headers: names that are none
-- vm: passes
for _, name in ipairs {"", " ", "A B", "A:", "\0", "A\r\n", "\255", ("x"):rep(2^17) .. ":", "Host", "Upgrade", "Sec-WebSocket-Key"} do
	assert(not pcall(websocket.Connect, gone, {}, {headers = {[name] = "x"}}), name)
end

--- protocols: a list without end
-- vm: passes
local endless = setmetatable({}, {__index = function() return "x" end})
pcall(websocket.Connect, gone, {onError = false}, {protocols = endless})

--- protocols: ones that are none
-- vm: passes
for _, name in ipairs {"", "a b", "a,b", "\0", "\r\n", "\255"} do
	assert(not pcall(websocket.Connect, gone, {}, {protocols = {name}}), name)
end

--- tls: a megabyte of PEM
-- vm: passes
pcall(websocket.Connect, "wss://gone.test/", {onError = false}, {tls = {ca = ("-----BEGIN CERTIFICATE-----\n"):rep(4e4)}})

--- tls: files of the host
-- vm: passes
local ended = 0
local function count() ended = ended + 1 if ended == 3 then done() end end
for _, name in ipairs {"ca", "cert", "key"} do
	local ok = pcall(websocket.Connect, "wss://gone.test/", {onError = count, onOpen = error}, {tls = {[name] = "/etc/passwd"}})
	if not ok then count() end
end
return "later"

--- proxy: ones that are none
-- vm: passes
for _, url in ipairs {"nonsense", "file:///x", "http://", "http://\0", ("x"):rep(2^17), "socks5://a:b@"} do
	pcall(websocket.Connect, gone, {onError = false}, {proxy = url})
end
