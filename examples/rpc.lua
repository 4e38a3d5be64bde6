-- A client of JSON-RPC 2.0: many tasks call at once, and each waits for its own answer. Answers come in any order,
-- and may never come: a call takes a time limit. When the connection ends all calls end with it.
--
--   tidewire run examples/rpc.lua ws://localhost:8080/rpc

local json = require "tide.json"
local task = require "tide.task"
local ws = require "tide.ws"

local url = assert(arg[1], "no server: give the URL of a JSON-RPC server")

local rpc = {}
rpc.__index = rpc

function rpc.open(url)
  local socket, message, info = ws.open(url)
  if not socket then return nil, message .. ": " .. info.detail end
  local self = setmetatable({socket = socket, waiting = {}, last = 0}, rpc)
  task.go(self.read, self)
  return self
end

function rpc:read()
  for data in self.socket:messages() do
    local answer = json.decode(data)
    local answered = self.waiting[answer.id]
    if answered then answered:push(answer) end -- or the call has given up
  end
  for _, answered in pairs(self.waiting) do answered:close() end
end

-- call returns the result, or nil and why there is none.
function rpc:call(method, params, seconds)
  self.last = self.last + 1
  local id, answered = self.last, task.queue(1)
  self.waiting[id] = answered
  self.socket:send(json.encode {jsonrpc = "2.0", id = id, method = method, params = params})
  local answer, problem = answered:pop(seconds)
  self.waiting[id] = nil
  if not answer then return nil, problem end
  if answer.error then return nil, answer.error.message end
  return answer.result
end

task.go(function()
  local server = assert(rpc.open(url))
  local calls = {}
  for i = 1, 5 do
    calls[i] = task.go(function() return server:call("square", {i}, 5) end)
  end
  local _, squares = assert(task.all(calls, 10))
  for i = 1, 5 do print(i .. " squared is " .. squares[i]) end
  print("nonsense: " .. select(2, server:call("nonsense", {}, 5)))
  print("a call without an answer: " .. select(2, server:call("silence", {}, 0.2)))
  local last = task.go(function() return server:call("silence", {}) end)
  task.sleep(0)
  server.socket:close()
  print("a call when the server has gone: " .. select(3, last:wait()))
end)
