-- Both sides close at once: the server closes with 3001 at the message "last", our close frame comes right behind it. Each
-- side takes the other's frame for the answer to its own (RFC 6455 §7.1.2), so the end is clean, whoever was faster. With
-- arg[2] the server is one that handles a message before it looks at the next frame: there the two must cross.

local check = dofile("lib/check.lua")

local CONNECTIONS = 50
local crossed, ended = 0, 0

for _ = 1, CONNECTIONS do
  check.connect("/close/after", {
    opened = function(id)
      websocket.Send(id, "last")
      websocket.Close(id, 4000, "ours")
      websocket.Close(id, 4001, "a second Close changes nothing")
    end,
    ended = function(e)
      check.equal(e.kind, "close", "kind of the end")
      check.equal(e.clean, true, "wasClean")
      check.equal(#e.messages, 0, "messages after Close")
      check.equal(e.info.closeCode, 4000, "info.closeCode")
      if e.code == 3001 then
        check.equal(e.reason, "that was the last", "reason")
        crossed = crossed + 1
      else
        check.equal(e.code, 4000, "code")
        check.equal(e.reason, "ours", "reason")
      end
      ended = ended + 1
      if arg[2] and ended == CONNECTIONS and crossed == 0 then check.fail("no close frame crossed the other") end
    end,
  })
end
