-- A client of NATS over WebSocket: subscribes, publishes, and asks a question that it answers itself. The protocol
-- is lines of text, with payloads in between; a WebSocket message carries any part of that stream.
--
--   tidewire run examples/nats.lua ws://localhost:8080

local crypto = require "tide.crypto"
local json = require "tide.json"
local task = require "tide.task"
local ws = require "tide.ws"

local url = assert(arg[1], "no server: give the URL of a NATS server")

local nats = {}
nats.__index = nats

-- open connects, and returns a client when the server has answered.
function nats.open(url)
  local socket, message, info = ws.open(url, {kind = "binary"})
  if not socket then return nil, message .. ": " .. info.detail end
  local self = setmetatable({socket = socket, buffer = "", handlers = {}, subscriptions = 0}, nats)
  self.ready = task.queue(1)
  self.inbox = "_INBOX." .. crypto.uuid()
  self.reader = task.go(self.read, self)
  local welcome, problem = self.ready:pop(5)
  if not welcome then return nil, problem end
  return self
end

function nats:send(...) return self.socket:send(table.concat({...}, " ") .. "\r\n") end

-- more waits for bytes, and returns false at the end of the connection.
function nats:more()
  local data = self.socket:receive()
  if not data then return false end
  self.buffer = self.buffer .. data
  return true
end

-- take cuts n bytes and the end of their line off the buffer.
function nats:take(n)
  while #self.buffer < n + 2 do
    if not self:more() then return nil end
  end
  local data = self.buffer:sub(1, n)
  self.buffer = self.buffer:sub(n + 3)
  return data
end

function nats:line()
  local at = self.buffer:find("\r\n", 1, true)
  while not at do
    if not self:more() then return nil end
    at = self.buffer:find("\r\n", 1, true)
  end
  return self:take(at - 1)
end

local operations = {}

function operations.INFO(self)
  self:send("CONNECT", json.encode {verbose = false, pedantic = false, lang = "lua", version = "1", headers = false})
  self:send "PING" -- its answer says that all before it was taken
end

function operations.PONG(self) self.ready:push(true) end

function operations.PING(self) self:send "PONG" end

operations["-ERR"] = function(_, text) error("the server says " .. text, 0) end

function operations.MSG(self, text)
  local words = {}
  for word in text:gmatch "%S+" do words[#words + 1] = word end
  local payload = self:take(tonumber(words[#words]))
  local handler = self.handlers[words[2]]
  if payload and handler then handler(payload, words[1], #words == 4 and words[3] or nil) end
end

function nats:read()
  local line = self:line()
  while line do
    local operation, text = line:match "^(%S+)%s*(.*)"
    if operations[operation] then operations[operation](self, text) end
    line = self:line()
  end
end

-- subscribe calls handler(payload, subject, reply) for each message, and returns a function that ends that.
function nats:subscribe(subject, handler)
  self.subscriptions = self.subscriptions + 1
  local id = tostring(self.subscriptions)
  self.handlers[id] = handler
  self:send("SUB", subject, id)
  return function()
    self.handlers[id] = nil
    self:send("UNSUB", id)
  end
end

function nats:publish(subject, payload, reply)
  return self.socket:send(("PUB %s %s%d\r\n%s\r\n"):format(subject, reply and reply .. " " or "", #payload, payload))
end

-- request publishes a question and waits for the first answer.
function nats:request(subject, payload, seconds)
  local answers = task.queue(1)
  local subject_of_answers = self.inbox .. "." .. self.subscriptions
  local unsubscribe = self:subscribe(subject_of_answers, function(answer) answers:push(answer) end)
  self:publish(subject, payload, subject_of_answers)
  local answer, problem = answers:pop(seconds)
  unsubscribe()
  return answer, problem
end

function nats:close() self.socket:close() end

task.go(function()
  local client = assert(nats.open(url))
  print "connected"
  local received = task.queue(10)
  client:subscribe("weather.*", function(payload, subject) received:push(subject .. ": " .. payload) end)
  client:subscribe("add", function(payload, _, reply)
    local a, b = payload:match "^(%d+) (%d+)$"
    client:publish(reply, tostring(a + b))
  end)
  client:publish("weather.north", "rain")
  client:publish("weather.south", ("sun "):rep(50000)) -- longer than a read
  print((received:pop(5)))
  print(#received:pop(5) .. " bytes")
  print("2 + 3 = " .. tostring(client:request("add", "2 3", 5)))
  print(select(2, client:request("nobody", "?", 0.2)))
  client:close()
  client.reader:wait()
  print "closed"
end)
