-- Sends "ping" every 10 seconds. It runs until ctrl-C, since an onUpdate handler keeps a run alive.
--
--   tidewire run --echo examples/heartbeat.lua

local url = assert(arg[1] or host.echo, "no server: give a URL, or run with --echo")

local INTERVAL = 10000 -- ms

local id = websocket.Connect(url, {
  onOpen = function() print("open") end,
  onMessage = function(data) print("received " .. data) end,
  onClose = function(code) print("closed with " .. code) end,
  onError = function(message) print("failed: " .. message) end,
})

-- The tick count is large from the first call, so the first ping is due at the first frame.
local lastPing = 0

-- This handler asks nobody whether the connection is open, and need not. What is sent before it opens is queued and
-- leaves in order when it does. What is sent after the end is discarded, without an error.
host.Register("onUpdate", function()
  local now = utility.GetTickCount()
  if now - lastPing >= INTERVAL then
    lastPing = now
    websocket.Send(id, "ping")
  end
end)
