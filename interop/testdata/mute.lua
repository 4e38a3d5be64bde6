-- Talks to a server that goes mute. It says "open" once an echo has come back, waits on standard input for the word that
-- the server is mute, then does what arg[3] says, and tells how and after how many milliseconds the connection ended.
--   wait    nothing
--   send    sends a small message ten times a second
--   close   closes
--   full    fills the way with 16 MiB, then closes
--   resume  closes, and says so on standard output: the server is then expected to come back

local url, options, what = arg[1], assert(loadstring("return " .. arg[2]))(), arg[3]

local from, sender
local function ended(text, info)
  if sender then host.Unregister(sender) end
  print(text)
  print("phase " .. info.phase)
  print("category " .. info.category)
  print("unsent " .. info.unsent.messages)
  print("after " .. utility.GetTickCount() - from)
end

local acts = {}
function acts.wait() end
function acts.send(id) sender = host.Every(100, function() websocket.Send(id, "are you there?") end) end
function acts.close(id) websocket.Close(id) end
function acts.full(id)
  for _ = 1, 16 do websocket.Send(id, string.rep("x", 2 ^ 20)) end
  websocket.Close(id)
end
function acts.resume(id)
  websocket.Close(id, 4000, "bye")
  host.After(200, function() print("closing") end)
end

local id
id = websocket.Connect(url, {
  onOpen = function() websocket.Send(id, "hello") end,
  onMessage = function()
    if from then return end
    print("open")
    io.read("*l")
    from = utility.GetTickCount()
    acts[what](id)
  end,
  onError = function(message, info) ended("error " .. message, info) end,
  onClose = function(code, reason, clean, info) ended(string.format("close %d %q %s", code, reason, tostring(clean)), info) end,
}, options)
