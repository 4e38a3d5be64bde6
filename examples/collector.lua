-- Collects a feed: subscribes to symbols and prints each trade as a line of tabs. ws.keep comes back when the
-- connection is lost, and asks for what it has missed, so that each trade is printed once.
--
--   tidewire run examples/collector.lua ws://localhost:8080/feed BTC ETH >>trades.tsv

local json = require "tide.json"
local ws = require "tide.ws"

local url = assert(arg[1], "no server: give the URL of a feed")
local symbols = json.array {unpack(arg, 2)}
local last = 0 -- the number of the newest trade

local handlers = {}

function handlers.trade(event)
  if event.id > last then
    last = event.id
    print(event.id, event.symbol, event.price)
  end
end

handlers["end"] = function(_, feed) feed:close() end

ws.keep(url, {
  onOpen = function(_, feed)
    feed:send(json.encode {op = "subscribe", symbols = symbols, since = last})
  end,
  onMessage = function(data, _, feed)
    local event = json.decode(data)
    local handle = handlers[event.op]
    if handle then handle(event, feed) end
  end,
  onDown = function(info, seconds)
    io.stderr:write(("down, back in %.1f s: %s\n"):format(seconds, info.detail))
  end,
  onEnd = function(info) io.stderr:write("ended: ", info.message or info.code, ": ", info.detail, "\n") end,
}, {min = 0.2, max = 30})
