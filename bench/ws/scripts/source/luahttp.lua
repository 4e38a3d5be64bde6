-- Collects messages. Prints "begins" after those to warm up, and at the end what the others have cost: messages, bytes,
-- seconds of CPU time, seconds elapsed. For LuaJIT and lua-http.
local url, warm, count = ...
local socket = require("http.websocket").new_from_uri(url)
local clock = require("cqueues").monotime
warm, count = tonumber(warm), tonumber(count)
assert(socket:connect())
for _ = 1, warm do
  assert(socket:receive())
end
print("begins")
io.stdout:flush()
local bytes, computed, began = 0, os.clock(), clock()
for _ = 1, count do
  bytes = bytes + #assert(socket:receive())
end
print(count, bytes, os.clock() - computed, clock() - began)
os.exit(0)
