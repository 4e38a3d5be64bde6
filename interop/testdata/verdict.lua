-- Prints how the server saw the connection of key arg[2] end.

websocket.Connect(arg[1] .. "/verdict?key=" .. arg[2], {
  onMessage = function(data) print(data) end,
  onError = function(message, info) print(message .. ": " .. info.detail) end,
})
