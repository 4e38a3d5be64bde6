-- Scripts as they are written for this API: echo on open; a queue that waits for onOpen; binary data; a heartbeat.

local echo = ...
local left = 3
local function over(code, reason, wasClean)
  assert(code == 1000 and wasClean)
  left = left - 1
  if left == 0 then print "finished" end
end

-- Echo on open. The callbacks are methods of an object, and take their first argument alone.
do
  local client = {}
  client.onOpen = function() websocket.Send(client.id, "Hello, World!") end
  client.onMessage = function(message)
    assert(message == "Hello, World!")
    websocket.Close(client.id)
  end
  client.onClose = over
  client.onError = error
  client.id = websocket.Connect(echo, client)
end

-- A queue of its own, which is sent when the connection opens.
do
  local queue, open, id = {}, false, nil
  local function send(text)
    if open then websocket.Send(id, text) else queue[#queue + 1] = text end
  end
  local seen = 0
  id = websocket.Connect(echo, {
    onOpen = function()
      open = true
      for _, text in ipairs(queue) do send(text) end
      queue = {}
      send "last"
    end,
    onMessage = function(text)
      seen = seen + 1
      assert(text == ({"first", "second", "last"})[seen], text)
      if seen == 3 then websocket.close(id) end
    end,
    onClose = over,
    onError = error,
  })
  send "first"
  send "second"
end

-- Binary data, and a heartbeat that does not care for the connection's state.
do
  local id
  local payload = string.char(0xDE, 0xAD, 0xBE, 0xEF, 0xCA, 0xFE, 0xBA, 0xBE)
  local function beat() assert(websocket.send(id, "ping") == nil) end
  id = websocket.connect(echo, {
    onOpen = function()
      beat()
      websocket.Send(id, payload)
    end,
    onMessage = function(data)
      if data == "ping" then return end
      assert(#data == 8 and data == payload)
      websocket.Close(id)
      beat()
    end,
    onClose = function(...)
      beat()
      over(...)
    end,
    onError = error,
  })
  beat()
end
