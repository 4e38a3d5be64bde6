-- Connections that end without a close frame.

local check = dofile("lib/check.lua")

local secure = check.base:match("^wss") ~= nil
local function opened(e) check.equal(e.opened, true, "opened " .. e.info.url) end

check.connect("/drop/fin", {
  ended = check.all(opened, check.fails("End of File", {category = "eof", phase = "open", closeCode = 1006, retryable = true})),
})

-- Without close_notify an attacker may have cut the stream: no orderly end.
check.connect("/drop/cut", {
  ended = check.all(opened, check.fails(secure and "Underlying Transport Error" or "End of File", {phase = "open", closeCode = 1006})),
})

check.connect("/drop/reset", {
  ended = check.all(opened, check.fails("Underlying Transport Error",
    {category = "reset", phase = "open", closeCode = 1006, retryable = true})),
})

-- After our own Close every end is onClose.
check.connect("/drop/fin", {
  opened = function(id) websocket.Close(id) end,
  ended = function(e)
    check.equal(e.kind, "close", "kind of the end after Close")
    check.equal(e.code, 1006, "code")
    check.equal(e.reason, "End of File", "reason")
    check.equal(e.clean, false, "clean")
  end,
})
