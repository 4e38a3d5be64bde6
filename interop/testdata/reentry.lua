-- Connect, Send and Close from inside every callback, and on ids that have ended or never were.

local check = dofile("lib/check.lua")

local function harmless(id)
  for _, unknown in ipairs {id, 0, -1, 1.5, 2 ^ 53, 0 / 0, 1 / 0, 999999} do
    check.equal(select("#", websocket.Send(unknown, "x")), 1, "results of Send")
    check.equal(select("#", websocket.Close(unknown)), 1, "results of Close")
  end
end

-- A chain: each end opens the next connection, from onOpen, onMessage, onClose and onError.
local function fourth()
  check.connect("/echo", {
    opened = function(id)
      websocket.Send(id, "x")
      websocket.Close(id, 4004, "from onOpen")
    end,
    ended = check.all(check.closes(4004, "from onOpen", true), function(e, id)
      check.equal(#e.messages, 0, "messages after Close")
      harmless(id)
    end),
  })
end

local function third()
  check.connect("/refuse", {
    ended = check.all(check.fails("Invalid HTTP status."), function(_, id)
      harmless(id)
      fourth()
    end),
  })
end

local function second()
  check.connect("/close?code=4002", {
    ended = check.all(check.closes(4002, "", true), function(_, id)
      harmless(id)
      third()
    end),
  })
end

check.connect("/echo", {
  opened = function(id) websocket.Send(id, "first") end,
  message = function(data, _, id)
    if data == "first" then
      websocket.Send(id, "second")
    else
      websocket.Close(id, 4001)
      websocket.Close(id, 4999, "too late")
      second()
    end
  end,
  ended = check.all(check.closes(4001, "", true), function(e, id)
    check.equal(table.concat(e.messages, " "), "first second", "messages")
    harmless(id)
  end),
})

-- A callback that raises stops neither its connection nor a neighbour's; here inside pcall, so that the run stays clean.
check.connect("/echo", {
  opened = function(id) websocket.Send(id, "still up") end,
  message = function(_, _, id)
    local ok, text = pcall(websocket.Send)
    check.equal(ok, false, "Send()")
    check.equal(text, "bad argument #1 to '?' (number expected, got no value)", "its error")
    coroutine.wrap(function() websocket.Close(id, 3999) end)()
  end,
  ended = check.closes(3999, "", true),
})
