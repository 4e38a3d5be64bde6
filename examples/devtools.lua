-- Opens a page in a browser and prints its title, over the DevTools protocol of Chromium. Commands and answers are JSON in
-- text messages. Each command has a number that its answer repeats, so the script keeps a function for every number and
-- calls it when the answer comes: what happens next stands inside of what came before. sessionId says which tab a command
-- is for. What comes without a number is an event, which nobody asked for here.
--
--   chromium --headless --remote-debugging-port=0 about:blank   (its standard error says: DevTools listening on ws://…)
--   tidewire run examples/devtools.lua ws://127.0.0.1:PORT/devtools/browser/ID [PAGE]
--
-- It needs a browser: an echo server (--echo) is none.

local url = assert(arg[1], "no server: give the ws:// URL that the browser prints after \"DevTools listening on\"")
local page = arg[2] or "data:text/html,<title>hello</title>"

-- As much JSON as this needs. Objects and arrays become tables, null becomes nil.

local function encode(value)
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
  elseif type(value) ~= "table" then
    return tostring(value)
  end
  local fields = {}
  for name, field in pairs(value) do fields[#fields + 1] = encode(name) .. ":" .. encode(field) end
  return "{" .. table.concat(fields, ",") .. "}"
end

local function utf8(code)
  if code < 0x80 then return string.char(code) end
  local tail = ""
  local first = 0x40 -- what a tail byte's 6 bits leave room for in the first byte, halved with each tail byte
  repeat
    tail = string.char(0x80 + code % 64) .. tail
    code = math.floor(code / 64)
    first = first / 2
  until code < first
  return string.char(256 - 2 * first + code) .. tail
end

local ESCAPES = {b = "\b", f = "\f", n = "\n", r = "\r", t = "\t"}

-- Each reader takes a place in the text and returns a value with the place behind it.
local function readString(text, at)
  local parts = {}
  while true do
    local plain, mark, after = text:match('^([^"\\]*)(.)()', at)
    parts[#parts + 1] = plain
    if mark == '"' then return table.concat(parts), after end
    local escape = text:sub(after, after)
    at = after + 1
    if escape == "u" then
      local code = tonumber(text:sub(at, at + 3), 16)
      at = at + 4
      if code >= 0xD800 and code < 0xDC00 then -- the first half of a pair
        code = 0x10000 + (code - 0xD800) * 0x400 + tonumber(text:sub(at + 2, at + 5), 16) - 0xDC00
        at = at + 6
      end
      parts[#parts + 1] = utf8(code)
    else
      parts[#parts + 1] = ESCAPES[escape] or escape
    end
  end
end

local LITERALS = {["true"] = true, ["false"] = false}

local function read(text, at)
  at = text:find("%S", at)
  local first = text:sub(at, at)
  if first == '"' then return readString(text, at + 1) end
  if first ~= "{" and first ~= "[" then
    local word, after = text:match("^([%w.+-]+)()", at)
    if LITERALS[word] ~= nil then return LITERALS[word], after end
    return tonumber(word), after
  end
  local result, name = {}, 0
  at = text:find("%S", at + 1)
  while not text:find("^[%]}]", at) do
    if first == "{" then
      name, at = readString(text, at + 1)
      at = text:find(":", at, true) + 1
    else
      name = name + 1
    end
    result[name], at = read(text, at)
    at = text:find("[^%s,]", at)
  end
  return result, at + 1
end

-- What waits for the page to be complete, in the page's own language.
local TITLE = [[new Promise(function(done) {
  if (document.readyState === "complete") done(document.title);
  else addEventListener("load", function() { done(document.title); });
})]]

local id
local answers = {} -- number of a command → what to do with its result
local number = 0

local function call(method, params, session, answered)
  number = number + 1
  answers[number] = answered
  websocket.Send(id, encode {id = number, method = method, params = params, sessionId = session})
end

local function finish(text)
  print(text)
  websocket.Close(id)
end

local function open()
  call("Target.createTarget", {url = "about:blank"}, nil, function(tab)
    call("Target.attachToTarget", {targetId = tab.targetId, flatten = true}, nil, function(attached)
      local session = attached.sessionId
      call("Page.navigate", {url = page}, session, function(navigated)
        if navigated.errorText then return finish("the page cannot be opened: " .. navigated.errorText) end
        call("Runtime.evaluate", {expression = TITLE, awaitPromise = true}, session, function(evaluated)
          call("Target.closeTarget", {targetId = tab.targetId}, nil, function()
            finish("title: " .. evaluated.result.value)
          end)
        end)
      end)
    end)
  end)
end

id = websocket.Connect(url, {
  onOpen = open,

  onMessage = function(data)
    local message = read(data, 1)
    local answered = answers[message.id or 0]
    if not answered then return end -- an event: there are many, and none is needed here
    answers[message.id] = nil
    if message.error then return finish("the browser refuses: " .. message.error.message) end
    answered(message.result)
  end,

  onClose = function(code) print("closed with " .. code) end,
  onError = function(message, info) print("failed: " .. message .. ": " .. info.detail) end,
})
