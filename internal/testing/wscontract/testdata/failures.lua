-- Connect gives an id for every url; what is wrong with it comes later, through onError, once, and nothing after it.

local _, refused = ...
local left = 0

local function fails(url, message, category, phase)
  left = left + 1
  local returned, ended = false, 0
  local id
  id = websocket.Connect(url, {
    onOpen = error, onMessage = error, onClose = error,
    onError = function(...)
      assert(select("#", ...) == 2)
      local text, info = ...
      assert(returned, "onError before Connect has returned")
      ended = ended + 1
      assert(ended == 1)
      assert(text == message, url .. ": " .. text)
      assert(info.id == id and info.category == category and info.phase == phase, info.category .. " " .. info.phase)
      assert(info.closeCode == 1006 and #info.detail > 0)
      assert(info.unsent.messages == 1 and info.unsent.bytes == 5, info.unsent.messages)
      assert(info.dropped.messages == 0)
      websocket.Send(id, "after")
      websocket.Close(id)
      left = left - 1
      if left == 0 then print "finished" end
    end,
  })
  returned = true
  assert(type(id) == "number")
  websocket.Send(id, "early")
end

fails("", "invalid uri", "uri", "uri")
fails("not a url", "invalid uri", "uri", "uri")
fails("ftp://peer.test/", "invalid uri", "uri", "uri")
fails("ws://", "invalid uri", "uri", "uri")
fails("ws://peer.test/#part", "invalid uri", "uri", "uri")
fails("ws://peer.test:0/", "invalid uri", "uri", "uri")
fails(5, "invalid uri", "uri", "uri")
fails("wss://invalid-host.invalid", "Underlying Transport Error", "dns", "dns")
fails(refused, "Underlying Transport Error", "refused", "tcp")
