-- Connections that end without a close frame.

local check = dofile("lib/check.lua")

local secure = check.base:match("^wss") ~= nil
local function opened(e) check.equal(e.opened, true, "opened " .. e.info.url) end

-- dropped sends the message at which the server drops the connection.
local function dropped(path, ended)
  check.connect(path, {
    opened = function(id) websocket.Send(id, "drop me") end,
    ended = check.all(opened, ended),
  })
end

dropped("/drop/fin", check.fails("End of File", {category = "eof", phase = "open", closeCode = 1006, retryable = true}))

-- Without close_notify an attacker may have cut the stream: no orderly end.
dropped("/drop/cut", check.fails(secure and "Underlying Transport Error" or "End of File",
  {phase = "open", closeCode = 1006, retryable = true}))

dropped("/drop/reset", check.fails("Underlying Transport Error",
  {category = "reset", phase = "open", closeCode = 1006, retryable = true}))

-- After our own Close every end is onClose: here the peer has not read our close frame when it resets.
check.connect("/stall?key=reset", {
  message = function(_, _, id)
    websocket.Close(id)
    check.connect("/reset?key=reset", {ended = check.closes(1000, "", true)})
  end,
  ended = check.all(opened, check.closes(1006, "Underlying Transport Error", false, {category = "reset", closeCode = 1000})),
})
