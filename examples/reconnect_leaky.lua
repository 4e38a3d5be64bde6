-- How NOT to reconnect, as many existing scripts do it: see reconnect.lua for the right way.
--
-- Each failure registers one more onUpdate handler and leaves it registered. Each handler goes on to connect every five
-- seconds while the script is not connected, and each of these attempts fails and registers a handler in its turn. An
-- outage of two minutes leaves more than a thousand handlers.
--
-- tidewire's dial guard bounds the damage: at most 10 dials a second leave for a server where connections fail, at
-- most 1,000 more wait in line, and beyond that Connect raises "too many connections". It does not mend the script. The
-- handlers stay and cost time in every frame, and those in line when the server comes back are all dialled, one after
-- the other: the script ends up with a thousand connections where it wanted one.
--
--   tidewire run --echo examples/reconnect_leaky.lua

local url = assert(arg[1] or host.echo, "no server: give a URL, or run with --echo")

local PAUSE = 5000 -- ms

local connected = false
local connect

local function reconnect()
  connected = false
  local last = utility.GetTickCount()
  cheat.Register("onUpdate", function() -- the leak: nobody ever unregisters it
    local now = utility.GetTickCount()
    if not connected and now - last >= PAUSE then
      last = now
      connect()
    end
  end)
end

function connect()
  websocket.Connect(url, {
    onOpen = function()
      connected = true
      print("open")
    end,
    onClose = reconnect,
    onError = reconnect,
  })
end

connect()
