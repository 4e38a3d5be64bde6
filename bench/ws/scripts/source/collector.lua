-- Collects messages. Prints "begins" after those to warm up, and at the end what the others have cost: messages, bytes,
-- seconds of CPU time, seconds elapsed.
local url, warm, count = ...
warm, count = tonumber(warm), tonumber(count)
local messages, bytes, computed, began = 0, 0, 0, 0

websocket.Connect(url, {
  onMessage = function(data)
    messages, bytes = messages + 1, bytes + #data
    if messages == warm then
      print("begins")
      io.stdout:flush()
      bytes, computed, began = 0, os.clock(), host.Clock()
    elseif messages == warm + count then
      print(count, bytes, os.clock() - computed, host.Clock() - began)
      os.exit(0)
    end
  end,
  onError = function(message)
    print(message)
    os.exit(1)
  end,
})
