-- Close in every state: before the dial, connecting, open with messages queued, closing, ended; from outside and from
-- each callback.

local echo, refused = ...
local left = 0

local function connect(url, callbacks, closed)
  left = left + 1
  local ended = false
  callbacks.onError = callbacks.onError or error
  callbacks.onClose = function(...)
    assert(not ended, "a second terminal event")
    ended = true
    closed(...)
    left = left - 1
    if left == 0 then print "finished" end
  end
  return websocket.Connect(url, callbacks)
end

-- Close right after Connect: before the dial, unless the other threads were faster and it is open, or has failed. A
-- second Close changes nothing.
for _, url in ipairs{echo, refused, "not a url"} do
  local id, failed
  id = connect(url, {
    onOpen = error,
    onMessage = error,
    onError = function(message, info)
      assert(not failed and url ~= echo, message)
      failed = true
      left = left - 1
      if left == 0 then print "finished" end
    end,
  }, function(code, reason, wasClean, info)
    assert(not failed and reason == "", reason)
    assert(code == 1006 and not wasClean or code == 1000 and wasClean and url == echo, code)
    assert(info.category == "closed" and info.closeCode == code)
  end)
  websocket.Close(id)
  websocket.Close(id, 3000, "again")
end

-- Messages queued before Close leave first; those sent after it count as unsent, and no echo of any is delivered.
do
  local id
  id = connect(echo, {
    onOpen = function(info)
      for n = 1, 100 do websocket.Send(id, "message " .. n) end
      websocket.Close(id, nil, "bye")
      websocket.Close(id, 4000, "too late")
      websocket.Send(id, "unsent")
    end,
    onMessage = error,
  }, function(code, reason, wasClean, info)
    assert(code == 1000 and reason == "bye" and wasClean == true, code .. reason) -- what the server's close frame says
    assert(info.unsent.messages == 1 and info.unsent.bytes == 6)
    websocket.Close(id)
    websocket.Send(id, "x")
  end)
end

-- From onMessage: what was received already is dropped and counted.
do
  local id
  local seen = 0
  id = connect(echo, {
    onOpen = function() for n = 1, 50 do websocket.Send(id, "x") end end,
    onMessage = function()
      seen = seen + 1
      assert(seen == 1, "a message after Close")
      websocket.Close(id)
    end,
  }, function(code, reason, wasClean, info)
    assert(code == 1000 and wasClean)
    assert(info.dropped.messages + info.unsent.messages <= 49)
  end)
end

-- From onClose and onError: a new connection, whose id was never used before.
do
  local id
  id = connect(echo, {onOpen = function() websocket.Close(id) end}, function()
    local again
    again = connect(echo, {onOpen = function() websocket.Close(again) end}, function(code) assert(code == 1000) end)
    assert(again > id)
  end)
end
