-- MQTT 3.1.1 over WebSocket, as brokers such as mosquitto, EMQX and HiveMQ offer it: subscribes to a topic, publishes to
-- it and prints what comes back. Three things matter for any binary protocol. The subprotocol "mqtt" is asked for, or the
-- broker refuses. kind = "binary" is set, for a packet may happen to be valid UTF-8 and would leave as text. And a
-- WebSocket message is no MQTT packet: one message may carry several packets, or a part of one, so what arrives goes
-- into a buffer and packets are taken from its front.
--
--   tidewire run examples/mqtt.lua ws://localhost:8080/mqtt [TOPIC [USER PASSWORD]]
--
-- It needs a broker: an echo server (--echo) is none.

local url = assert(arg[1], "no server: give the URL of an MQTT broker")
local topic = arg[2] or "tidewire/example"
local user, password = arg[3], arg[4]

local CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14
local KEEPALIVE = 30 -- seconds; the broker hangs up when it hears nothing for one and a half times as long

-- Integers are big-endian, strings have their length before them.
local function uint16(n) return string.char(math.floor(n / 256), n % 256) end
local function text(s) return uint16(#s) .. s end
local function readUint16(data, at)
  local high, low = data:byte(at, at + 1)
  return high * 256 + low
end

-- packet puts kind, flags and length before a body. The length has 7 bits in each byte, the lowest first.
local function packet(kind, flags, body)
  local header, length = string.char(kind * 16 + flags), #body
  repeat
    local low = length % 128
    length = (length - low) / 128
    header = header .. string.char(length > 0 and low + 128 or low)
  until length == 0
  return header .. body
end

-- take cuts the first packet off a buffer: kind, flags, body and the rest, or nil if it is not all there.
local function take(buffer)
  local length, factor, at = 0, 1, 2
  repeat
    local byte = buffer:byte(at)
    if not byte then return nil end
    length, factor, at = length + byte % 128 * factor, factor * 128, at + 1
  until byte < 128
  if #buffer < at - 1 + length then return nil end
  local first = buffer:byte(1)
  return math.floor(first / 16), first % 16, buffer:sub(at, at + length - 1), buffer:sub(at + length)
end

local id
local pinger       -- nil until the connection is open
local awaited = 4  -- answers: both messages, an acknowledgement, the answer to a ping

local function send(...) websocket.Send(id, packet(...)) end

local function connect()
  local flags = 2 -- clean session
  local body = text("") -- the broker makes up a client identifier
  if user then
    flags = flags + 128 + (password and 64 or 0)
    body = body .. text(user) .. (password and text(password) or "")
  end
  send(CONNECT, 0, text("MQTT") .. string.char(4, flags) .. uint16(KEEPALIVE) .. body)
end

-- publish sends a message at most once (quality 0), or at least once: then the broker acknowledges its number.
local function publish(quality, number, payload)
  send(PUBLISH, quality * 2, text(topic) .. (quality > 0 and uint16(number) or "") .. payload)
end

local function answered()
  awaited = awaited - 1
  if awaited == 0 then
    send(DISCONNECT, 0, "")
    websocket.Close(id)
  end
end

local handlers = {}

handlers[CONNACK] = function(_, body)
  local refusal = body:byte(2)
  if refusal ~= 0 then
    print("refused by the broker with " .. refusal)
    return websocket.Close(id)
  end
  print("connected")
  send(SUBSCRIBE, 2, uint16(1) .. text(topic) .. string.char(1)) -- up to quality 1
end

handlers[SUBACK] = function()
  print("subscribed to " .. topic)
  publish(0, nil, "at most once")
  publish(1, 2, "at least once")
  send(PINGREQ, 0, "")
end

handlers[PUBACK] = function(_, body)
  print("acknowledged " .. readUint16(body, 1))
  answered()
end

handlers[PINGRESP] = function()
  print("the broker is there")
  answered()
end

handlers[PUBLISH] = function(flags, body)
  local at = 3 + readUint16(body, 1)
  local from = body:sub(3, at - 1)
  if flags % 8 >= 2 then -- above quality 0 it has a number, and wants to be acknowledged
    send(PUBACK, 0, body:sub(at, at + 1))
    at = at + 2
  end
  print("received " .. body:sub(at) .. " from " .. from)
  answered()
end

local buffer = ""

id = websocket.Connect(url, {
  onOpen = function()
    connect()
    pinger = host.Every(KEEPALIVE * 1000, function() send(PINGREQ, 0, "") end)
  end,

  onMessage = function(data)
    buffer = buffer .. data
    local kind, flags, body, rest = take(buffer)
    while kind do
      buffer = rest
      if handlers[kind] then handlers[kind](flags, body) end
      kind, flags, body, rest = take(buffer)
    end
  end,

  onClose = function(code)
    if pinger then host.Unregister(pinger) end
    print("closed with " .. code)
  end,

  onError = function(message, info)
    if pinger then host.Unregister(pinger) end
    print("failed: " .. message .. ": " .. info.detail)
  end,
}, {protocols = {"mqtt"}, kind = "binary"})
