-- MQTT 3.1.1 over WebSocket, as brokers such as mosquitto, EMQX and HiveMQ offer it: subscribes to a topic,
-- publishes to it and prints the messages that come back. Three things matter for any binary protocol. The
-- subprotocol "mqtt" is asked for, or the broker refuses. kind = "binary" is set, for a packet may happen to be
-- valid UTF-8 and would leave as text. And a WebSocket message is no MQTT packet: one message may carry several
-- packets, or a part of one, so the bytes go into a buffer and packets are taken from its front.
--
--   tidewire run examples/mqtt.lua ws://localhost:8080/mqtt [TOPIC [USER PASSWORD]]
--
-- It needs a broker: an echo server (--echo) is none.

local encoding = require "tide.encoding"
local task = require "tide.task"
local ws = require "tide.ws"
local pack, unpack = encoding.pack, encoding.unpack -- ">s2" is a string behind its length in two bytes, big end first

local url = assert(arg[1], "no server: give the URL of an MQTT broker")
local topic = arg[2] or "tidewire/example"
local user, password = arg[3], arg[4]

local CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14
local KEEPALIVE = 30 -- seconds; the broker hangs up when it hears nothing for one and a half times as long

-- packet puts kind, flags and length before a body. The length has 7 bits in each byte, the lowest first.
local function packet(kind, flags, body)
  local header, length = pack("B", kind * 16 + flags), #body
  repeat
    local low = length % 128
    length = (length - low) / 128
    header = header .. pack("B", length > 0 and low + 128 or low)
  until length == 0
  return header .. body
end

-- take cuts the first packet off a buffer: kind, flags, body and the rest, or nil if it is not all there.
local function take(buffer)
  local first, at = unpack("B", buffer)
  local length, factor, byte = 0, 1, nil
  repeat
    if not first then return nil end
    byte, at = unpack("B", buffer, at)
    if not byte then return nil end
    length, factor = length + byte % 128 * factor, factor * 128
  until byte < 128
  if #buffer < at - 1 + length then return nil end
  return math.floor(first / 16), first % 16, buffer:sub(at, at + length - 1), buffer:sub(at + length)
end

-- packets goes over the packets that a socket receives.
local function packets(socket)
  local buffer = ""
  return function()
    local kind, flags, body, rest = take(buffer)
    while not kind do
      local data = socket:receive()
      if not data then return nil end
      buffer = buffer .. data
      kind, flags, body, rest = take(buffer)
    end
    buffer = rest
    return kind, flags, body
  end
end

local function login()
  local flags, body = 2, pack(">s2", "") -- a clean session; the broker makes up a client identifier
  if user then
    flags = flags + 128 + (password and 64 or 0)
    body = body .. pack(">s2", user) .. (password and pack(">s2", password) or "")
  end
  return pack(">s2BBI2", "MQTT", 4, flags, KEEPALIVE) .. body
end

task.go(function()
  local socket, message, info = ws.open(url, {protocols = {"mqtt"}, kind = "binary"})
  if not socket then
    print("failed: " .. message .. ": " .. info.detail)
    return
  end
  local function send(...) socket:send(packet(...)) end
  -- publish sends a message at most once (quality 0), or at least once: then the broker acknowledges its number.
  local function publish(quality, number, payload)
    send(PUBLISH, quality * 2, pack(">s2", topic) .. (quality > 0 and pack(">I2", number) or "") .. payload)
  end

  local pinging = task.go(function()
    while true do
      task.sleep(KEEPALIVE)
      send(PINGREQ, 0, "")
    end
  end)
  local awaited = 4 -- answers: both messages, an acknowledgement, the answer to a ping
  send(CONNECT, 0, login())
  for kind, flags, body in packets(socket) do
    if kind == CONNACK then
      local refusal = body:byte(2)
      if refusal ~= 0 then
        print("refused by the broker with " .. refusal)
        break
      end
      print("connected")
      send(SUBSCRIBE, 2, pack(">I2s2B", 1, topic, 1)) -- up to quality 1
    elseif kind == SUBACK then
      print("subscribed to " .. topic)
      publish(0, nil, "at most once")
      publish(1, 2, "at least once")
      send(PINGREQ, 0, "")
    elseif kind == PUBACK then
      print("acknowledged " .. unpack(">I2", body))
      awaited = awaited - 1
    elseif kind == PINGRESP then
      print("the broker is there")
      awaited = awaited - 1
    elseif kind == PUBLISH then
      local from, at = unpack(">s2", body)
      if flags % 8 >= 2 then -- above quality 0 it has a number, and wants to be acknowledged
        send(PUBACK, 0, body:sub(at, at + 1))
        at = at + 2
      end
      print("received " .. body:sub(at) .. " from " .. from)
      awaited = awaited - 1
    end
    if awaited == 0 then
      send(DISCONNECT, 0, "")
      break
    end
  end
  socket:close()
  pinging:cancel()
  socket:receive()
  print("closed with " .. (socket.info.code or socket.info.message))
end)
