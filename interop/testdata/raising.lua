-- Errors in callbacks: each is logged with its place, and the connection stays up. The run ends with 1 for them.

local check = dofile("lib/check.lua")

local neverAssigned

-- raising has its onOpen do something wrong; a timer then shows that the connection still works.
local function raising(wrong)
  check.connect("/echo", {
    opened = function(id)
      host.After(50, function() websocket.Send(id, "still up") end)
      wrong()
    end,
    message = function(data, _, id)
      check.equal(data, "still up", "echo")
      websocket.Close(id)
      wrong()
    end,
    ended = check.closes(1000, "", true),
  })
end

raising(function() websocket.Send(neverAssigned, "x") end)
raising(function() error("boom") end)
raising(function() error({}) end)
raising(function() local t = nil; return t.field end)
raising(function() coroutine.yield() end)
