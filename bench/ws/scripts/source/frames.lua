-- Notes how late each frame is, measured from its due time, and prints: due frames, messages, and the delays in
-- microseconds that 50 %, 99 % and 99.9 % of the frames do not exceed, and the longest. Frames are due each period from
-- a first time on that the quiet beginning shows. With a URL messages come in as fast as they can meanwhile.
local rate, seconds, url = ...
local period, seconds = 1 / tonumber(rate), tonumber(seconds)
local early, delays, messages = {}, {}, 0
local phase, last

local function circular(t) return t / period % 1 end

-- Frames of a quiet host begin soon after they are due: the first time of all follows the widest gap.
local function findPhase()
  table.sort(early)
  local widest, at = 0
  for i, x in ipairs(early) do
    local gap = (x - (early[i - 1] or early[#early] - 1))
    if gap > widest then
      widest, at = gap, x
    end
  end
  return at * period
end

local function finish()
  table.sort(delays)
  local function quantile(q) return delays[math.max(1, math.ceil(q * #delays))] * 1e6 end
  print(#delays, messages, quantile(0.5), quantile(0.99), quantile(0.999), quantile(1))
  os.exit(0)
end

host.Register("onUpdate", function()
  local now = host.Clock()
  if #early < 500 then
    early[#early + 1] = circular(now)
  elseif not phase then
    phase = findPhase()
    last = math.floor((now - phase) / period)
    if url then
      websocket.Connect(url, {
        onMessage = function() messages = messages + 1 end,
        onError = function(message) print(message) os.exit(1) end,
      })
    end
    host.After(seconds * 1000, finish)
  else
    local due = math.floor((now - phase) / period)
    for frame = last + 1, due do
      delays[#delays + 1] = now - phase - frame * period
    end
    last = math.max(last, due)
  end
end)
