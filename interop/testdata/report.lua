-- Opens arg[1] with the options that arg[2] spells in Lua, sends "hello", closes when it comes back, and prints what it
-- saw, a line with name and value each.

local function show(name, value)
  if value == nil then return end
  local text = tostring(value):gsub("[%c\\]", function(c) return string.format("\\x%02x", c:byte()) end)
  print(name .. " " .. text)
end

local function showInfo(info)
  for name, value in pairs(info) do
    if type(value) ~= "table" then show(name, value) end
  end
  for name, value in pairs(info.tls or {}) do show("tls." .. name, value) end
  for name, value in pairs(info.http or {}) do
    if type(value) ~= "table" then show("http." .. name, value) end
  end
end

local opened = false
local id
id = websocket.Connect(arg[1], {
  onOpen = function(info)
    opened = true
    showInfo(info)
    websocket.Send(id, "hello")
  end,
  onMessage = function(data)
    show("received", data)
    websocket.Close(id)
  end,
  onClose = function(code, reason, clean, info)
    showInfo(info)
    show("opened", opened)
    show("closed", string.format("%d %q %s", code, reason, tostring(clean)))
  end,
  onError = function(message, info)
    showInfo(info)
    show("opened", opened)
    show("failed", message)
  end,
}, assert(loadstring("return " .. (arg[2] or "nil")))())
