-- Sends eight bytes as a binary message and checks the answer byte by byte. A Lua string holds any bytes, NUL included.
--
--   tidewire run --echo examples/binary.lua

local url = assert(arg[1] or host.echo, "no server: give a URL, or run with --echo")

local bytes = {0xDE, 0xAD, 0xBE, 0xEF, 0xCA, 0xFE, 0xBA, 0xBE}
local sent = string.char(0xDE, 0xAD, 0xBE, 0xEF, 0xCA, 0xFE, 0xBA, 0xBE)

local function hex(data)
  return (data:gsub(".", function(c) return string.format("%02X ", c:byte()) end))
end

local id
id = websocket.Connect(url, {
  onOpen = function()
    -- These bytes are no UTF-8 and would leave as binary by themselves. Say "binary" all the same: the next packet of
    -- your protocol may happen to be valid UTF-8, and would then leave as text.
    websocket.Send(id, sent, "binary")
  end,

  onMessage = function(data, isBinary)
    assert(isBinary, "the answer is text")
    assert(#data == #bytes, "the answer has " .. #data .. " bytes")
    for i, byte in ipairs(bytes) do
      assert(data:byte(i) == byte, "byte " .. i .. " is " .. data:byte(i))
    end
    print("received " .. hex(data) .. "as sent")
    websocket.Close(id)
  end,

  onClose = function(code)
    print("closed with " .. code)
  end,

  onError = function(message, info)
    print("failed: " .. message .. ": " .. info.detail)
  end,
})
