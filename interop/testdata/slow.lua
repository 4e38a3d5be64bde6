-- A script that is busy while arg[2] servers flood it, arg[3] messages of 4 KiB each; the test looks at the memory.

local check = dofile("lib/check.lua")

local CONNECTIONS, MESSAGES, INBOX = tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4])
local BUSY = 2500 -- ms, in which a server pushes far more than an inbox holds

local waiting = {}

-- flood has every server push and is busy meanwhile.
local function flood()
  for _, id in ipairs(waiting) do websocket.Send(id, "go") end
  local from = utility.GetTickCount()
  while utility.GetTickCount() < from + BUSY do end
end

for _ = 1, CONNECTIONS do
  local came = 0
  check.connect("/push?wait=1&size=4096&count=" .. MESSAGES, {
    opened = function(id)
      waiting[#waiting + 1] = id
      if #waiting == CONNECTIONS then flood() end
    end,
    message = function() came = came + 1 end,
    ended = check.all(check.closes(1000, "pushed", true), function() check.equal(came, MESSAGES, "messages") end),
    forget = true,
  }, {receiveQueue = INBOX})
end
