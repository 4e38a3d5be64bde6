-- Measures the modules of tide, and the same written in Lua by hand, on our runner. Each
-- line is: the work, who does it, how much of it, and the seconds of the clock and of the
-- processor. The first argument is the URL of a server of HTTP.
local bit = require "bit"
local encoding, crypto, zlib = require "tide.encoding", require "tide.crypto", require "tide.zlib"
local http, task = require "tide.http", require "tide.task"
local band, bor, bxor, bnot = bit.band, bit.bor, bit.bxor, bit.bnot
local lshift, rshift, ror = bit.lshift, bit.rshift, bit.ror
local byte, char, concat = string.byte, string.char, table.concat

-- SHA-256 (FIPS 180-4)
local primes, k, start = {}, {}, {}
do
  local n = 2
  while #primes < 64 do
    local isPrime = true
    for _, p in ipairs(primes) do if n % p == 0 then isPrime = false break end end
    if isPrime then primes[#primes + 1] = n end
    n = n + 1
  end
  for i, p in ipairs(primes) do
    k[i] = bit.tobit(math.floor(p ^ (1 / 3) % 1 * 2 ^ 32))
    if i <= 8 then start[i] = bit.tobit(math.floor(p ^ (1 / 2) % 1 * 2 ^ 32)) end
  end
end

local function sha256(data)
  local length = #data
  data = data .. "\128" .. ("\0"):rep((55 - length) % 64) .. encoding.pack(">I8", length * 8)
  local h1, h2, h3, h4, h5, h6, h7, h8 = unpack(start)
  local w = {}
  for at = 1, #data, 64 do
    for i = 0, 15 do
      local b1, b2, b3, b4 = byte(data, at + 4 * i, at + 4 * i + 3)
      w[i + 1] = bor(lshift(b1, 24), lshift(b2, 16), lshift(b3, 8), b4)
    end
    for i = 17, 64 do
      local x, y = w[i - 15], w[i - 2]
      w[i] = bit.tobit(w[i - 16] + bxor(ror(x, 7), ror(x, 18), rshift(x, 3)) + w[i - 7] +
        bxor(ror(y, 17), ror(y, 19), rshift(y, 10)))
    end
    local a, b, c, d, e, f, g, h = h1, h2, h3, h4, h5, h6, h7, h8
    for i = 1, 64 do
      local t1 = h + bxor(ror(e, 6), ror(e, 11), ror(e, 25)) + bxor(band(e, f), band(bnot(e), g)) + k[i] + w[i]
      local t2 = bxor(ror(a, 2), ror(a, 13), ror(a, 22)) + bxor(band(a, b), band(a, c), band(b, c))
      h, g, f, e, d, c, b, a = g, f, e, bit.tobit(d + t1), c, b, a, bit.tobit(t1 + t2)
    end
    h1, h2, h3, h4 = bit.tobit(h1 + a), bit.tobit(h2 + b), bit.tobit(h3 + c), bit.tobit(h4 + d)
    h5, h6, h7, h8 = bit.tobit(h5 + e), bit.tobit(h6 + f), bit.tobit(h7 + g), bit.tobit(h8 + h)
  end
  local hex = {}
  for i, word in ipairs {h1, h2, h3, h4, h5, h6, h7, h8} do hex[i] = bit.tohex(word) end
  return encoding.hex.decode(concat(hex))
end

local function hmac(key, data)
  local inner, outer = {}, {}
  for i = 1, 64 do
    local c = byte(key, i) or 0
    inner[i], outer[i] = char(bxor(c, 0x36)), char(bxor(c, 0x5c))
  end
  return sha256(concat(outer) .. sha256(concat(inner) .. data))
end

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local letters, values = {}, {}
for i = 1, 64 do
  letters[i - 1] = alphabet:sub(i, i)
  values[byte(alphabet, i)] = i - 1
end

local function encode(data)
  local out = {}
  for i = 1, #data, 3 do
    local a, b, c = byte(data, i, i + 2)
    local n = a * 65536 + (b or 0) * 256 + (c or 0)
    out[#out + 1] = letters[rshift(n, 18)] .. letters[band(rshift(n, 12), 63)] ..
      (b and letters[band(rshift(n, 6), 63)] or "=") .. (c and letters[band(n, 63)] or "=")
  end
  return concat(out)
end

local function decode(text)
  local out = {}
  text = text:gsub("=", "")
  for i = 1, #text, 4 do
    local a, b, c, d = byte(text, i, i + 3)
    local n = values[a] * 262144 + values[b] * 4096 + (c and values[c] or 0) * 64 + (d and values[d] or 0)
    out[#out + 1] = char(rshift(n, 16), band(rshift(n, 8), 255), band(n, 255)):sub(1, d and 3 or c and 2 or 1)
  end
  return concat(out)
end

-- inflate of bare deflate (RFC 1951), bit by bit as in zlib's puff
local function codes(lengths, from, to)
  local count, symbols, offsets = {}, {}, {0}
  for l = 0, 15 do count[l] = 0 end
  for i = from, to do count[lengths[i]] = count[lengths[i]] + 1 end
  for l = 1, 14 do offsets[l + 1] = offsets[l] + count[l] end
  for i = from, to do
    local l = lengths[i]
    if l > 0 then
      symbols[offsets[l]] = i - from
      offsets[l] = offsets[l] + 1
    end
  end
  return {count = count, symbols = symbols}
end

local bases, extras, distances, distanceExtras = {}, {}, {}, {}
do
  local base = 3
  for i = 0, 27 do
    local extra = math.max(0, math.floor((i - 4) / 4))
    bases[i], extras[i] = base, extra
    base = base + 2 ^ extra
  end
  bases[28], extras[28] = 258, 0
  base = 1
  for i = 0, 29 do
    local extra = math.max(0, math.floor(i / 2) - 1)
    distances[i], distanceExtras[i] = base, extra
    base = base + 2 ^ extra
  end
end
local order = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

local lengths = {}
for i = 0, 287 do lengths[i] = i < 144 and 8 or i < 256 and 9 or i < 280 and 7 or 8 end
for i = 288, 319 do lengths[i] = 5 end
local fixedLiterals, fixedDistances = codes(lengths, 0, 287), codes(lengths, 288, 319)

-- dynamic reads the codes of a block
local function dynamic(bits, symbol)
  local nlit, ndist, nmeta = bits(5) + 257, bits(5) + 1, bits(4) + 4
  local lengths = {}
  for i = 0, 18 do lengths[i] = 0 end
  for i = 1, nmeta do lengths[order[i]] = bits(3) end
  local meta = codes(lengths, 0, 18)
  local i = 0
  while i < nlit + ndist do
    local s = symbol(meta)
    if s < 16 then
      lengths[i], i = s, i + 1
    else
      local value = s == 16 and lengths[i - 1] or 0
      for _ = 1, s == 16 and 3 + bits(2) or s == 17 and 3 + bits(3) or 11 + bits(7) do lengths[i], i = value, i + 1 end
    end
  end
  return codes(lengths, 0, nlit - 1), codes(lengths, nlit, nlit + ndist - 1)
end

local function inflate(data)
  local at, held, count = 1, 0, 0
  local function bits(n)
    while count < n do
      held = held + byte(data, at) * 2 ^ count
      at, count = at + 1, count + 8
    end
    local value = held % 2 ^ n
    held, count = (held - value) / 2 ^ n, count - n
    return value
  end
  local function symbol(c)
    local code, first, index = 0, 0, 0
    for l = 1, 15 do
      code = code + bits(1)
      local n = c.count[l]
      if code - n < first then return c.symbols[index + code - first] end
      index, first, code = index + n, (first + n) * 2, code * 2
    end
    error "no such code"
  end
  local out, n = {}, 0
  repeat
    local final, kind = bits(1), bits(2)
    assert(kind > 0, "this benchmark has no stored blocks")
    local lit, dist = fixedLiterals, fixedDistances
    if kind == 2 then lit, dist = dynamic(bits, symbol) end
    while true do
      local s = symbol(lit)
      if s < 256 then
        n = n + 1
        out[n] = char(s)
      elseif s == 256 then
        break
      else
        local length = bases[s - 257] + bits(extras[s - 257])
        local d = symbol(dist)
        local back = distances[d] + bits(distanceExtras[d])
        for _ = 1, length do
          n = n + 1
          out[n] = out[n - back]
        end
      end
    end
  until final == 1
  return concat(out)
end

-- the text that is measured, the same in codecs.js
local lines, seed = {}, 1
for i = 1, 20000 do
  seed = seed * 16807 % 2147483647
  lines[i] = ('{"type":"trade","id":%d,"price":"%d.%02d","side":"%s"}\n'):format(i, seed % 70000, seed % 100,
    seed % 2 == 0 and "buy" or "sell")
end
local text = concat(lines)
local request = text:sub(1, 200)
local base64, deflated = encoding.base64.encode(text), zlib.deflate(text, {format = "raw"})

assert(sha256(text) == crypto.hash("sha256", text) and hmac("key", request) == crypto.hmac("sha256", "key", request))
assert(encode(text) == base64 and decode(base64) == text and inflate(deflated) == text)

-- started returns a function that writes a line with the time since then.
local function started()
  local wall, cpu = host.Clock(), os.clock()
  return function(name, who, amount) print(name, who, amount, host.Clock() - wall, os.clock() - cpu) end
end

-- measure calls f until that takes a tenth of a second, and then once more as often.
local function measure(name, who, bytes, f, ...)
  local times = 1
  while true do
    local begin = host.Clock()
    for _ = 1, times do f(...) end
    if host.Clock() - begin > 0.1 then break end
    times = times * 2
  end
  collectgarbage()
  local done = started()
  for _ = 1, times do f(...) end
  done(name, who, bytes * times)
end

measure("sha256", "module", #text, crypto.hash, "sha256", text)
measure("sha256", "Lua", #text, sha256, text)
measure("hmac", "module", #request, crypto.hmac, "sha256", "key", request)
measure("hmac", "Lua", #request, hmac, "key", request)
measure("base64.encode", "module", #text, encoding.base64.encode, text)
measure("base64.encode", "Lua", #text, encode, text)
measure("base64.decode", "module", #text, encoding.base64.decode, base64)
measure("base64.decode", "Lua", #text, decode, base64)
measure("inflate", "module", #text, zlib.inflate, deflated, {format = "raw"})
measure("inflate", "Lua", #text, inflate, deflated)

-- coroutines and tasks
local switches, starts, times = 100000, 10000, 10

local function add(x) return x + 1 end

local function coroutines()
  local take = coroutine.wrap(function() while true do coroutine.yield() end end)
  for _ = 1, 1000 do take() end
  local done = started()
  for _ = 1, times * switches do take() end
  done("switches", "Lua", times * switches)
  done = started()
  for _ = 1, times do
    local made = {}
    for i = 1, starts do made[i] = coroutine.create(add) end
    for i = 1, starts do coroutine.resume(made[i], i) end
  end
  done("starts", "Lua", times * starts)
  collectgarbage()
  local before, made = collectgarbage "count", {}
  for i = 1, starts do
    made[i] = coroutine.create(function() coroutine.yield() end)
    coroutine.resume(made[i])
  end
  collectgarbage()
  print("waiting", "Lua", starts, (collectgarbage "count" - before) * 1024, 0)
end

local function takeTurns(times)
  local function turns() for _ = 1, times / 2 do task.sleep(0) end end
  assert(task.all {task.go(turns), task.go(turns)})
end

local function startMany()
  local made = {}
  for i = 1, starts do made[i] = task.go(add, i) end
  made[starts]:wait()
end

local function tasks()
  takeTurns(1000)
  local done = started()
  for _ = 1, times do takeTurns(switches) end
  done("switches", "module", times * switches)
  done = started()
  for _ = 1, times do startMany() end
  done("starts", "module", times * starts)
  collectgarbage()
  local before, made, queue = collectgarbage "count", {}, task.queue(1)
  for i = 1, starts do made[i] = task.go(function() queue:pop() end) end
  task.sleep(0)
  collectgarbage()
  print("waiting", "module", starts, (collectgarbage "count" - before) * 1024, 0)
  queue:close()
end

-- requests makes requests by ten tasks at once, on connections that are kept.
local function requests(count)
  local made = {}
  for i = 1, 10 do
    made[i] = task.go(function()
      for _ = 1, count / 10 do
        local response = assert(http.get(arg[1]))
        assert(response.status == 200 and #response.body == 200)
      end
    end)
  end
  assert(task.all(made))
end

coroutines()
task.go(function()
  tasks()
  requests(100)
  local done = started()
  requests(1000)
  done("requests", "module", 1000)
end)
