-- Slow peers, slow scripts, floods.

local check = dofile("lib/check.lua")

local MIB = string.rep("m", 2 ^ 20)

-- A peer that does not read for a while gets everything once it does.
check.connect("/stall?key=slow", {
  message = function(data, _, id)
    if data == "stalled" then
      for _ = 1, 12 do websocket.Send(id, MIB, "binary") end
      websocket.Send(id, "count?")
      check.connect("/resume?key=slow", {ended = check.closes(1000, "", true)})
    else
      check.equal(data, "12 " .. 12 * 2 ^ 20, "what the peer counted")
      websocket.Close(id)
    end
  end,
  ended = check.closes(1000, "", true),
})

-- One that never does ends in a full send queue.
check.connect("/stall?key=full", {
  message = function(_, _, id)
    for _ = 1, 32 do websocket.Send(id, MIB) end
  end,
  ended = check.all(check.fails("send queue full", {category = "queue_full", phase = "open"}), function(e)
    if e.info.unsent.messages < 1 then check.fail("nothing was counted as unsent") end
    check.equal(#e.messages, 1, "messages")
  end),
}, {sendQueue = 2 ^ 21})

-- A small inbox loses nothing of a flood, although the script dawdles; ticks go on meanwhile.
local ticks, came = 0, 0
local last, longest = utility.GetTickCount(), 0
local tick = host.Register("onUpdate", function()
  local now = utility.GetTickCount()
  ticks, longest, last = ticks + 1, math.max(longest, now - last), now
end)

check.connect("/push?count=20000&size=1024", {
  message = function(data)
    came = came + 1
    check.equal(data, (came .. ":"):sub(1, -1) .. string.rep(".", 1024 - #tostring(came) - 1), "message")
    if came % 1000 == 0 then -- 5 ms of work, now and then
      local from = utility.GetTickCount()
      while utility.GetTickCount() < from + 5 do end
    end
  end,
  ended = check.all(check.closes(1000, "pushed", true), function(e)
    host.Unregister(tick)
    check.equal(came, 20000, "messages")
    check.equal(e.info.dropped.messages, 0, "dropped")
    if ticks < 5 then check.fail("only " .. ticks .. " ticks") end
    if longest > 5000 then check.fail("a tick came after " .. longest .. " ms") end
  end),
}, {receiveQueue = 2 ^ 16})
