-- A JSON codec as one writes it in Lua: what BenchmarkModule compares the module json with. It finds runs of plain bytes
-- with string.find, looks up escapes in tables and joins pieces with table.concat.
local json = {}

local escapes = {['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}

local function escape(c) return escapes[c] or string.format("\\u%04x", c:byte()) end

local write

local function writeString(s) return '"' .. s:gsub('[%c"\\]', escape) .. '"' end

local function writeTable(t)
  local pieces = {}
  if t[1] ~= nil or next(t) == nil then
    for i, v in ipairs(t) do pieces[i] = write(v) end
    return "[" .. table.concat(pieces, ",") .. "]"
  end
  for k, v in pairs(t) do
    if type(k) ~= "string" then error("a key that is no string") end
    pieces[#pieces + 1] = writeString(k) .. ":" .. write(v)
  end
  return "{" .. table.concat(pieces, ",") .. "}"
end

function write(v)
  local kind = type(v)
  if kind == "table" then return writeTable(v) end
  if kind == "string" then return writeString(v) end
  if kind == "number" then
    if v ~= v or v == math.huge or v == -math.huge then error("a number that JSON has not") end
    return string.format("%.14g", v)
  end
  if kind == "boolean" then return tostring(v) end
  if v == nil then return "null" end
  error("a value that JSON has not: " .. kind)
end

json.encode = write

local unescapes = {b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/"}

local function utf8(code)
  if code < 0x80 then return string.char(code) end
  if code < 0x800 then return string.char(0xC0 + math.floor(code / 64), 0x80 + code % 64) end
  return string.char(0xE0 + math.floor(code / 4096), 0x80 + math.floor(code / 64) % 64, 0x80 + code % 64)
end

local function fail(at, what) error("byte " .. at .. ": " .. what) end

local read

local function skip(text, at) return (text:find("[^ \n\r\t]", at)) or #text + 1 end

local function readString(text, at)
  local stop = text:find('["\\]', at + 1)
  if stop and text:byte(stop) == 34 then return text:sub(at + 1, stop - 1), stop + 1 end
  local pieces, begin = {}, at + 1
  while stop do
    pieces[#pieces + 1] = text:sub(begin, stop - 1)
    if text:byte(stop) == 34 then return table.concat(pieces), stop + 1 end
    local c = text:sub(stop + 1, stop + 1)
    if c == "u" then
      local hex = text:match("^%x%x%x%x", stop + 2) or fail(stop, "bad escape")
      pieces[#pieces + 1] = utf8(tonumber(hex, 16))
      begin = stop + 6
    else
      pieces[#pieces + 1] = unescapes[c] or fail(stop, "bad escape")
      begin = stop + 2
    end
    stop = text:find('["\\]', begin)
  end
  fail(at, "a string without an end")
end

local function readArray(text, at)
  local array, n = {}, 0
  at = skip(text, at + 1)
  if text:byte(at) == 93 then return array, at + 1 end
  while true do
    n = n + 1
    array[n], at = read(text, at)
    at = skip(text, at)
    local c = text:byte(at)
    if c == 93 then return array, at + 1 end
    if c ~= 44 then fail(at, "',' or ']' expected") end
    at = at + 1
  end
end

local function readObject(text, at)
  local object = {}
  at = skip(text, at + 1)
  if text:byte(at) == 125 then return object, at + 1 end
  while true do
    at = skip(text, at)
    if text:byte(at) ~= 34 then fail(at, "a key expected") end
    local key
    key, at = readString(text, at)
    at = skip(text, at)
    if text:byte(at) ~= 58 then fail(at, "':' expected") end
    object[key], at = read(text, at + 1)
    at = skip(text, at)
    local c = text:byte(at)
    if c == 125 then return object, at + 1 end
    if c ~= 44 then fail(at, "',' or '}' expected") end
    at = at + 1
  end
end

function read(text, at)
  at = skip(text, at)
  local c = text:byte(at)
  if c == 34 then return readString(text, at) end
  if c == 123 then return readObject(text, at) end
  if c == 91 then return readArray(text, at) end
  if c == 116 and text:sub(at, at + 3) == "true" then return true, at + 4 end
  if c == 102 and text:sub(at, at + 4) == "false" then return false, at + 5 end
  if c == 110 and text:sub(at, at + 3) == "null" then return nil, at + 4 end
  local number = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
  if not number then fail(at, "a value expected") end
  return tonumber(number), at + #number
end

function json.decode(text)
  local value, at = read(text, 1)
  if skip(text, at) <= #text then fail(at, "more behind the value") end
  return value
end

return json
