-- Collects messages until the connection is open, and sends them from onOpen.
--
-- websocket.Send queues by itself what comes before onOpen. A queue of your own is for messages that must outlive the
-- connection: those sent on a connection that fails are lost (info.unsent counts them), those kept here are not.
--
--   tidewire run --echo examples/queue.lua

local url = assert(arg[1] or host.echo, "no server: give a URL, or run with --echo")

local id
local isOpen = false
local queue = {}
local sent, answered = 0, 0

local function send(data)
  if not isOpen then
    queue[#queue + 1] = data
    return
  end
  sent = sent + 1
  websocket.Send(id, data)
end

id = websocket.Connect(url, {
  onOpen = function()
    isOpen = true
    local waiting = queue
    queue = {}
    for _, data in ipairs(waiting) do
      send(data)
    end
    send("sent when open")
  end,

  onMessage = function(data)
    print("received " .. data)
    answered = answered + 1
    if answered == sent then
      websocket.Close(id)
    end
  end,

  onClose = function(code)
    isOpen = false
    print("closed with " .. code)
  end,

  onError = function(message, info)
    isOpen = false
    print("failed: " .. message .. ": " .. info.detail)
  end,
})

send("first in the queue")
send("second in the queue")
