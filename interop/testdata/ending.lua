-- Ends while a connection is open: by host.Exit, or by the signal that the test sends once it reads "open".

local url = arg[1] .. "/witness?key=" .. arg[2]
local by = arg[2]

host.Register("shutdown", function() print("shutdown") end)

local id
id = websocket.Connect(url, {
  onMessage = function() -- the server has begun to watch
    websocket.Send(id, "before the end")
    print("open")
    if by == "exit" then host.Exit(7) end
  end,
  onClose = function(code, _, clean) print("closed " .. code .. " " .. tostring(clean)) end,
  onError = function(message, info) print("failed " .. message .. ": " .. info.detail) end,
})
