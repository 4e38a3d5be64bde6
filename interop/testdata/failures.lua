-- Connections that never come to be: each Connect gives an id, and the story comes later through onError.

local check = dofile("lib/check.lua")

local base, refused, mute, plain, tls = unpack(arg)

local count = 0
local function fails(url, message, info, more, options)
  count = count + 1
  local id = check.connect(url, {
    ended = check.all(check.fails(message, info), more or function() end, function(e)
      check.equal(e.opened, false, "opened " .. url)
      if type(e.info.detail) ~= "string" or e.info.detail:find("\n") then check.fail("detail: " .. tostring(e.info.detail)) end
    end),
  }, options)
  check.equal(id, count, "id of " .. url)
end

for _, url in ipairs {
  "", "nonsense", "ws://", "wss://", "ws:///path", "://host", "ftp://host/", "ws:host", "ws//host",
  "ws://host:0/", "ws://host:65536/", "ws://host:port/", "ws://ho st/", "ws://host\t/", "ws://host/\n", "ws://host/\0",
  "ws://host/#fragment", "ws://host/path#", "ws://[::1/", "\255\254", " ws://host/",
} do
  fails(url, "invalid uri", {category = "uri", phase = "uri", retryable = false, closeCode = 1006})
end

local transport = "Underlying Transport Error"
fails("ws://" .. refused .. "/", transport, {category = "refused", phase = "tcp", retryable = true, closeCode = 1006})
fails("wss://" .. refused .. "/", transport, {category = "refused", phase = "tcp", retryable = true})
fails("wss://invalid-host.invalid", transport, {category = "dns", phase = "dns", retryable = true, url = "wss://invalid-host.invalid"})
fails("ws://invalid-host.invalid:8080/x", transport, {category = "dns", phase = "dns"})
fails("wss://INVALID", transport, {category = "dns", phase = "dns"})

-- A port that says nothing.
fails("ws://" .. mute .. "/", "The opening handshake timed out", {category = "timeout", phase = "handshake"}, nil,
  {timeout = {handshake = 0.2}})
fails("wss://" .. mute .. "/", "TLS handshake timed out", {category = "timeout", phase = "tls"}, nil, {timeout = {tls = 0.2}})

-- TLS where none is spoken, and a certificate for another name.
fails("wss://" .. plain .. "/echo", "TLS handshake failed", {category = "tls", phase = "tls", retryable = false})
fails("wss://" .. tls .. "/echo", "TLS handshake failed", {category = "tls", phase = "tls", retryable = false}, function(e)
  if not e.info.tls or not e.info.tls.error or e.info.tls.error == "" then check.fail("no info.tls.error") end
end)

-- A failure that the script does not want to know of disturbs nobody: the run still ends well.
count = count + 1
check.equal(websocket.Connect("ws://" .. refused .. "/", {onError = false}), count, "id without handlers")
