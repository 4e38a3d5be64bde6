-- The App of the contestants with Lua. Send is the door's; check, acknowledged, owed and
-- enough are the bench's, in Go.
local role, burst, cycle = ...
local count, bytes, target, verify = 0, 0, 0, true

local function bursting(id)
  while owed() do
    for _ = 1, burst / #cycle do
      for i = 1, #cycle do Send(id, cycle[i]) end
    end
  end
end

local roles = {
  count = function(data, isBinary, id)
    if verify then check(id, data) end
    count, bytes = count + 1, bytes + #data
    if count >= target then enough() end
  end,
  echo = function(data, isBinary, id)
    Send(id, data)
    count, bytes = count + 1, bytes + #data
    if count >= target then enough() end
  end,
  mixed = function(data, isBinary, id)
    if id == 2 then Send(id, data) end
    count, bytes = count + 1, bytes + #data
  end,
  burst = function(data, isBinary, id)
    acknowledged(data)
    count, bytes = count + burst, bytes + burst * #cycle[1]
    bursting(id)
    if count >= target then enough() end
  end,
}

onMessage = roles[role] or function() error("a message in the role " .. role) end

-- What Go calls: again prepares for another round, begin sends the first bursts, played
-- says what was counted.
function again(to, verifying) count, bytes, target, verify = 0, 0, to, verifying end
function begin(id) if role == "burst" then bursting(id) end end
function played() return count, bytes end

-- Connects with the websocket module, where there is one.
function connect(url, options)
  return websocket.Connect(url, {
    onOpen = opened,
    onMessage = onMessage,
    onError = failed,
    onClose = function(code, reason) failed("closed with " .. code .. " " .. reason) end,
  }, options)
end
