-- What every script here shares. Each connection is a case. check.lua holds it to the rules that no case may break
-- (callbacks never inside Connect, onOpen at most once, one terminal callback and it is the last), ends the run when one
-- fails, and says "ok" when all have ended as they should.

-- base is the server's URL without a path; "embedded" means the run's own echo server (--echo).
local check = {base = arg[1] == "embedded" and host.echo:gsub("/$", "") or arg[1]}

local LIMIT = 60000 -- ms for a whole script
local pending = {}  -- number of the case → its name or URL
local started, running = 0, 0
local failed = false

-- fail ends the run. What the ending brings about is no news.
function check.fail(text)
  if not failed then print(debug.traceback(text, 2)) end
  failed = true
  host.Exit(1)
end

function check.equal(got, want, what)
  if got ~= want then
    check.fail(string.format("%s: got %s, want %s", what, check.show(got), check.show(want)))
  end
end

-- show keeps long data out of the report.
function check.show(value)
  if type(value) ~= "string" then return tostring(value) end
  if #value <= 80 then return string.format("%q", value) end
  return string.format("%q... (%d bytes)", value:sub(1, 80), #value)
end

local deadline = host.After(LIMIT, function()
  local names = {}
  for _, name in pairs(pending) do names[#names + 1] = name end
  check.fail("not ended in time: " .. table.concat(names, ", "))
end)

host.Register("shutdown", function()
  if running == 0 and not failed then print("ok") end
end)

-- case counts something that must end; the function that it returns says that it has.
function check.case(name)
  started, running = started + 1, running + 1
  local case = started
  pending[case] = name
  return function()
    pending[case], running = nil, running - 1
    if running == 0 then host.Unregister(deadline) end
  end
end

-- connect opens a path of the server, or a whole URL, and returns the id. on has, all optional but ended:
--   opened(id, info), message(data, isBinary, id),
--   ended(e, id) with e = {kind = "close" or "error", code, reason, clean, message, info, opened, messages = {...}}
--   forget = true leaves messages empty, for floods
function check.connect(url, on, options)
  if url:sub(1, 1) == "/" then url = check.base .. url end
  local done = check.case(url)
  local id
  local e = {opened = false, messages = {}}

  local function during(event)
    if id == nil then check.fail(event .. " before Connect returned: " .. url) end
    if e.kind then check.fail(event .. " after the terminal event: " .. url) end
  end
  local function finish(kind, info)
    e.kind, e.info = kind, info
    check.equal(info.id, id, "info.id of " .. url)
    on.ended(e, id)
    done()
  end

  id = websocket.Connect(url, {
    onOpen = function(info)
      during("onOpen")
      if e.opened then check.fail("a second onOpen: " .. url) end
      e.opened = true
      check.equal(info.id, id, "info.id of " .. url)
      if on.opened then on.opened(id, info) end
    end,
    onMessage = function(data, isBinary, from)
      during("onMessage")
      if not e.opened then check.fail("onMessage before onOpen: " .. url) end
      check.equal(from, id, "the third argument of onMessage")
      if not on.forget then e.messages[#e.messages + 1] = data end
      if on.message then on.message(data, isBinary, id) end
    end,
    onClose = function(code, reason, clean, info)
      during("onClose")
      e.code, e.reason, e.clean = code, reason, clean
      finish("close", info)
    end,
    onError = function(message, info)
      during("onError")
      e.message = message
      finish("error", info)
    end,
  }, options)
  return id
end

local function wantInfo(info, want, url)
  for field, value in pairs(want or {}) do
    check.equal(info[field], value, "info." .. field .. " of " .. url)
  end
end

local function story(e)
  if e.kind == "error" then return string.format("onError(%q): %s", e.message, tostring(e.info.detail)) end
  return string.format("onClose(%s, %q, %s): %s", tostring(e.code), e.reason, tostring(e.clean), tostring(e.info.detail))
end

-- closes is an ended function that wants onClose with these arguments (any reason if nil), and these fields of info.
function check.closes(code, reason, clean, info)
  return function(e)
    local url = tostring(e.info.url)
    if e.kind ~= "close" or e.code ~= code or e.reason ~= (reason or e.reason) or e.clean ~= clean then
      check.fail(string.format("%s: %s, want onClose(%d, %q, %s)", url, story(e), code, reason or "any", tostring(clean)))
    end
    wantInfo(e.info, info, url)
  end
end

-- fails is an ended function that wants onError with this message, and these fields of info.
function check.fails(message, info)
  return function(e)
    local url = tostring(e.info.url)
    if e.kind ~= "error" or e.message ~= message then
      check.fail(string.format("%s: %s, want onError(%q)", url, story(e), message))
    end
    wantInfo(e.info, info, url)
  end
end

-- all is an ended function that asks several.
function check.all(...)
  local functions = {...}
  return function(e, id)
    for _, f in ipairs(functions) do f(e, id) end
  end
end

return check
