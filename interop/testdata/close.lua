-- Every way to close, from either side.

local check = dofile("lib/check.lua")

local function nothing(e) check.equal(#e.messages, 0, "messages of " .. e.info.url) end

-- The peer closes.
check.connect("/close", {ended = check.closes(1005, "", true)})
check.connect("/close?code=1000", {ended = check.closes(1000, "", true)})
check.connect("/close?code=1001", {ended = check.closes(1001, "", true)})
check.connect("/close?code=1011&reason=" .. string.rep("r", 123), {ended = check.closes(1011, string.rep("r", 123), true)})
check.connect("/close?code=4001&reason=bye", {ended = check.closes(4001, "bye", true)})
check.connect("/close?code=4999&reason=%E2%98%83", {ended = check.closes(4999, "\226\152\131", true)})

-- Every message before its close frame is delivered; what we send after it is not sent, and counted.
check.connect("/close/after", {
  opened = function(id)
    for _, data in ipairs {"first", "second", "last", "too late"} do websocket.Send(id, data) end
  end,
  ended = check.all(check.closes(3001, "that was the last", true), function(e)
    check.equal(table.concat(e.messages, " "), "first second last", "messages before the close frame")
  end),
})

check.connect("/push?count=500&size=100", {
  ended = check.all(check.closes(1000, "pushed", true), function(e)
    check.equal(#e.messages, 500, "messages before the close frame")
    check.equal(e.info.dropped.messages, 0, "dropped")
  end),
})

-- We close: the server witnesses code and reason, and every message sent before.
local function witnessed(key, sends, code, reason, verdict)
  check.connect("/witness?key=" .. key, {
    message = function(_, _, id)
      for i = 1, sends do websocket.Send(id, "message " .. i) end
      check.equal(select("#", websocket.Close(id, code, reason)), 1, "number of results of Close")
      websocket.Send(id, "after Close")
    end,
    ended = check.all(check.closes(code or 1000, reason or "", true), function(e)
      check.equal(e.info.unsent.messages, 1, "unsent, the one after Close")
      check.connect("/verdict?key=" .. key, {
        ended = check.all(check.closes(1000, "", true), function(v)
          check.equal(v.messages[1], verdict, "what the server saw")
        end),
      })
    end),
  })
end

witnessed("default", 0, nil, nil, "1000 0 ")
witnessed("code", 0, 4321, nil, "4321 0 ")
witnessed("reason", 0, 3000, "because", "3000 0 because")
witnessed("long", 0, 4999, string.rep("\195\169", 61) .. "!", "4999 0 " .. string.rep("\195\169", 61) .. "!")
witnessed("queued", 1000, 1000, "sent all", "1000 1000 sent all")

-- Close before open cancels, whatever was queued.
local early = check.connect("/echo", {ended = check.all(check.closes(1006, "", false), nothing, function(e)
  check.equal(e.opened, false, "opened")
  check.equal(e.info.unsent.messages, 1, "unsent")
end)})
websocket.Send(early, "never sent")
websocket.Close(early)
websocket.Close(early, 4000, "a second Close changes nothing")

-- After our Close nothing more is delivered but onClose.
check.connect("/push?count=10000&size=50", {
  message = function(_, _, id) websocket.Close(id, 4000, "enough") end,
  ended = function(e)
    check.equal(#e.messages, 1, "messages after Close")
    check.equal(e.kind, "close", "kind of the end")
    -- Either close frame may have crossed the other.
    if not (e.code == 4000 and e.reason == "enough" or e.code == 1000 and e.reason == "pushed") or not e.clean then
      check.fail(string.format("onClose(%s, %q, %s)", e.code, e.reason, tostring(e.clean)))
    end
    if e.info.dropped.messages == 0 then check.fail("nothing was counted as dropped") end
  end,
})

-- A peer that does not answer our close frame.
check.connect("/stall?key=unanswered", {
  message = function(_, _, id) websocket.Close(id) end,
  ended = check.closes(1006, "The closing handshake timed out", false, {category = "timeout", phase = "closing", closeCode = 1000}),
}, {timeout = {closing = 0.3}})

-- The same with more queued than the system takes: what never left is counted.
check.connect("/stall?key=stuffed", {
  message = function(_, _, id)
    for _ = 1, 15 do websocket.Send(id, string.rep("x", 2 ^ 20)) end
    websocket.Close(id)
  end,
  ended = check.all(check.closes(1006, "The closing handshake timed out", false), function(e)
    local unsent = e.info.unsent
    if unsent.messages < 1 or unsent.messages > 15 then check.fail("unsent.messages = " .. unsent.messages) end
    check.equal(unsent.bytes, unsent.messages * 2 ^ 20, "unsent.bytes")
  end),
}, {timeout = {closing = 0.3}})
