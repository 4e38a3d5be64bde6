-- Round trips: every byte value, empty messages, every length at which the frame header changes its shape.

local check = dofile("lib/check.lua")

local function bytes(from, to)
  local t = {}
  for b = from, to do t[#t + 1] = string.char(b) end
  return table.concat(t)
end

-- {data, kind, and whether it must come back as binary}
local cases = {
  {bytes(0, 255), "binary", true},
  {bytes(0, 255), nil, true}, -- not UTF-8, so binary
  {bytes(0, 127), nil, false},
  {bytes(0, 127), "binary", true},
  {string.char(0xDE, 0xAD, 0xBE, 0xEF, 0xCA, 0xFE, 0xBA, 0xBE), nil, true},
  {"", nil, false},
  {"", "text", false},
  {"", "binary", true},
  {"\0", nil, false},
  {"p\197\153\195\173li\197\161 \226\152\131 \240\159\144\142", "text", false}, -- 2, 3 and 4 bytes a character
  {"\237\160\128", nil, true}, -- a surrogate half is not UTF-8
  {"\244\144\128\128", nil, true}, -- beyond the last code point
}
for b = 0, 255 do cases[#cases + 1] = {string.char(b), "binary", true} end
for _, length in ipairs {1, 124, 125, 126, 127, 128, 4095, 4096, 65535, 65536, 65537, 2 ^ 20 - 1, 2 ^ 20, 2 ^ 20 + 1} do
  cases[#cases + 1] = {string.rep("\255x", math.floor(length / 2)) .. string.rep("y", length % 2), "binary", true}
  cases[#cases + 1] = {string.rep("z", length), "text", false}
end

local came = 0
check.connect("/echo", {
  opened = function(id)
    for _, case in ipairs(cases) do
      check.equal(select("#", websocket.Send(id, case[1], case[2])), 1, "number of results of Send")
    end
  end,
  message = function(data, isBinary, id)
    came = came + 1
    local case = cases[came]
    check.equal(data, case[1], "message " .. came)
    check.equal(isBinary, case[3], "isBinary of message " .. came .. " " .. check.show(data))
    if came == #cases then websocket.Close(id) end
  end,
  ended = function(e)
    check.equal(came, #cases, "number of messages")
    check.closes(1000, "", true)(e)
    check.equal(e.info.unsent.messages, 0, "unsent")
    check.equal(e.info.dropped.messages, 0, "dropped")
  end,
})

-- Numbers pass as strings, numeric strings as numbers, through the lowercase names; the connection's default kind holds.
check.connect("/echo", {
  opened = function(id)
    websocket.send(tostring(id), 12.5)
    websocket.send(id, 7)
  end,
  message = function(data, isBinary, id)
    check.equal(isBinary, true, "isBinary under options.kind")
    if data == "7" then websocket.close(tostring(id), "4000", 99) end
  end,
  ended = check.all(check.closes(4000, nil, true), function(e)
    check.equal(table.concat(e.messages, " "), "12.5 7", "numbers as data")
  end),
}, {kind = "binary"})
