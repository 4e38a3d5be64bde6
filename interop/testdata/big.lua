-- A message of 16 MiB there and back, and one that is refused for its size.

local check = dofile("lib/check.lua")

local unit = {}
for b = 0, 255 do unit[#unit + 1] = string.char(b) end
local big = string.rep(table.concat(unit), 2 ^ 16)
check.equal(#big, 16 * 2 ^ 20, "size of the message")

check.connect("/echo", {
  opened = function(id) websocket.Send(id, big) end,
  message = function(data, isBinary, id)
    if data ~= big then check.fail("the message came back changed, " .. #data .. " bytes") end
    check.equal(isBinary, true, "isBinary")
    websocket.Close(id)
  end,
  ended = check.all(check.closes(1000, "", true), function(e) check.equal(#e.messages, 1, "messages") end),
})

local text = string.rep("\226\152\131", 5 * 2 ^ 20 + 1) -- no power of two divides its length
check.connect("/echo", {
  opened = function(id) websocket.Send(id, text, "text") end,
  message = function(data, isBinary, id)
    if data ~= text then check.fail("the text came back changed, " .. #data .. " bytes") end
    check.equal(isBinary, false, "isBinary")
    websocket.Close(id)
  end,
  ended = check.all(check.closes(1000, "", true), function(e) check.equal(#e.messages, 1, "messages") end),
})

local function echoed(size, limit, ended)
  check.connect("/echo", {
    opened = function(id) websocket.Send(id, string.rep("x", size)) end,
    message = function(_, _, id) websocket.Close(id) end,
    ended = ended,
  }, {maxMessage = limit})
end

echoed(1000, 1000, check.closes(1000, "", true))
echoed(1001, 1000, check.fails("A message was too large", {category = "too_big", phase = "open", closeCode = 1009, retryable = false}))
echoed(100000, 70000, check.fails("A message was too large", {category = "too_big", closeCode = 1009}))
