-- Connections that end without a close frame.

local check = dofile("lib/check.lua")

local secure = check.base:match("^wss") ~= nil
local function opened(e) check.equal(e.opened, true, "opened " .. e.info.url) end

-- dropped sends the message at which the server drops the connection; first, if given, comes after it.
local function dropped(path, ended, first)
  check.connect(path, {
    opened = function(id)
      websocket.Send(id, "drop me")
      if first then first(id) end
    end,
    ended = check.all(opened, ended),
  })
end

dropped("/drop/fin", check.fails("End of File", {category = "eof", phase = "open", closeCode = 1006, retryable = true}))

-- Without close_notify an attacker may have cut the stream: no orderly end.
dropped("/drop/cut", check.fails(secure and "Underlying Transport Error" or "End of File",
  {category = secure and "reset" or "eof", phase = "open", closeCode = 1006, retryable = true}))

dropped("/drop/reset", check.fails("Underlying Transport Error",
  {category = "reset", phase = "open", closeCode = 1006, retryable = true}))

-- After our own Close every end is onClose. Which one it is depends on how far our close frame came.
dropped("/drop/reset", function(e)
  check.equal(e.kind, "close", "kind of the end after Close")
  check.equal(e.code, 1006, "code")
  check.equal(e.clean, false, "clean")
  check.equal(e.reason, "Underlying Transport Error", "reason")
end, websocket.Close)
