-- What is sent before open leaves first, then what onOpen sends; every byte value, the empty message and numbers come
-- back as they were; text and binary are told apart.

local echo = ...

local all = ""
for byte = 0, 255 do all = all .. string.char(byte) end

local want = {
  {"early", false},
  {all, true},
  {"", false},
  {"from onOpen", false},
  {string.char(0xDE, 0xAD, 0xBE, 0xEF, 0xCA, 0xFE, 0xBA, 0xBE), true},
  {"text sent as binary", true},
  {"snow \226\152\131", false},
  {"NUL \0 inside", false},
  {"42", false},
  {"1e+15", false},
  {"", true},
}
local got, opened = 0, 0

local id
id = websocket.Connect(echo, {
  onOpen = function(info)
    opened = opened + 1
    assert(info.id == id and info.url == echo and info.http.status == 101)
    assert(info.remote:match("^127%.0%.0%.1:%d+$"), info.remote)
    assert(got == 0)
    websocket.Send(id, "from onOpen")
    websocket.Send(id, string.char(0xDE, 0xAD, 0xBE, 0xEF, 0xCA, 0xFE, 0xBA, 0xBE))
    websocket.Send(id, "text sent as binary", "binary")
    websocket.Send(id, "snow \226\152\131", "text")
    websocket.Send(id, "NUL \0 inside", nil)
    websocket.Send(id, 42)
    websocket.Send(tostring(id), 1e15)
    websocket.Send(id, "", "binary")
  end,
  onMessage = function(data, isBinary, from)
    got = got + 1
    assert(want[got], "more messages than were sent")
    assert(data == want[got][1], got .. ": " .. data)
    assert(isBinary == want[got][2], got)
    assert(from == id)
    if got == #want then websocket.Close(id, 3000, "done") end
  end,
  onClose = function(code, reason, wasClean, info)
    assert(opened == 1 and got == #want, got)
    assert(code == 3000 and reason == "done" and wasClean == true) -- what the server's close frame says
    assert(info.phase == "closing" and info.category == "closed" and info.closeCode == 3000)
    assert(info.unsent.messages == 0 and info.dropped.messages == 0)
    print "finished"
  end,
  onError = error,
})
websocket.Send(id, "early")
websocket.Send(id, all)
websocket.Send(id, "")
