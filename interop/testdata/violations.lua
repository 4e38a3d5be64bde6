-- What a peer may not send (RFC 6455 §5), each after a message that must still arrive.

local check = dofile("lib/check.lua")

local function violates(hex, message, closeCode, category)
  check.connect("/raw?hex=810141" .. hex, {
    ended = check.all(
      function(e) check.equal(table.concat(e.messages), "A", "what came before " .. hex .. " (" .. tostring(e.message) .. ")") end,
      check.fails(message, {category = category or "protocol", phase = "open", closeCode = closeCode, retryable = false})),
  })
end

local REST = string.rep("78", 126)

violates("c10141", "Invalid use of reserved bits", 1002)
violates("a10141", "Invalid use of reserved bits", 1002)
violates("910141", "Invalid use of reserved bits", 1002)
for _, opcode in ipairs {"3", "4", "5", "6", "7", "b", "c", "d", "e", "f"} do
  violates("8" .. opcode .. "00", "invalid opcode", 1002)
end
violates("897e007e" .. REST, "Control messages are limited to fewer than 125 characters", 1002)
violates("887e007e03e8" .. REST:sub(5), "Control messages are limited to fewer than 125 characters", 1002)
violates("0900", "Control messages cannot be fragmented", 1002)
violates("080203e8", "Control messages cannot be fragmented", 1002)
violates("800178", "Invalid message continuation", 1002)
violates("0101788101", "Invalid message continuation", 1002)
violates("01000100", "Invalid message continuation", 1002)
violates("8181000000007a", "Servers may not send masked frames", 1002)
violates("817e000178", "Payload length was not minimally encoded", 1002)
violates("817f000000000000000178", "Payload length was not minimally encoded", 1002)
violates("817f000000000000ffff", "Payload length was not minimally encoded", 1002)

-- Close frames.
violates("880103", "Invalid close code used", 1002)
violates("88020000", "Invalid close code used", 1002)
violates("880203e7", "Invalid close code used", 1002)
violates("880203ed", "Invalid close code used", 1002) -- 1005, 1006 and 1015 must not stand in a frame
violates("880203ee", "Invalid close code used", 1002)
violates("880203f7", "Invalid close code used", 1002)
violates("88021388", "Invalid close code used", 1002) -- 5000
violates("880203ec", "Reserved close code used", 1002) -- 1004
violates("880203f8", "Reserved close code used", 1002) -- 1016
violates("88020bb7", "Reserved close code used", 1002) -- 2999
violates("880403e8c328", "Invalid UTF8 encoding", 1007, "utf8")

-- Text, also in fragments, at the first bad byte: the rest of the message never comes.
violates("8102c328", "Invalid UTF8 encoding", 1007, "utf8")
violates("0101c3800128", "Invalid UTF8 encoding", 1007, "utf8")
violates("8101c3", "Invalid UTF8 encoding", 1007, "utf8")
violates("8164c328", "Invalid UTF8 encoding", 1007, "utf8")

-- A length that nobody will receive is refused before its first byte.
violates("827f0000000010000000", "A message was too large", 1009, "too_big")

-- Legal, though seldom seen: an unsolicited pong, an empty fragment, a character cut in two by a ping.
check.connect("/raw?hex=8a03616263" .. "0100" .. "0001c3" .. "8900" .. "8001a9" .. "880203e8", {
  ended = check.all(check.closes(1000, "", true), function(e)
    check.equal(table.concat(e.messages, "|"), "\195\169", "the message put together")
  end),
})
