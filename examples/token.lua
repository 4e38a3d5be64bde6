-- Fetches a token over HTTP, with a callback in place of a task, and logs in with it over WebSocket.
--
--   tidewire run examples/token.lua wss://example.org/socket https://example.org/token

local http = require "tide.http"

local url = assert(arg[1] or host.echo, "no server: give the URL of a socket and that of its tokens")
local tokens = arg[2] or url:gsub("^ws", "http")

local function connect(token)
  local id
  id = websocket.Connect(url, {
    onOpen = function() websocket.Send(id, "hello") end,
    onMessage = function(data)
      print("received " .. data)
      websocket.Close(id)
    end,
    onClose = function(code) print("closed with " .. code) end,
    onError = function(message, info) print("failed: " .. message .. ": " .. info.detail) end,
  }, {headers = {Authorization = "Bearer " .. token}})
end

-- The call returns at once; host.Unregister would cancel it. A failure of the network has a message and an info, any
-- answer of the server is a response.
http.post(tokens, "grant_type=client_credentials", {
  headers = {["Content-Type"] = "application/x-www-form-urlencoded"},
  timeout = 10,
}, function(response, message, info)
  if not response then
    print("no token: " .. message .. ": " .. info.detail)
  elseif not response.ok then
    print("no token: status " .. response.status)
  else
    connect(response.body)
  end
end)
