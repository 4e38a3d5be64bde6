-- Many connections at once from one script: all are open together, each gets its own echo, each closes.

local check = dofile("lib/check.lua")

local SIZE = tonumber(arg[2])
local echoed = {}

for i = 1, SIZE do
  local id = check.connect("/echo", {
    opened = function(id) websocket.Send(id, "I am " .. id) end,
    message = function(data, _, id)
      check.equal(data, "I am " .. id, "echo")
      echoed[#echoed + 1] = id
      if #echoed == SIZE then
        for _, open in ipairs(echoed) do websocket.Close(open, 4000, "by " .. open) end
      end
    end,
    ended = function(e)
      check.closes(4000, nil, true)(e)
      check.equal(#echoed, SIZE, "connections that were open at once")
    end,
  }, {timeout = 30}) -- one thread over there does all their TLS handshakes
  check.equal(id, i, "id")
end
