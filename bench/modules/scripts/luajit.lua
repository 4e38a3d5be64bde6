-- The same as modules.lua for coroutines, on LuaJIT, and for HTTP with lua-http and one
-- kept connection for each of ten coroutines.
local cqueues = require "cqueues"
local client, headers = require "http.client", require "http.headers"

local function started()
  local wall, cpu = cqueues.monotime(), os.clock()
  return function(name, amount) print(name, "LuaJIT", amount, cqueues.monotime() - wall, os.clock() - cpu) end
end

local switches, starts, times = 100000, 10000, 10
local take = coroutine.wrap(function() while true do coroutine.yield() end end)
for _ = 1, 1000 do take() end
local done = started()
for _ = 1, times * switches do take() end
done("switches", times * switches)
done = started()
for _ = 1, times do
  local made = {}
  for i = 1, starts do made[i] = coroutine.create(function(x) return x + 1 end) end
  for i = 1, starts do coroutine.resume(made[i], i) end
end
done("starts", times * starts)

collectgarbage()
local before, made = collectgarbage "count", {}
for i = 1, starts do
  made[i] = coroutine.create(function() coroutine.yield() end)
  coroutine.resume(made[i])
end
collectgarbage()
print("waiting", "LuaJIT", starts, (collectgarbage "count" - before) * 1024, 0)

local address, port, path = arg[1]:match "^http://([^:]+):(%d+)(.*)$"

local function requests(count)
  local queue = cqueues.new()
  for _ = 1, 10 do
    queue:wrap(function()
      local connection = assert(client.connect {host = address, port = tonumber(port), tls = false, version = 1.1})
      for _ = 1, count / 10 do
        local stream, request = assert(connection:new_stream()), headers.new()
        request:append(":method", "GET")
        request:append(":scheme", "http")
        request:append(":authority", address .. ":" .. port)
        request:append(":path", path)
        assert(stream:write_headers(request, true))
        local response = assert(stream:get_headers())
        local body = assert(stream:get_body_as_string())
        assert(response:get ":status" == "200" and #body == 200)
        stream:shutdown()
      end
      connection:close()
    end)
  end
  assert(queue:loop())
end

requests(100)
done = started()
requests(1000)
done("requests", 1000)
