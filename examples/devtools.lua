-- Opens a page in a browser, prints its title and keeps a picture of it, over the DevTools protocol of Chromium.
-- Commands and answers are JSON in text messages. Each command has a number that its answer repeats: a queue for
-- every number makes a command a function that waits for its result. sessionId says which tab a command is for.
-- Messages without a number are events, and nobody asked for one here.
--
--   chromium --headless --remote-debugging-port=0 about:blank   (its standard error says: DevTools listening on ws://…)
--   tidewire run --allow-write=. examples/devtools.lua ws://127.0.0.1:PORT/devtools/browser/ID [PAGE [FILE.png]]
--
-- It needs a browser: an echo server (--echo) is none.

local encoding = require "tide.encoding"
local json = require "tide.json"
local task = require "tide.task"
local ws = require "tide.ws"

local url = assert(arg[1], "no server: give the ws:// URL that the browser prints after \"DevTools listening on\"")
local page = arg[2] or "data:text/html,<title>hello</title>"

-- The end of the wait for the page, in the page's own language.
local TITLE = [[new Promise(function(done) {
  if (document.readyState === "complete") done(document.title);
  else addEventListener("load", function() { done(document.title); });
})]]

task.go(function()
  local browser, message, info = ws.open(url, {maxMessage = 64e6})
  if not browser then
    print("failed: " .. message .. ": " .. info.detail)
    return
  end
  local answers, number = {}, 0
  local reader = task.go(function()
    for data in browser:messages() do
      local answer = json.decode(data)
      if answers[answer.id] then answers[answer.id]:push(answer) end
    end
    for _, answered in pairs(answers) do answered:close() end
  end)

  local function call(method, params, session)
    number = number + 1
    local id, answered = number, task.queue(1)
    answers[id] = answered
    browser:send(json.encode {id = id, method = method, params = params, sessionId = session})
    local answer, problem = answered:pop()
    answers[id] = nil
    if not answer then error("the browser has gone: " .. problem, 0) end
    if answer.error then error("the browser refuses: " .. answer.error.message, 0) end
    return answer.result
  end

  local function look()
    local tab = call("Target.createTarget", {url = "about:blank"}).targetId
    local session = call("Target.attachToTarget", {targetId = tab, flatten = true}).sessionId
    local failed = call("Page.navigate", {url = page}, session).errorText
    if failed then return "the page cannot be opened: " .. failed end
    local title = call("Runtime.evaluate", {expression = TITLE, awaitPromise = true}, session).result.value
    if arg[3] then
      local picture = call("Page.captureScreenshot", {format = "png"}, session).data
      local file = assert(io.open(arg[3], "wb"))
      file:write((encoding.base64.decode(picture)))
      file:close()
    end
    call("Target.closeTarget", {targetId = tab})
    return "title: " .. title
  end

  local _, text = pcall(look)
  print(text)
  browser:close()
  reader:wait()
  print("closed with " .. (browser.info.code or browser.info.message))
end)
