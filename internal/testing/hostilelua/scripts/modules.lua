-- Texts and numbers that make the modules' functions work or grow. A door to another host
-- has none of them.

--- json: nesting in a text
-- vm: raises
-- gopher-lua: absent
require "json".decode(("["):rep(1e5)) --!

--- json: nesting of objects in a text
-- vm: raises
-- gopher-lua: absent
require "json".decode(('{"a":'):rep(1e5)) --!

--- json: nesting of tables
-- vm: raises
-- gopher-lua: absent
local t = {}
for i = 1, 1e4 do t = {t} end
require "json".encode(t) --!

--- json: a table that contains itself
-- vm: raises
-- gopher-lua: absent
local t = {}
t[1] = t
require "json".encode(t) --!

--- json: a small text that is large as a table
-- vm: raises not enough memory
-- gopher-lua: absent
require "json".decode("[" .. ("[],"):rep(5e5) .. "1]") --!

--- json: one string many times
-- vm: raises string length overflow
-- gopher-lua: absent
local t, s = {}, ("\1"):rep(2^18)
for i = 1, 100 do t[i] = s end
require "json".encode(t) --!

--- json: the same table many times
-- vm: raises string length overflow
-- gopher-lua: absent
local t = {"x"}
for i = 1, 30 do t = {t, t} end
require "json".encode(t) --!

--- json: numbers without end
-- vm: passes
-- gopher-lua: absent
local json = require "json"
for _, text in ipairs {("9"):rep(1e6), "1e999", "-", "1.", "0x1", "1e" .. ("9"):rep(1e5), ("9"):rep(2e6)} do pcall(json.decode, text) end
assert(not pcall(json.encode, 0/0) and not pcall(json.encode, 1/0))

--- json: keys that are the same
-- vm: passes
-- gopher-lua: absent
assert(require "json".decode("{" .. ('"a":1,'):rep(1e5) .. '"a":2}').a == 2)

--- json: metamethods on the way
-- vm: passes
-- gopher-lua: absent
local t = setmetatable({1, 2}, {__index = error, __len = error, __pairs = error, __tostring = error})
assert(require "json".encode(t) == "[1,2]")

--- json: for ever
-- vm: stopped
-- gopher-lua: absent
local json = require "json"
local text = "[" .. ("1,"):rep(1e5) .. "1]"
while true do json.decode(text) end --!

--- zlib: a bomb
-- vm: passes
-- gopher-lua: absent
local zlib = require "tide.zlib"
local bomb = zlib.deflate(("\0"):rep(2^21))
for i = 1, 3 do bomb = bomb .. bomb end
local ok, data = pcall(zlib.inflate, bomb)
assert(not ok or data == nil)
local data, message = zlib.inflate(zlib.deflate(("\0"):rep(2^21)), {limit = 1e5})
assert(data == nil and message:find "limit")

