-- A load test of an echo server: connections that each send one message after the other, and how long the answers
-- take.
--
--   tidewire run --echo examples/load.lua
--   tidewire run examples/load.lua ws://localhost:8080 [CONNECTIONS [MESSAGES]]

local task = require "tide.task"
local ws = require "tide.ws"

local url = assert(arg[1] or host.echo, "no server: give a URL, or run with --echo")
local connections, messages = tonumber(arg[2] or 50), tonumber(arg[3] or 100)
local times = {} -- of all answers, in seconds

local function talk(number)
  local socket, message, info = ws.open(url)
  if not socket then error(message .. ": " .. info.detail, 0) end
  for i = 1, messages do
    local sent, text = host.Clock(), number .. "/" .. i
    assert(socket:send(text))
    local answer, problem = socket:receive(10)
    if answer ~= text then error("no echo: " .. tostring(answer or problem), 0) end
    times[#times + 1] = host.Clock() - sent
  end
  socket:close()
end

task.go(function()
  local began, tasks = host.Clock(), {}
  for number = 1, connections do tasks[number] = task.go(talk, number) end
  local fine, problem = task.all(tasks)
  if not fine then
    print("failed: " .. problem)
    return host.Exit(1)
  end
  local took = host.Clock() - began
  table.sort(times)
  print(("%d messages over %d connections, %.0f a second"):format(#times, connections, #times / took))
  for _, percent in ipairs {50, 99, 100} do
    local most = times[math.ceil(#times * percent / 100)]
    print(("%3d %% of the answers came within %.2f ms"):format(percent, 1000 * most))
  end
end)
