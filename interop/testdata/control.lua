-- Pings are answered, also between the fragments of a message.

local check = dofile("lib/check.lua")

check.connect("/ping", {
  ended = check.all(check.closes(1000, "", true), function(e)
    check.equal(table.concat(e.messages, "|"), "pong are you there", "messages")
  end),
})

check.connect("/fragments", {
  message = function(_, isBinary) check.equal(isBinary, false, "isBinary") end,
  ended = check.all(check.closes(1000, "", true), function(e)
    check.equal(table.concat(e.messages, "|"), "one two three", "messages")
  end),
})
