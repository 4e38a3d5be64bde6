-- permessage-deflate (RFC 7692) with every parameter, against the server that arg[2] names. Each connection sends the
-- same messages and looks at what comes back, what was agreed on and, where the server counts it, what went over the wire.

local check = dofile("lib/check.lua")

local SERVER = arg[2]

-- What no compressor makes shorter: a linear congruential generator's upper bits.
local function noise(size)
  local seed, bytes = 1, {}
  for i = 1, size do
    seed = (seed * 1103515245 + 12345) % 2 ^ 31
    bytes[i] = string.char(math.floor(seed / 2 ^ 23))
  end
  return table.concat(bytes)
end

local WORDS = {}
for i = 1, 40000 do WORDS[i] = "word " .. i * 7919 % 1000 .. ", " end
local prose = table.concat(WORDS):sub(1, 2 ^ 18)

-- A shape that many small messages share, and that none of them repeats in itself.
local function small(i)
  return string.format('{"kind":"position","entity":%d,"velocity":{"north":%d,"east":%d},"heading":"%x"}', i, i * 31, i * 17, i * 1021)
end

local SMALL = 200
local messages = {
  {"", false}, {"", true}, {"a", false}, {"\0\1\2\255", true}, {"snow \226\152\131", false}, {noise(5000), true},
  {string.rep("\0", 1000), true}, {prose, false}, {string.rep("\226\152\131", 2 ^ 15), false}, {noise(2 ^ 16), true},
  {prose .. noise(1000) .. prose .. string.rep("z", 2 ^ 20 - 2 ^ 19 - 1000), true}, -- 1 MiB
}
for i = 1, SMALL do messages[#messages + 1] = {small(i), false} end

local smallBytes = 0
for i = 1, SMALL do smallBytes = smallBytes + #small(i) end

-- agrees opens with an offer, goes through all messages and checks the extensions agreed on. more(bytes) is given what the
-- small messages took on the wire, if the server can say.
local function agrees(query, compression, extensions, more)
  local count, sent, before = 0, 0, nil
  local counts = more and SERVER ~= "aiohttp"
  local last = #messages
  local function send(id)
    sent = sent + 1
    websocket.Send(id, messages[sent][1], messages[sent][2] and "binary" or "text")
  end
  local function sendSmall(id)
    for _ = 1, SMALL do send(id) end
  end
  check.connect("/echo" .. query, {
    opened = function(id, info)
      check.equal(info.extensions, extensions, "extensions for " .. query)
      for _ = 1, last - SMALL do send(id) end
      if counts then websocket.Send(id, "bytes?", "text") end
      if not counts then sendSmall(id) end
    end,
    message = function(data, isBinary, id)
      if counts and data:find("^%d+$") then
        if before then
          more(tonumber(data) - before)
          return websocket.Close(id)
        end
        before = tonumber(data)
        sendSmall(id)
        return websocket.Send(id, "bytes?", "text")
      end
      count = count + 1
      if data ~= messages[count][1] then check.fail(string.format("message %d came back changed, %d bytes", count, #data)) end
      check.equal(isBinary, messages[count][2], "isBinary of message " .. count)
      if count == last and not counts then websocket.Close(id) end
    end,
    ended = check.all(check.closes(1000, "", true), function() check.equal(count, last, "messages") end),
    forget = true,
  }, {compression = compression})
end

local function short(bytes)
  if bytes > smallBytes / 2 then check.fail(bytes .. " bytes for small messages, with context takeover") end
end
local function long(bytes)
  if bytes < smallBytes * 0.6 then check.fail(bytes .. " bytes for small messages, without context takeover") end
end
-- Without an agreement nothing is compressed: each message takes its bytes, 2 of the header and 4 of the masking key.
local function plain(bytes) check.equal(bytes, smallBytes + 6 * (SMALL + 1) + #"bytes?", "bytes on the wire") end

local DEFLATE = "permessage-deflate"

if SERVER == "node" then
  agrees("", nil, nil, plain)
  agrees("", true, DEFLATE, short)
  agrees("?serverNoContextTakeover=true", true, DEFLATE .. "; server_no_context_takeover", short)
  agrees("?clientNoContextTakeover=true", true, DEFLATE .. "; client_no_context_takeover", long)
  agrees("?serverMaxWindowBits=9", true, DEFLATE .. "; server_max_window_bits=9", short)
  agrees("?serverMaxWindowBits=10&serverNoContextTakeover=true", true,
    DEFLATE .. "; server_no_context_takeover; server_max_window_bits=10", short)
  agrees("?clientMaxWindowBits=9", {client_max_window_bits = true}, DEFLATE .. "; client_max_window_bits=9", short)
  agrees("?clientMaxWindowBits=10", {client_max_window_bits = 12}, DEFLATE .. "; client_max_window_bits=10", short)
  agrees("?clientMaxWindowBits=15", {client_max_window_bits = true}, DEFLATE .. "; client_max_window_bits=15", short)
  agrees("", {client_max_window_bits = 9}, DEFLATE .. "; client_max_window_bits=9", short)
  agrees("", {server_no_context_takeover = true}, DEFLATE .. "; server_no_context_takeover", short)
  agrees("", {client_no_context_takeover = true}, DEFLATE .. "; client_no_context_takeover", long)
  agrees("", {server_max_window_bits = 9}, DEFLATE .. "; server_max_window_bits=9", short)
  agrees("", {server_max_window_bits = 15, client_max_window_bits = 15, server_no_context_takeover = true,
    client_no_context_takeover = true}, DEFLATE ..
    "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15; client_max_window_bits=15", long)
  -- A server may decline, or refuse what it cannot give.
  agrees("?off", true, nil, plain)
  check.connect("/echo?serverNoContextTakeover=false", {
    ended = check.fails("Invalid HTTP status.", {category = "http_status", phase = "handshake"}),
  }, {compression = {server_no_context_takeover = true}})
elseif SERVER == "python" then
  agrees("", nil, nil, plain)
  agrees("", true, DEFLATE, short)
  agrees("?serverNoContextTakeover=true", true, DEFLATE .. "; server_no_context_takeover", short)
  agrees("?clientNoContextTakeover=true", true, DEFLATE .. "; client_no_context_takeover", long)
  agrees("?serverMaxWindowBits=9", true, DEFLATE .. "; server_max_window_bits=9", short)
  agrees("?clientMaxWindowBits=9", {client_max_window_bits = true}, DEFLATE .. "; client_max_window_bits=9", short)
  agrees("?clientMaxWindowBits=10&serverMaxWindowBits=10&serverNoContextTakeover=true&clientNoContextTakeover=true",
    {client_max_window_bits = true}, DEFLATE .. "; server_no_context_takeover; client_no_context_takeover; " ..
    "server_max_window_bits=10; client_max_window_bits=10", long)
  agrees("", {server_no_context_takeover = true}, DEFLATE .. "; server_no_context_takeover", short)
  agrees("", {client_no_context_takeover = true}, DEFLATE .. "; client_no_context_takeover", long)
  agrees("", {server_max_window_bits = 10, client_max_window_bits = 11},
    DEFLATE .. "; server_max_window_bits=10; client_max_window_bits=11", short)
else
  agrees("", nil, nil)
  agrees("", true, DEFLATE)
  agrees("", {server_no_context_takeover = true}, DEFLATE .. "; server_no_context_takeover")
  agrees("", {server_max_window_bits = 9}, DEFLATE .. "; server_max_window_bits=9")
  agrees("", {client_no_context_takeover = true}, DEFLATE)
  agrees("", {client_max_window_bits = 9}, DEFLATE)
  -- It leaves out 15 even where it must not (RFC 7692 §7.1.2.1).
  check.connect("/echo", {
    ended = check.fails("Extension negotiation failed", {category = "handshake", phase = "handshake"}),
  }, {compression = {server_max_window_bits = 15}})
end

-- A message is counted as it inflates, and not inflated further than that.
check.connect("/bomb?size=" .. 60 * 2 ^ 20, {
  ended = check.fails("A message was too large", {category = "too_big", closeCode = 1009, phase = "open", retryable = false}),
}, {compression = true, maxMessage = 2 ^ 20})
check.connect("/bomb?size=" .. 2 ^ 20, {
  message = function(data, _, id)
    check.equal(data, string.rep("\0", 2 ^ 20), "the bytes")
    websocket.Close(id)
  end,
  ended = check.closes(1000, "", true),
}, {compression = true, maxMessage = 2 ^ 20})
