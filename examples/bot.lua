-- A bot for chat services with a gateway: asks over HTTP where the gateway is, reads its compressed stream of
-- events, sends heartbeats, answers "!ping" over HTTP, and resumes its session after a lost connection.
--
--   BOT_TOKEN=… tidewire run --allow-env=BOT_TOKEN examples/bot.lua http://localhost:8080/api

local crypto = require "tide.crypto"
local http = require "tide.http"
local json = require "tide.json"
local task = require "tide.task"
local ws = require "tide.ws"
local zlib = require "tide.zlib"

local api = assert(arg[1], "no server: give the URL of a chat service's API")
local authorization = "Bot " .. (os.getenv "BOT_TOKEN" or "")
local FLUSHED = "\0\0\255\255" -- ends each event of the stream, which may span messages

local DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, HELLO, ACKNOWLEDGED = 0, 1, 2, 6, 7, 10, 11

local session, sequence -- to resume with

local function request(method, path, body)
  local answer, message, info = http.request {
    method = method, url = api .. path, body = body and json.encode(body),
    headers = {Authorization = authorization, ["Content-Type"] = "application/json"},
  }
  if not answer then return nil, message .. ": " .. info.detail end
  if not answer.ok then return nil, answer.status .. " " .. answer.body end
  return json.decode(answer.body)
end

local events = {}

function events.READY(data)
  session = data.session_id
  print("ready as " .. data.user)
end

function events.RESUMED() print "resumed" end

function events.MESSAGE_CREATE(data)
  if data.content ~= "!ping" then return end
  task.go(function() -- so that the gateway is read meanwhile
    local made, problem = request("POST", "/channels/" .. data.channel .. "/messages",
      {content = "pong", nonce = crypto.uuid()})
    print(made and "answered in " .. data.channel or "not answered: " .. problem)
  end)
end

-- beat sends heartbeats, and gives the connection up when one was not acknowledged.
local function beat(gateway, state, seconds)
  while true do
    task.sleep(seconds)
    if state.unanswered then return gateway:close(4000, "no heartbeat") end
    state.unanswered = true
    gateway:send(json.encode {op = HEARTBEAT, d = sequence or json.null})
  end
end

-- run reads a gateway until it ends, and returns its end.
local function run(gateway)
  local inflater, text = zlib.inflater(), ""
  local state, beating = {}, nil
  local function send(op, data) return gateway:send(json.encode {op = op, d = data}) end
  for message in gateway:messages() do
    text = text .. assert(inflater:push(message))
    if message:sub(-4) == FLUSHED then
      local event = json.decode(text)
      text = ""
      if event.op == HELLO then
        beating = task.go(beat, gateway, state, event.d.heartbeat_interval / 1000)
        if session then
          send(RESUME, {token = authorization, session_id = session, seq = sequence})
        else
          send(IDENTIFY, {token = authorization})
        end
      elseif event.op == ACKNOWLEDGED then
        state.unanswered = false
      elseif event.op == RECONNECT then
        gateway:close(4000, "asked to come again")
      elseif event.op == DISPATCH then
        sequence = event.s
        if events[event.t] then events[event.t](event.d) end
      end
    end
  end
  if beating then beating:cancel() end
  return gateway.info
end

task.go(function()
  local where, problem = request("GET", "/gateway")
  if not where then error("no gateway: " .. problem, 0) end
  local pause = 0.2
  while true do
    local gateway, message, info = ws.open(where.url .. "?compress=zlib-stream")
    if gateway then
      info = run(gateway)
      pause = 0.2
      if info.code == 1000 then break end
      print("lost: " .. (info.message or info.code))
    elseif not info.retryable then
      error(message .. ": " .. info.detail, 0)
    end
    task.sleep(math.random() * pause)
    pause = math.min(2 * pause, 30)
  end
  print "the gateway is closed"
end)
