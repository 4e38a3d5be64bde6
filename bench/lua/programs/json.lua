-- A JSON codec in Lua: encodes a tree of tables, decodes the text, encodes again.
local rounds = tonumber((...) or 100)

local escapes = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

local function escape(c)
  return escapes[c] or string.format("\\u%04x", c:byte())
end

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', escape) .. '"'
end

local encode

local function encodeTable(value, out)
  if #value > 0 or next(value) == nil then
    out[#out + 1] = "["
    for i = 1, #value do
      if i > 1 then out[#out + 1] = "," end
      encode(value[i], out)
    end
    out[#out + 1] = "]"
    return
  end
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  out[#out + 1] = "{"
  for i = 1, #keys do
    if i > 1 then out[#out + 1] = "," end
    out[#out + 1] = quote(keys[i])
    out[#out + 1] = ":"
    encode(value[keys[i]], out)
  end
  out[#out + 1] = "}"
end

function encode(value, out)
  local kind = type(value)
  if kind == "table" then
    encodeTable(value, out)
  elseif kind == "string" then
    out[#out + 1] = quote(value)
  elseif kind == "number" then
    out[#out + 1] = string.format("%.14g", value)
  else
    out[#out + 1] = tostring(value)
  end
end

local function encodeText(value)
  local out = {}
  encode(value, out)
  return table.concat(out)
end

local unescapes = {b = "\b", f = "\f", n = "\n", r = "\r", t = "\t"}

local function unescape(kind, digits)
  if kind == "u" then return string.char(tonumber(digits, 16)) end
  return (unescapes[kind] or kind) .. digits
end

local decode

local function skip(text, at)
  return (text:find("[^ \t\r\n]", at))
end

local function decodeString(text, at)
  local from = at + 1
  local last = from
  while true do
    local c = text:byte(last)
    if c == 34 then break end
    last = last + (c == 92 and 2 or 1)
  end
  local raw = text:sub(from, last - 1)
  if raw:find("\\", 1, true) then
    raw = raw:gsub("\\(.)(%x?%x?%x?%x?)", unescape)
  end
  return raw, last + 1
end

local function decodeArray(text, at)
  local list, n = {}, 0
  at = skip(text, at + 1)
  if text:sub(at, at) == "]" then return list, at + 1 end
  while true do
    n = n + 1
    list[n], at = decode(text, at)
    at = skip(text, at)
    local c = text:sub(at, at)
    at = at + 1
    if c == "]" then return list, at end
    assert(c == ",", "expected , or ]")
  end
end

local function decodeObject(text, at)
  local object = {}
  at = skip(text, at + 1)
  if text:sub(at, at) == "}" then return object, at + 1 end
  while true do
    local key
    key, at = decodeString(text, skip(text, at))
    at = skip(text, at)
    assert(text:byte(at) == 58, "expected :")
    object[key], at = decode(text, at + 1)
    at = skip(text, at)
    local c = text:sub(at, at)
    at = at + 1
    if c == "}" then return object, at end
    assert(c == ",", "expected , or }")
  end
end

local literals = {t = {"true", true}, f = {"false", false}, n = {"null", nil}}

function decode(text, at)
  at = skip(text, at)
  local c = text:sub(at, at)
  if c == "{" then return decodeObject(text, at) end
  if c == "[" then return decodeArray(text, at) end
  if c == '"' then return decodeString(text, at) end
  local literal = literals[c]
  if literal then
    assert(text:sub(at, at + #literal[1] - 1) == literal[1], "unknown literal")
    return literal[2], at + #literal[1]
  end
  local first, last = text:find("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
  assert(first, "unexpected character")
  return tonumber(text:sub(first, last)), last + 1
end

local orders = {}
for i = 1, 60 do
  orders[i] = {
    id = i, price = i * 1.25, open = i % 3 == 0, symbol = "SYM" .. i % 10,
    note = i % 5 == 0 and 'said "buy"\n\tat ' .. i or "plain text without anything to escape",
    levels = {i, i + 0.5, i * 100, -i},
    owner = {name = "trader " .. i, tags = {}, limits = {low = i / 4, high = i * 4}},
  }
end

local text = encodeText({orders = orders})
local first = text
for _ = 1, rounds do
  text = encodeText((decode(text, 1)))
end
assert(text == first)
local checksum = 0
for i = 1, #text do
  checksum = (checksum * 31 + text:byte(i)) % 1000003
end
print(#text, checksum)
