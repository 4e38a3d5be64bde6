-- Collects messages and prints what they have cost: messages, bytes, seconds of CPU time. For LuaJIT and lua-http.
local url, warm, count = ...
local socket = require("http.websocket").new_from_uri(url)
warm, count = tonumber(warm), tonumber(count)
assert(socket:connect())
for _ = 1, warm do
  assert(socket:receive())
end
local bytes, began = 0, os.clock()
for _ = 1, count do
  bytes = bytes + #assert(socket:receive())
end
print(count, bytes, os.clock() - began)
os.exit(0)
