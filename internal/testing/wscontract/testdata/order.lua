-- 2,000 messages on each of three connections come back in order; options.kind is the default of Send.

local echo = ...
local count, open = 2000, 3

for _ = 1, open do
  local seen = 0
  local id
  id = websocket.Connect(echo, {
    onMessage = function(data, isBinary)
      seen = seen + 1
      assert(data == "message " .. seen and isBinary)
      if seen == count then websocket.Close(id) end
    end,
    onClose = function(code, reason, wasClean)
      assert(seen == count and code == 1000 and reason == "" and wasClean)
      open = open - 1
      if open == 0 then print "finished" end
    end,
    onError = error,
  }, {kind = "binary", protocols = {"numbers"}, headers = {["X-Test"] = "1"}, timeout = 5})
  for n = 1, count do websocket.Send(id, "message " .. n) end
end
