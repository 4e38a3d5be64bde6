-- What foreign suites found our earlier VM to do in another way than LuaJIT. differences.golden has what LuaJIT prints.
local function check(name, ...) print(name, ...) end
do local before = collectgarbage("count") local keep = {} for i = 1, 20 do local t = {} t[999999] = 1 keep[i] = t end check("sparse", collectgarbage("count") - before < 64) end
do local t = {} t[1000] = 1 check("border of one far key", #t) end
do local n = 0 local cache = setmetatable({}, {__mode = "k"}) for i = 1, 3e5 do cache[{}] = i end collectgarbage() for _ in pairs(cache) do n = n + 1 end check("weak keys", n) end
check("yield in pcall", coroutine.wrap(function() return pcall(coroutine.yield, 1) end)())
do local co = coroutine.wrap(function() return pcall(function() return coroutine.yield(1) + 1 end) end) check("yield in pcall", co(), co(5)) end
do local co = coroutine.wrap(function() return xpcall(function() coroutine.yield(1) error("late", 0) end, function(e) return "handled " .. e end) end) check("yield in xpcall", co()) check("yield in xpcall", co()) end
do
  local mt = {}
  for _, e in ipairs {"index", "newindex", "add", "lt", "le", "concat", "eq", "unm", "tostring", "call"} do mt["__" .. e] = function(...) return coroutine.yield(e, select("#", ...)) end end
  local a, b = setmetatable({}, mt), setmetatable({}, mt)
  local co = coroutine.wrap(function() check("results", a.x, a + 1, a < b, a <= b, a .. "x", a == b, -a, a(1)) a.y = 1 for v in a, 1, 2 do check("iterated", v) end return tostring(a) end)
  for i = 1, 12 do check("yielded", co(i ~= 11 and i or nil)) end
end
for k in pairs {[0] = "a", "b"} do check("0 first", k) end
do local z = 0 check("signed zeros", 1 / (z * -1), 1 / (z / -5), 1 / -z, 1 / (z - z), 1 / (-z + -z)) end
for i = "1", "3" do check("strings as bounds", i) end
for i = 0.1, 1 do check("first value", i == 0.1) end
do local n = 0 for i = 1, 2, 0 do n = n + 1 if n == 5 then break end end check("step 0", n) n = 0 for i = 2, 1, 0 do n = n + 1 if n == 5 then break end end check("step 0", n) end
check("modulo", 1 % 0.1, 5 % math.huge ~= 5 % math.huge, -5 % math.huge ~= -5 % math.huge, 5.5 % -2, -7 % 3, 0 % -1)
do local callable = setmetatable({}, {__call = function(self, ...) return select("#", ...) end}) local o = setmetatable({}, {__add = callable, __index = callable, __unm = callable, __concat = callable, __eq = callable, __lt = callable, __newindex = callable, __call = nil})
  check("callable tables as metamethods", o + 1, -o, o .. 1, o < o, type(o.x)) check("operands of __unm", (function() local n setmetatable(o, {__unm = function(...) n = select("#", ...) end}) local _ = -o return n end)()) end
check("__len of a table", #setmetatable({1, 2}, {__len = function() return 9 end}))
check("require", require "package" == package, package.loaded.package == package, require "string" == string)
check("next", pcall(next, {a = 1}, "zz")) check("next", pcall(next, {}, 1))
check("log", ("%.2f %.2f %.2f"):format(math.log(5e-324), math.log10(5e-324), math.log(2 ^ -1074)))
for _, s in ipairs {"do goto l local a = 1 ::l::; end", "do goto l local a = 1 ::l:: end", "x = 1 = 2", "for i = 1 do end"} do check("goto", loadstring(s, "=s") == nil) end
check("metatable of strings", getmetatable("").__add, getmetatable("").__index == string)
check("sort", pcall(table.sort, {3, 1, 2, 5, 4, 7, 6, 9, 8, 10, 12, 11}, function() return true end))
do local function f() return 1 + f() end check("overflow", (select(2, pcall(f)):gsub("^.*:%d+: ", "")), select(2, select(2, xpcall(f, debug.traceback)):gsub("\n\t", ""))) end
do local t = {} t[-0] = 1 local k = next(t) check("-0 as a key", 1 / k, t[0]) end
do local f = loadstring(string.dump(function(a, b) return a * b end)) check("dump", f(6, 7)) check("dump", pcall(string.dump, print)) local up = 5 local g = loadstring(string.dump(function() return up end)) check("dump", pcall(g)) end
do local i = debug.getinfo(function()
  local a = 1
  return a
  end, "SL") local lines = {} for k in pairs(i.activelines) do lines[#lines + 1] = k end table.sort(lines) check("activelines", #lines, lines[1] - i.linedefined) end
check("source", debug.getinfo(loadstring("x = 1", "=c"), "S").source, debug.getinfo(loadstring("x = 1", "@c"), "S").source, debug.getinfo(loadstring("x = 1"), "S").source)
do collectgarbage() local before = collectgarbage("count") local list = {} for i = 1, 10000 do local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) list[i] = co end
  collectgarbage() check("10,000 coroutines", #list, (collectgarbage("count") - before) / #list < 1.25) end
do local function nest(n) if n == 0 then return "deep" end local ok, v = pcall(nest, n - 1) return v end check("5,000 pcalls", nest(5000)) end
check("order", (function() local out = {} for k in pairs {c = 1, a = 2, 10, 20, b = 3} do out[#out + 1] = tostring(k) end return #out, out[1], out[2] end)())
do local freed = 0 for i = 1, 10 do local p = newproxy(true) getmetatable(p).__gc = function() freed = freed + 1 end end collectgarbage() collectgarbage() check("__gc", freed >= 9) end
do local w = setmetatable({}, {__mode = "v"}) w[1] = {} w.x = {} w.s = "string" w.n = 5 collectgarbage() collectgarbage() check("weak values", w[1], w.x, w.s, w.n) end
