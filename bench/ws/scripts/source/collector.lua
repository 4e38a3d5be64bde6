-- Collects messages and prints what they have cost: messages, bytes, seconds of CPU time.
local url, warm, count = ...
warm, count = tonumber(warm), tonumber(count)
local messages, bytes, began = 0, 0, 0

websocket.Connect(url, {
  onMessage = function(data)
    messages, bytes = messages + 1, bytes + #data
    if messages == warm then
      bytes, began = 0, os.clock()
    elseif messages == warm + count then
      print(count, bytes, os.clock() - began)
      os.exit(0)
    end
  end,
  onError = function(message)
    print(message)
    os.exit(1)
  end,
})
