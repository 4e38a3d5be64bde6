-- What generated programs stand on. A program is run by run, prints through out, and must call tick in each loop and
-- each function, which bounds it.
io.stdout:setvbuf("line")

local number, budget, lines, kept

local function show(v)
  if type(v) == "number" then
    if v ~= v then return "nan" end
    if v == 0 then return "0" end
    return (("%.14g"):format(v * (1 + 2 ^ -48))) -- off a tie, which LuaJIT rounds up and C to even
  elseif type(v) == "string" then
    return "'" .. v:gsub("[%c\128-\255]", function(c) return "\\" .. c:byte() end) .. "'"
  elseif type(v) == "table" then
    return "t"
  elseif type(v) == "function" then
    return "f"
  elseif type(v) == "thread" then
    return "c"
  end
  return tostring(v)
end

-- out prints its arguments on a line behind the program's number; not more than 100 lines.
function out(...)
  lines = lines + 1
  if lines > 100 then return end
  local text = {number}
  for i = 1, select("#", ...) do
    text[i + 1] = show((select(i, ...)))
  end
  print(table.concat(text, " "))
end

function tick()
  if type(gs) == "string" and #gs > 10000 then gs = "long" end -- gs = gs .. gs in a loop
  budget = budget - 1
  if budget < 0 then error("#budget", 0) end
end

-- T shows when it is called, and with what.
function T(...)
  out("T", ...)
  return ...
end

-- K makes any value a small index, I an integer that is printed alike everywhere, S a short string.
function K(v)
  if type(v) ~= "number" or v ~= v or v < -1e9 or v > 1e9 then return 1 end
  return math.floor(v) % 5 + 1
end

function I(v)
  if type(v) ~= "number" or v ~= v or v < -1e9 or v > 1e9 then return 7 end
  return math.floor(v) % 1000 + 0
end

function S(v)
  if type(v) ~= "string" then return "?" end
  return v:sub(1, 8)
end

function id(...) return ... end
function none() end
function two(v) return v, v end

-- dump prints what programs put into their tables.
function dump(t)
  out("dump", t[1], t[2], t[3], t[4], t[5], t[6], t.x, t.y, t.z)
end

-- keep takes a closure that flush calls later, to see what it has captured.
function keep(f)
  if #kept < 30 then kept[#kept + 1] = f end
end

function flush()
  local functions = kept
  kept = {}
  for i = 1, #functions do out("kept", functions[i](i)) end
end

-- said takes what pcall or resume gives. The wordings of the VM's own errors differ, so that it leaves only those of
-- programs, which end in # and digits, with 0 in front where error puts no position there, and those about what cannot be
-- resumed. Positions that wrap puts in front are cut off.
function said(ok, ...)
  local e = ...
  if ok or type(e) ~= "string" then return ok, ... end
  return ok, e:match("p:%d+: #%d+$") or e:match("%d?#%a*%d*$") or e:match("cannot resume %a+ coroutine$") or "error"
end

local function outcome(...)
  local ok, e = said(...)
  if ok then return out("ok", select(2, ...)) end
  if type(e) == "table" then return out("raised", e, e.code) end
  out("raised", e)
end

function try(...)
  outcome(pcall(...))
end

-- tryWith is try with a handler, which shows what it is given.
function tryWith(f, ...)
  outcome(xpcall(f, function(...) out("handler", said(false, ...)) return ... end, ...))
end

yield = coroutine.yield
asker = {yield = yield}
function ask(...) return yield(...) end

-- step resumes a coroutine.
function step(...)
  outcome(coroutine.resume(...))
end

-- drive resumes f at most n times with no value, one or three, and once more if it has ended.
function drive(n, f, ...)
  local co = coroutine.create(f)
  outcome(coroutine.resume(co, ...))
  for i = 1, n do
    tick()
    local before = coroutine.status(co)
    if (i + n) % 3 == 0 then
      outcome(coroutine.resume(co))
    elseif (i + n) % 3 == 1 then
      outcome(coroutine.resume(co, i))
    else
      outcome(coroutine.resume(co, i % 2 == 0 and "r", nil, i))
    end
    if before == "dead" then break end
  end
  out(coroutine.status(co))
end

-- All metamethods of Y and Z yield. They tell how many arguments they are given.
local yields = {}
for _, event in ipairs {"add", "sub", "mul", "div", "mod", "pow", "unm", "concat", "eq", "lt", "le", "index", "newindex", "tostring", "call"} do
  yields["__" .. event] = function(...) tick() return yield(event, select("#", ...)) end
end
Y, Z = setmetatable({}, yields), setmetatable({}, yields)

local meta = {}
local function value(v)
  if getmetatable(v) == meta then return rawget(v, "v") end
  return v
end
meta.__add = function(a, b) out("add", a, b) return value(a) + value(b) end
meta.__sub = function(a, b) out("sub", a, b) return value(a) - value(b) end
meta.__mul = function(a, b) out("mul", a, b) return value(a) * value(b) end
meta.__unm = function(a) out("unm", a) return -value(a) end
meta.__concat = function(a, b) out("concat", a, b) return I(value(a)) .. "~" .. I(value(b)) end
meta.__eq = function(a, b) out("eq", a, b) return value(a) == value(b) end
meta.__lt = function(a, b) out("lt", a, b) return value(a) < value(b) end
meta.__le = function(a, b) out("le", a, b) return value(a) <= value(b) end
meta.__index = function(t, k) out("index", t, k) return k end
meta.__newindex = function(t, k, v) out("newindex", t, k, v) end
meta.__call = function(t, ...) out("call", t, ...) return value(t), ... end

function object(v) return setmetatable({v = v}, meta) end

function run(name, source)
  number, budget, lines, kept = name, 1000, 0, {}
  gn, gm, gs, ga, gb = 1, 2.5, "g", nil, false
  local chunk = loadstring(source, "=p")
  if not chunk then
    print(name .. " does not compile")
    return
  end
  outcome(pcall(chunk, 3, nil, "s", false, 2.5))
  print(name .. " end")
end
