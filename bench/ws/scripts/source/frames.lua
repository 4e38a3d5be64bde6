-- Notes how late each frame is, measured from its due time, and prints: due frames, messages, and the delays in
-- microseconds that 50 %, 99 % and 99.9 % of the frames do not exceed, and the longest. With a URL messages come in as
-- fast as they can meanwhile; frames count from the open connection on.
--
-- Frame k is due at k * period on host.Clock. Both grids begin in script/run.go: loop.New takes the epoch of the frames,
-- and the host module's Open, the next call there, takes the zero of host.Clock, some microseconds later.
local rate, seconds, url = ...
rate, seconds = tonumber(rate), tonumber(seconds)
local period = 1 / rate
local tolerance = 50e-6 -- between the two grids
local delays, messages = {}, 0
local last, final -- the numbers of the last frame that was counted, and of the last one to count

local function fail(message)
  print(message)
  os.exit(1)
end

local function finish()
  table.sort(delays)
  local function quantile(q) return delays[math.max(1, math.ceil(q * #delays))] * 1e6 end
  print(#delays, messages, quantile(0.5), quantile(0.99), quantile(0.999), quantile(1))
  os.exit(0)
end

-- The runner begins a frame when its due time has come, and leaves out frames that come due before the previous one
-- returns. A frame that is too early for the next number shows that the runner counts on another grid.
local function frame()
  local now = host.Clock()
  local early = (last + 1) * period - now
  if early > tolerance then
    fail(string.format("frame %d began %.0f microseconds before it was due", last + 1, early * 1e6))
  end
  local due = math.max(last + 1, math.floor(now / period))
  for number = last + 1, math.min(due, final) do
    delays[#delays + 1] = math.max(0, now - number * period)
  end
  last = due
  if last >= final then
    finish()
  end
end

local function begin()
  last = math.floor(host.Clock() / period)
  final = last + math.floor(seconds * rate + 0.5)
  host.Register("onUpdate", frame)
end

if url then
  websocket.Connect(url, {
    onOpen = begin,
    onMessage = function() messages = messages + 1 end,
    onError = fail,
  })
else
  begin()
end
