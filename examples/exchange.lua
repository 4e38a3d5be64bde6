-- Logs in to an exchange: a signed request over HTTP gives a token, the token opens a connection, and a signed
-- message subscribes to the account's own orders. The secret leaves the machine in no message.
--
--   EXCHANGE_KEY=… EXCHANGE_SECRET=… tidewire run --allow-env=EXCHANGE_KEY,EXCHANGE_SECRET examples/exchange.lua \
--     http://localhost:8080

local crypto = require "tide.crypto"
local encoding = require "tide.encoding"
local http = require "tide.http"
local json = require "tide.json"
local task = require "tide.task"
local ws = require "tide.ws"

local api = assert(arg[1], "no server: give the URL of an exchange's API")
local key, secret = os.getenv "EXCHANGE_KEY" or "", os.getenv "EXCHANGE_SECRET" or ""

local function sign(text) return encoding.hex.encode(crypto.hmac("sha256", secret, text)) end

local function login()
  local query = encoding.url.query {key = key, time = math.floor(host.Time() * 1000), nonce = crypto.uuid()}
  local answer, message, info = http.post(api .. "/login?" .. query, "", {headers = {["X-Signature"] = sign(query)}})
  if not answer then return nil, message .. ": " .. info.detail end
  if not answer.ok then return nil, answer.status .. ": " .. answer.body end
  return json.decode(answer.body).token
end

task.go(function()
  local token, problem = login()
  if not token then
    print("no login: " .. problem)
    return host.Exit(1)
  end
  local orders = api:gsub("^http", "ws") .. "/orders"
  local socket, message, info = ws.open(orders, {headers = {Authorization = "Bearer " .. token}})
  if not socket then
    print(message .. ": " .. info.detail)
    return host.Exit(1)
  end
  local time = tostring(math.floor(host.Time() * 1000))
  socket:send(json.encode {op = "subscribe", key = key, time = time, signature = sign("orders" .. time)})
  for data in socket:messages() do
    local order = json.decode(data, {bigint = "string"}) -- ids have 19 digits
    print(order.id, order.side, order.amount, order.price)
  end
  print("closed with " .. (socket.info.code or socket.info.message))
end)
