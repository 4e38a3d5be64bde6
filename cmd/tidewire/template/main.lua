-- Sends one message, prints the answer and closes.
--
--   tidewire run --echo main.lua              with a server of its own to talk to
--   tidewire run main.lua wss://example.org/
--   tidewire check main.lua                   looks for mistakes

local url = assert(arg[1] or host.echo, "no server: give a URL, or run with --echo")

local id
id = websocket.Connect(url, {
  onOpen = function()
    websocket.Send(id, "hello")
  end,

  onMessage = function(data)
    print("received " .. data)
    websocket.Close(id)
  end,

  onClose = function(code)
    print("closed with " .. code)
  end,

  onError = function(message, info)
    print("failed: " .. message .. ": " .. info.detail)
  end,
})
