-- The opening handshake: what the server sees of ours, and what we make of its answer.

local check = dofile("lib/check.lua")

local scheme, authority = check.base:match("^(%w+)://(.*)$")
local secure = scheme == "wss"

local function lines(text)
  local fields = {}
  for name, value in text:gmatch("([^\n]-): ([^\n]*)\n") do
    if fields[name] then check.fail("sent twice: " .. name) end
    fields[name] = value
  end
  return fields
end

-- seen opens url and hands what the server saw to want(fields, info).
local function seen(url, options, want)
  local info
  check.connect(url, {
    opened = function(_, i) info = i end,
    message = function(data, _, id)
      want(lines(data), info)
      websocket.Close(id)
    end,
    ended = check.all(check.closes(1000, "", true), function(e) check.equal(#e.messages, 1, "messages") end),
  }, options)
end

seen("/headers", nil, function(fields, info)
  check.equal(fields.host, authority, "Host")
  check.equal(fields.upgrade, "websocket", "Upgrade")
  check.equal(fields.connection, "Upgrade", "Connection")
  check.equal(fields["sec-websocket-version"], "13", "Sec-WebSocket-Version")
  check.equal(#fields["sec-websocket-key"], 24, "length of Sec-WebSocket-Key")
  for _, absent in ipairs {"origin", "authorization", "sec-websocket-protocol", "sec-websocket-extensions", "cookie"} do
    check.equal(fields[absent], nil, absent)
  end
  check.equal(info.url, check.base .. "/headers", "info.url")
  check.equal(info.protocol, nil, "info.protocol")
  check.equal(info.http.status, 101, "info.http.status")
  check.equal(info.http.headers.upgrade:lower(), "websocket", "info.http.headers.upgrade")
  check.equal(info.remote, "127.0.0.1:" .. authority:match("%d+$"), "info.remote")
  check.equal(info.tls ~= nil, secure, "info.tls is there")
  if secure then
    check.equal(info.tls.version, "TLS 1.3", "info.tls.version")
    check.equal(info.tls.subject:find("tidewire interop", 1, true) ~= nil, true, "subject " .. info.tls.subject)
    check.equal(info.tls.expires:match("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$") ~= nil, true, "expires " .. info.tls.expires)
  end
end)

seen("/headers", {headers = {["X-Token"] = "abc", ["User-Agent"] = "a script"}, origin = "https://game.example"},
  function(fields)
    check.equal(fields["x-token"], "abc", "X-Token")
    check.equal(fields["user-agent"], "a script", "User-Agent")
    check.equal(fields.origin, "https://game.example", "Origin")
  end)

seen(scheme .. "://user:p%40ss@" .. authority .. "/headers", nil, function(fields, info)
  check.equal(fields.authorization, "Basic dXNlcjpwQHNz", "Authorization") -- user:p@ss
  check.equal(fields.host, authority, "Host")
  check.equal(info.url:find("ss@", 1, true), nil, "the password's place in " .. info.url)
end)

-- Other spellings of the same address.
seen((secure and "https" or "http") .. "://" .. authority .. "/headers", nil, function(fields)
  check.equal(fields.host, authority, "Host")
end)
seen(scheme:upper() .. "://" .. authority:upper() .. "/headers", nil, function(fields)
  check.equal(fields.host:lower(), authority, "Host")
end)
seen("/headers?name=\196\141&x=%20", nil, function(fields)
  check.equal(fields.target, "/headers?name=%C4%8D&x=%20", "target")
end)

-- Subprotocols.
local function spoken(protocols, want)
  check.connect("/protocol/choose", {
    opened = function(_, info) check.equal(info.protocol, want, "info.protocol") end,
    message = function(data, _, id)
      check.equal(data, want or "(none)", "the server's choice")
      websocket.Close(id)
    end,
    ended = check.closes(1000, "", true),
  }, {protocols = protocols})
end
spoken({"alpha", "beta"}, "beta")
spoken({"gamma", "beta"}, "beta")
spoken({"gamma"}, "gamma")
spoken({"alpha"}, nil)
spoken(nil, nil)

local function neverOpened(e) check.equal(e.opened, false, "opened " .. e.info.url) end
local function refused(url, message, info, more, options)
  check.connect(url, {ended = check.all(neverOpened, check.fails(message, info), more or neverOpened)}, options)
end

refused("/protocol/rogue", "Selected subprotocol was not requested by the client",
  {category = "handshake", phase = "handshake", closeCode = 1006}, nil, {protocols = {"alpha"}})

-- Refusals carry what the server said.
local status = "Invalid HTTP status."
refused("/refuse", status, {category = "http_status", phase = "handshake", retryable = false, closeCode = 1006}, function(e)
  check.equal(e.info.http.status, 403, "status")
  check.equal(e.info.http.body, "no entry", "body")
  check.equal(e.info.http.headers["x-reason"], "first, second", "repeated header")
  check.equal(e.info.http.retryAfter, 7, "retryAfter")
end)
refused("/refuse?status=503&times=2000", status, {category = "http_status", retryable = true}, function(e)
  check.equal(e.info.http.status, 503, "status")
  check.equal(e.info.http.body, string.rep("no entry", 512), "body, its first 4 KiB")
end)
refused("/refuse?status=429", status, {retryable = true})
refused("/refuse?status=302", status, {retryable = false}, function(e)
  check.equal(e.info.http.location, "/elsewhere", "location")
end)
refused("/refuse?status=200", status, {retryable = false}) -- a server that speaks plain HTTP
refused("/nowhere", status, {retryable = false}, function(e) check.equal(e.info.http.status, 404, "status") end)

-- No answer, or none any more.
refused("/silent", "The opening handshake timed out", {category = "timeout", phase = "handshake", retryable = true}, nil,
  {timeout = {handshake = 0.3}})
refused("/hangup", "End of File", {category = "eof", phase = "handshake", retryable = true})

-- Close while the server keeps us waiting.
local waiting = check.connect("/silent", {ended = check.all(neverOpened, check.closes(1006, "", false))})
host.After(100, function() websocket.Close(waiting) end)
