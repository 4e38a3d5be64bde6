-- Sends one message to an echo server, prints the answer and closes. The run ends by itself, since nothing is left.
--
--   tidewire run --echo examples/hello.lua
--   tidewire run examples/hello.lua ws://127.0.0.1:8080/

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

  -- The message is one of a fixed catalogue; info.detail tells the whole story.
  onError = function(message, info)
    print("failed: " .. message .. ": " .. info.detail)
  end,
})
