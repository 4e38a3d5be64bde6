-- 10,000 messages keep their order; what was sent before open leaves first, then what onOpen sends.

local check = dofile("lib/check.lua")

local EARLY, ALL = 9000, 10000

local came = 0
local id = check.connect("/echo", {
  opened = function(id)
    for i = EARLY + 1, ALL do websocket.Send(id, "message " .. i) end
  end,
  message = function(data, isBinary, id)
    came = came + 1
    check.equal(data, "message " .. came, "order")
    check.equal(isBinary, false, "isBinary")
    if came == ALL then websocket.Close(id, 3000, "all there") end
  end,
  ended = check.all(check.closes(3000, nil, true), function() check.equal(came, ALL, "number of messages") end),
})
for i = 1, EARLY do websocket.Send(id, "message " .. i) end