--- zlib: a bomb in pieces
-- vm: raises
-- gopher-lua: absent
local zlib = require "tide.zlib"
local bomb, keep = zlib.deflate(("\0"):rep(2^21), {format = "raw"}), {}
while true do --!
	local inflater = zlib.inflater {format = "raw"} --!
	keep[#keep + 1] = inflater
	keep[#keep + 1] = assert(inflater:push(bomb)) --!
end

--- zlib: inflaters until memory is full
-- vm: raises not enough memory
-- gopher-lua: absent
local zlib, keep = require "tide.zlib", {}
while true do keep[#keep + 1] = zlib.inflater() end --!

--- zlib: noise
-- vm: passes
-- gopher-lua: absent
local zlib, crypto = require "tide.zlib", require "tide.crypto"
for i = 1, 300 do
	for _, format in ipairs {"zlib", "gzip", "raw", "auto"} do pcall(zlib.inflate, crypto.random(200), {format = format}) end
end

--- zlib: deflate for ever
-- vm: stopped
-- gopher-lua: absent
local zlib, data = require "tide.zlib", require "tide.crypto".random(2^20)
while true do zlib.deflate(data, {level = 9}) end --!

--- encoding: pack of huge sizes
-- vm: raises
-- gopher-lua: absent
require "tide.encoding".pack("c999999999", "x") --!

--- encoding: packsize that overflows
-- vm: raises
-- gopher-lua: absent
require "tide.encoding".packsize(("c999999999"):rep(1e4)) --!

--- encoding: formats that are none
-- vm: passes
-- gopher-lua: absent
local encoding = require "tide.encoding"
for _, format in ipairs {"i0", "i17", "i99999999999999999999", "!3", "!17", "X", "Xz", "c", "c-1", "y", "\0", "s17", "<>=!", ("!"):rep(1e5)} do
	pcall(encoding.pack, format, 1)
	pcall(encoding.unpack, format, "xxxxxxxx")
	pcall(encoding.packsize, format)
end

--- encoding: unpack of a string longer than the data
-- vm: passes
-- gopher-lua: absent
local encoding = require "tide.encoding"
assert(encoding.unpack("s8", ("\255"):rep(8)) == nil)
assert(encoding.unpack("<s4", "\255\255\255\127xxxx") == nil)
for _, at in ipairs {2^53, -2^53, 0/0, 1/0} do pcall(encoding.unpack, "b", "x", at) end

--- encoding: unpack to a million values
-- vm: raises
-- gopher-lua: absent
local t = {require "tide.encoding".unpack(("b"):rep(1e6), ("x"):rep(1e6))} --!

--- encoding: texts that grow
-- vm: raises string length overflow
-- gopher-lua: absent
local encoding, s = require "tide.encoding", ("\255"):rep(2^20)
while true do s = encoding.url.encode(s) end --!

--- encoding: a query of a table that contains itself
-- vm: raises
-- gopher-lua: absent
local t = {}
t.t = t
require "tide.encoding".url.query(t) --!

--- encoding: base64 for ever
-- vm: stopped
-- gopher-lua: absent
local base64, s = require "tide.encoding".base64, ("x"):rep(2^20)
while true do base64.decode(base64.encode(s)) end --!

--- crypto: hashes for ever
-- vm: stopped
-- gopher-lua: absent
local crypto, s = require "tide.crypto", ("x"):rep(2^20)
while true do crypto.hash("sha512", s) end --!

--- crypto: a derivation of keys by hand
-- vm: stopped
-- gopher-lua: absent
local crypto, key = require "tide.crypto", "x"
while true do key = crypto.hmac("sha256", key, "salt") end --!

--- crypto: random bytes beyond
-- vm: passes
-- gopher-lua: absent
local crypto = require "tide.crypto"
for _, n in ipairs {-1, 2^20 + 1, 2^31, 2^53, 0/0, 1/0} do assert(not pcall(crypto.random, n)) end

--- crypto: keys that are none
-- vm: passes
-- gopher-lua: absent
local crypto = require "tide.crypto"
for _, key in ipairs {"", "x", ("-----BEGIN PRIVATE KEY-----\n"):rep(1e3), ("x"):rep(2^17),
	"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "\0"} do
	for _, algorithm in ipairs {"ed25519", "rsa-sha256", "ecdsa-sha256"} do
		local _, good = pcall(crypto.sign, algorithm, key, "x")
		local _, fits = pcall(crypto.verify, algorithm, key, "x", "x")
		assert(type(good) ~= "boolean" and fits ~= true)
	end
end

--- crypto: algorithms that are none
-- vm: passes
-- gopher-lua: absent
local crypto = require "tide.crypto"
for _, name in ipairs {"", "SHA256", "sha256\0", ("x"):rep(2^20), "none"} do
	assert(not pcall(crypto.hash, name, "x") and not pcall(crypto.hmac, name, "x", "x"))
end
