-- Keeps a connection up. When it cannot be established, or ends, the next attempt comes after a pause that doubles with
-- each failure. Compare reconnect_leaky.lua.
--
--   tidewire run --echo examples/reconnect.lua

local url = assert(arg[1] or host.echo, "no server: give a URL, or run with --echo")

local FIRST_PAUSE = 1000    -- ms
local LONGEST_PAUSE = 30000 -- ms
local STABLE = 10000        -- ms that a connection must have lasted to count as a success

local pause = FIRST_PAUSE -- before the next attempt
local retryAt             -- when it comes; nil while a connection lives or is being made
local openedAt            -- nil while no connection is open
local ticker

local function ended(why)
  if host.Ending() then -- of the whole run: no attempt comes
    print(why)
    return
  end
  local now = utility.GetTickCount()
  -- Not every connection that opened was a success: a server in trouble may accept and hang up, again and again.
  if openedAt and now - openedAt >= STABLE then
    pause = FIRST_PAUSE
  end
  openedAt = nil
  -- From half of the pause to all of it, so that the clients of one server do not come back in step.
  local wait = pause * (0.5 + math.random() / 2)
  retryAt = now + wait
  pause = math.min(pause * 2, LONGEST_PAUSE)
  print(string.format("%s, next attempt in %.1f s", why, wait / 1000))
end

local function connect()
  retryAt = nil
  websocket.Connect(url, {
    onOpen = function()
      openedAt = utility.GetTickCount()
      print("open")
    end,

    onClose = function(code)
      ended("closed with " .. code)
    end,

    onError = function(message, info)
      if not info.retryable then -- such as a malformed URL: trying again mends nothing
        print("given up: " .. info.detail)
        host.Unregister(ticker)
        return
      end
      ended("failed: " .. message)
    end,
  })
end

-- One handler, registered once.
ticker = host.Register("onUpdate", function()
  if retryAt and utility.GetTickCount() >= retryAt then
    connect()
  end
end)

connect()
