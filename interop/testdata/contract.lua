-- What the contract promises of names, arguments and callbacks, on a connection to a real server.

local check = dofile("lib/check.lua")

local equal = check.equal

-- raises calls f and wants exactly this text.
local function raises(want, f, ...)
  local ok, text = pcall(f, ...)
  equal(ok, false, "success instead of " .. want)
  equal(text, want, "error text")
end

-- mentions is raises for texts that the contract fixes only in part.
local function mentions(part, f, ...)
  local ok, text = pcall(f, ...)
  equal(ok, false, "success instead of " .. part)
  if not tostring(text):find(part, 1, true) then check.fail(string.format("%q does not say %q", tostring(text), part)) end
end

-- Names.
local keys = {}
for key, value in pairs(websocket) do
  keys[#keys + 1] = key
  equal(type(value), "function", "type of websocket." .. key)
end
table.sort(keys)
equal(table.concat(keys, " "), "Close Connect Send close connect send", "keys of websocket")
for _, key in ipairs {"Connect", "Send", "Close"} do
  equal(websocket[key:lower()], websocket[key], "alias of " .. key)
end
equal(cheat, host, "cheat")

local ticks = utility.GetTickCount()
equal(ticks, math.floor(ticks), "GetTickCount, whole milliseconds")
if ticks < 2 ^ 20 or ticks >= 1e14 then check.fail("GetTickCount: " .. ticks) end

-- Argument errors through pcall.
local Connect, Send, Close = websocket.Connect, websocket.Send, websocket.Close
local URL = check.base .. "/echo"

raises("bad argument #1 to '?' (string expected, got no value)", Connect)
raises("bad argument #2 to '?' (table expected, got no value)", Connect, URL)
raises("bad argument #1 to '?' (number expected, got no value)", Send)
raises("bad argument #2 to '?' (string expected, got no value)", Send, 1)
raises("bad argument #1 to '?' (number expected, got no value)", Close)
raises("bad argument #1 to '?' (string expected, got nil)", Connect, nil)
raises("bad argument #1 to '?' (string expected, got table)", Connect, {}, {})
raises("bad argument #2 to '?' (table expected, got string)", Connect, URL, "callbacks")
raises("bad argument #1 to '?' (number expected, got string)", Send, "one", "x")
raises("bad argument #2 to '?' (string expected, got boolean)", Send, 1, true)
raises("bad argument #1 to '?' (number expected, got function)", Close, print)

-- A plain call says where, and which function.
local function here() return "contract.lua:" .. debug.getinfo(2, "l").currentline .. ": " end
mentions(here() .. "bad argument #1 to 'Connect' (string expected, got no value)", function() local _ = websocket.Connect() end)
mentions(here() .. "bad argument #2 to 'Send' (string expected, got no value)", function() local _ = websocket.Send(1) end)

-- Arguments are checked before state, for ids that never were, too.
for _, id in ipairs {1, 77, -1, 0.5} do
  mentions("(1000 or 3000 to 4999 expected)", Close, id, 1001)
  mentions("(1000 or 3000 to 4999 expected)", Close, id, 5000)
  mentions("(at most 123 bytes of UTF-8 expected)", Close, id, 1000, string.rep("x", 124))
  mentions("(at most 123 bytes of UTF-8 expected)", Close, id, 1000, "\255")
  mentions("(valid UTF-8 expected)", Send, id, "\255", "text")
  mentions("bad argument #3", Send, id, "x", "hex")
end

-- Options.
mentions("field 'timeout': positive number expected, got string", Connect, URL, {}, {timeout = "soon"})
mentions("field 'timeout'", Connect, URL, {}, {timeout = -1})
mentions("field 'headers'", Connect, URL, {}, {headers = {["X-A"] = "a\r\nb: c"}})
mentions("field 'headers'", Connect, URL, {}, {headers = {["Sec-WebSocket-Key"] = "x"}})
mentions("field 'protocols'", Connect, URL, {}, {protocols = {"not a token"}})
mentions("field 'kind'", Connect, URL, {}, {kind = "hex"})
mentions("unheardOf", Connect, URL, {}, {unheardOf = true})

-- None of them used up an id. Optional arguments may be nil.
local first = check.connect("/echo", {
  opened = function(id)
    equal(select("#", Send(id, "x", nil)), 1, "results of Send")
    equal(select("#", Close(id, nil, nil)), 1, "results of Close")
  end,
  ended = check.closes(1000, "", true),
}, nil)
equal(first, 1, "the first id")

-- Every place a script runs in may call.
local fromCoroutine = coroutine.wrap(function()
  return check.connect("/echo", {
    opened = function(id) coroutine.wrap(function() Send(id, "from a coroutine") end)() end,
    message = function(data, _, id)
      equal(data, "from a coroutine", "echo")
      Close(id)
    end,
    ended = check.closes(1000, "", true),
  })
end)()
equal(fromCoroutine, 2, "id from a coroutine")

-- Callbacks are looked up when they are due: through __index, set later, cleared later, callable tables. The runs that
-- follow end in onClose, which reports to this case so that check.lua waits for it.
local function late(callbacks, want)
  local seen = {}
  callbacks.seen = seen
  local done = check.case("late callbacks")
  setmetatable(callbacks, {__index = {
    onOpen = function() seen[#seen + 1] = "inherited onOpen" end,
    onClose = function(code)
      seen[#seen + 1] = "onClose " .. code
      equal(table.concat(seen, ", "), want, "callbacks that ran")
      done()
    end,
  }})
  return Connect(URL, callbacks), seen
end

local id, seen = late({}, "inherited onOpen, onClose 1000")
Send(id, "nobody listens")
local function closeOpen()
  if #seen == 0 then host.After(50, closeOpen) else Close(id) end
end
closeOpen()

local callbacks = {}
local id, seen = late(callbacks, "onOpen set later, __call echoed, onClose 4000")
callbacks.onOpen = function()
  seen[#seen + 1] = "onOpen set later"
  Send(id, "echoed")
end
callbacks.onMessage = setmetatable({}, {__call = function(_, data)
  seen[#seen + 1] = "__call " .. data
  callbacks.onMessage = nil
  Send(id, "nobody listens any more")
  Close(id, 4000)
end})

local id -- false hides what would be inherited
id = late({onOpen = false, onMessage = function() Close(id) end}, "onClose 1000")
Send(id, "echoed once it is open")

-- Look-alike keys receive nothing.
local function never() check.fail("a look-alike key was called") end
local done = check.case("look-alike keys")
local id
id = Connect(URL, {
  OnOpen = never, on_open = never, onopen = never, OnMessage = never, on_message = never, OnClose = never,
  onOpen = function() Send(id, "x") end,
  onMessage = function() Close(id) end,
  onClose = function() done() end,
})
