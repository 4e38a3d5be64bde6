-- Questions for luajit and for us: see libtest.Ask.

-- concat
table.concat({1, 2, 3}), table.concat({1, 2, 3}, ","), table.concat({}, ","), table.concat({"a"}, ",")
table.concat({1.5, "x", 2^53, -0, 1/0}, " ")
table.concat({1, 2, 3, 4}, ",", 2), table.concat({1, 2, 3, 4}, ",", 2, 3), table.concat({1, 2, 3}, ",", 3, 2), table.concat({1, 2, 3}, ",", 4)
table.concat({[0] = "z", "a"}, ",", 0, 1), table.concat({[-1] = "m", [0] = "z", "a"}, ",", -1)
table.concat({1, 2}, 0), table.concat({"a", "b"}, "-", "1", "2"), table.concat({1, 2, 3}, ",", 1.9, 2.9)
table.concat({1, 2, 3}, ",", 1, 2^31), table.concat({1, 2, 3}, ",", 1, 1e10)
pcall(table.concat, {1, nil, 3}, ",", 1, 3)
pcall(table.concat, {1, {}, 3})
pcall(table.concat, {true})
pcall(table.concat, {1, 2}, ",", 1, 3)
pcall(table.concat, {}, ",", -5, -3)
pcall(table.concat, {}, nil, 2147483647, 2147483647)
pcall(table.concat, {}, nil, -2147483648, -2147483648)
pcall(table.concat)
pcall(table.concat, 1)
pcall(table.concat, {}, {})
pcall(table.concat, {}, "", "x")
pcall(table.concat, {}, "", 1, {})
(table.concat({1, {}, 3}))
table.concat(setmetatable({}, {__index = function() return "x" end}), ",", 1, 0)
pcall(table.concat, setmetatable({}, {__index = function() return "x" end}), ",", 1, 2)
local t = {} for i = 1, 100000 do t[i] = "x" end return #table.concat(t), #table.concat(t, ", ")

-- insert
local t = {1, 2} table.insert(t, 3) table.insert(t, 1, 0) table.insert(t, 3, 9) return unpack(t)
local t = {1, 2} table.insert(t, 3, 3) return unpack(t)
local t = {1} table.insert(t, 5, "x") return t[5], t[2], t[1]
local t = {1, 2, 3} table.insert(t, 0, "x") return t[0], t[1], t[2], t[3], t[4], t[5]
local t = {1, 2, 3} table.insert(t, -2, "x") return t[-2], t[-1], t[0], t[1], t[2], t[3], t[4]
local t = {[0] = "z", 1} table.insert(t, 0, "x") return t[0], t[1], t[2]
local t = {1, 2, 3} table.insert(t, 2.7, "x") return unpack(t)
local t = {1, 2} table.insert(t, "1", 0) return unpack(t)
local t = {1, 2} table.insert(t, nil) return #t
local t = {1, 2, 3} table.insert(t, 2, nil) return #t, t[1], t[2], t[3], t[4]
local t = {1, 2} table.insert(t, 3, nil) return #t
select("#", table.insert({}, 1)), select("#", table.insert({}, 1, 1))
local t = {} for i = 1, 10 do table.insert(t, 1, i) end return table.concat(t, " ")
local t = {} for i = 1, 20 do table.insert(t, math.ceil(i / 2), i) end return table.concat(t, " ")
local t = {} t[3] = "c" t[2] = "b" table.insert(t, "a") return t[1], t[2], t[3], #t
local t = setmetatable({}, {__newindex = function() error("called") end}) table.insert(t, 1) table.insert(t, 1, 0) return unpack(t)
pcall(table.insert)
pcall(table.insert, {})
pcall(table.insert, {}, 1, 2, 3)
pcall(table.insert, {}, "x", 1)
pcall(table.insert, 1, 2)
pcall(table.insert, nil, 2)
(table.insert(1, 2))
(table.insert({}, {}, 3))

-- remove
local t = {1, 2, 3, 4} return table.remove(t), table.remove(t, 1), #t, table.remove(t, 2), unpack(t)
local t = {1, 2, 3} return table.remove(t, 2), #t, t[1], t[2], t[3]
select("#", table.remove({})), select("#", table.remove({}, 1)), select("#", table.remove({1, 2}, nil))
local t = {1, 2} return table.remove(t, 5), #t
local t = {1, 2} return table.remove(t, 3), #t
local t = {1, 2} return table.remove(t, 0), table.remove(t, -1), #t
select("#", table.remove({1}, 5)), select("#", table.remove({1}, 2)), select("#", table.remove({1}, 0)), select("#", table.remove({1}, -1))
-- LuaJIT compares the fraction with the length, and removes nothing.
local t = {1, 2, 3} return table.remove(t, 3.7), t[3], table.remove(t, "1") --> 3, nil, 1
local t = {1, 2} return table.remove(t, nil), #t
local t = {[0] = "z"} return table.remove(t), t[0]
local t = {} for i = 1, 20 do t[i] = i end local s = 0 while #t > 0 do s = s * 3 % 1001 + table.remove(t, math.ceil(#t / 2)) end return s
local t = {} for i = 1, 5 do t[i] = i end for i = 1, 5 do table.remove(t, 1) end t[1] = "x" return #t, t[1]
-- LuaJIT's own remove says "got nil".
pcall(table.remove) --> false, "bad argument #1 to '?' (table expected, got no value)"
pcall(table.remove, {}, "x")
pcall(table.remove, "x")
(table.remove({}, {}))

-- getn, setn, maxn
table.getn({1, 2, 3}), table.getn({}), type(table.setn)
pcall(table.getn, 1)
table.maxn({1, 2, nil, 4}), table.maxn({[10] = 1, [2.5] = 1}), table.maxn({}), table.maxn({[-1] = 1}), table.maxn({[1e10] = 1, x = 5})
table.maxn({[2.5] = 1, [1] = 2}), table.maxn({[1/0] = 1}), table.maxn({[0] = 1})
pcall(table.maxn)
local t = {1, 2, 3} t[3] = nil return table.maxn(t)

-- move
table.concat(table.move({1, 2, 3}, 1, 3, 2), ","), table.concat(table.move({1, 2, 3}, 2, 3, 1), ","), table.concat(table.move({1, 2, 3}, 1, 3, 1), ",")
table.concat(table.move({1, 2, 3}, 1, 3, 3, {"a", "b"}), ","), table.concat(table.move({1, 2, 3}, 1, 0, 3, {"a", "b"}), ",")
table.concat(table.move({1, 2, 3, 4, 5}, 1, 4, 2), ","), table.concat(table.move({1, 2, 3, 4, 5}, 2, 5, 1), ","), table.concat(table.move({1, 2, 3}, 1, 3, 10, {}), ",", 10, 12)
local t = setmetatable({}, {__index = function(t, k) return "i" .. k end, __newindex = function(t, k, v) rawset(t, k, v .. "!") end}) table.move(t, 1, 3, 5) return t[5], t[6], t[7]
table.concat(table.move({1, 2, 3, 4}, 1.5, 3.7, 10, {}), " ", 10, 12), table.concat(table.move({1, 2, 3, 4}, 1, 4, 2.5), " "), (table.move({5}, 1, 1, -3, {})[-3])
local t, log = {}, {} setmetatable(t, {__newindex = function(t, k, v) log[#log + 1] = k end}) table.move({1, 2, 3, 4}, 1, 4, 3, t) return table.concat(log, " ")
local t, log = {1, 2, 3, 4}, {} local p = setmetatable({}, {__index = t, __newindex = function(_, k, v) log[#log + 1] = k end}) table.move(p, 1, 4, 2) return table.concat(log, " ")
table.move({}, "1", "0", "1") == nil, select("#", table.move({}, 1, 0, 1))
-- LuaJIT's own move and foreach say "got nil".
pcall(table.move) --> false, "bad argument #1 to '?' (table expected, got no value)"
pcall(table.move, {}, 1, 2) --> false, "bad argument #4 to '?' (number expected, got no value)"
pcall(table.move, {}, 1, 2, 3, 4)
pcall(table.move, {}, {}, 2, 3)

-- foreach, foreachi
local n = 0 table.foreach({a = 1, b = 2, 3}, function(k, v) n = n + v end) return n
table.foreach({1, 2, 3}, function(k, v) if k == 2 then return v * 10, 7 end end)
select("#", table.foreach({}, print)), select("#", table.foreach({1}, function() end)), select("#", table.foreach({1}, function() return false end))
local t = {} for i = 1, 300000 do t[i] = i end local s = 0 table.foreach(t, function(k, v) s = s + v end) return s
local t = {} for i = 1, 300000 do t[i] = i end return table.foreach(t, rawequal)
local t = {} for i = 1, 300000 do t[i] = false end return select("#", table.foreachi(t, rawequal)), table.foreachi(t, rawequal)
pcall(table.foreach, {}, 1)
pcall(table.foreach) --> false, "bad argument #1 to '?' (table expected, got no value)"
pcall(table.foreach, {}) --> false, "bad argument #2 to '?' (function expected, got no value)"
pcall(table.foreach, {1}, function() error("inside", 0) end)
local out = {} table.foreachi({1, 2, 3}, function(i, v) out[#out + 1] = i * v end) return table.concat(out, ",")
table.foreachi({5, 6}, function(i, v) return v, 1 end)
table.foreachi(setmetatable({1, nil, 3}, {__index = function(t, k) return "m" .. k end}), function(i, v) if i == 2 then return v end end)
local t = {1, 2, 3} local n = 0 table.foreachi(t, function(i, v) n = n + 1 t[#t + 1] = i end) return n, #t
-- LuaJIT's own foreachi says "got nil".
pcall(table.foreachi) --> false, "bad argument #1 to '?' (table expected, got no value)"
local co = coroutine.wrap(function() return table.foreach({7, 8}, function(k, v) return coroutine.yield(k, v) end) end) return co(), co(), co("end")
local co = coroutine.wrap(function() return table.foreachi({7, 8}, function(k, v) return coroutine.yield(k, v) end) end) return co(), co(), co("end")
local co = coroutine.wrap(function() return table.foreach({7, 8}, coroutine.yield) end) return co(), co(), co("end")

-- sort
local t = {3, 1, 2} table.sort(t) return unpack(t)
local t = {"b", "a", "C", "\200", "", "aa", "a\0"} table.sort(t) return unpack(t)
local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return unpack(t)
local t = {3, 1, 2} table.sort(t, nil) return unpack(t)
select("#", table.sort({2, 1})), select("#", table.sort({}))
pcall(table.sort, {1, "x"})
pcall(table.sort, {"x", 1})
pcall(table.sort, {3, 1, nil, 2})
pcall(table.sort, {{}, {}})
pcall(table.sort, {true, false, true})
pcall(table.sort, {1, 2, 3, {}, 5, 6})
(table.sort({1, "x"}))
local mt = {__lt = function(a, b) return a.n < b.n end} local t = {} for i = 1, 9 do t[i] = setmetatable({n = i * 5 % 9}, mt) end table.sort(t) local s = "" for i = 1, 9 do s = s .. t[i].n end return s
pcall(table.sort, {1, 2}, function() error("inside", 0) end)
pcall(table.sort, {1, 2, 3}, function(a, b) error("inside") end)
local t = {} for i = 1, 100 do t[i] = i end return pcall(table.sort, t, function() return true end)
(table.sort({1, 2, 3, 4, 5}, function() return true end))
pcall(table.sort, {1, 2, 3}, function() return true end)
pcall(table.sort, {1, 2, 3, 4}, function() return 1 end)
pcall(table.sort, {1, 2, 3, 4}, function() end)
pcall(table.sort)
pcall(table.sort, {}, 1)
pcall(table.sort, {}, setmetatable({}, {__call = function() end}))
local t = {3, 0/0, 1, 2, 0/0, 5, 4, 0/0} local ok = pcall(table.sort, t) return ok
local co = coroutine.wrap(function() return pcall(table.sort, {3, 2, 1}, function(a, b) coroutine.yield() return a < b end) end) return co()
local t = {} for i = 1, 5000 do t[i] = i * 7919 % 5003 end table.sort(t) for i = 2, #t do if t[i - 1] > t[i] then return i end end return "sorted"
local t, n = {}, 0 for i = 1, 1000 do t[i] = i end table.sort(t, function(a, b) n = n + 1 return a < b end) return n
local t, n = {}, 0 for i = 1, 1000 do t[i] = -i end table.sort(t, function(a, b) n = n + 1 return a < b end) return n
local t, n = {}, 0 for i = 1, 1000 do t[i] = 1 end table.sort(t, function(a, b) n = n + 1 return a < b end) return n
-- The order of equal values, and the calls of the order function.
local t = {} for i = 1, 60 do t[i] = {i * 37 % 11, i} end table.sort(t, function(a, b) return a[1] < b[1] end) local s = "" for i = 1, 60 do s = s .. t[i][2] .. " " end return s
local log = {} local t = {5, 3, 9, 1, 7, 2, 8} table.sort(t, function(a, b) log[#log + 1] = a .. "<" .. b return a < b end) return table.concat(log, " ")
local log = {} local t = {5, 3, 9, 1, 7, 2, 8} pcall(table.sort, t, function(a, b) log[#log + 1] = a .. "<" .. b return a <= b end) return table.concat(log, " "), unpack(t)
local function f(seed, n) local x, calls = seed, 0 local t = {} for i = 1, n do x = (x * 16807) % 2147483647 t[i] = x % 50 end local ok, e = pcall(table.sort, t, function(a, b) calls = calls + 1 x = (x * 16807) % 2147483647 return x % 2 == 0 end) return tostring(ok) .. calls .. (e or "") end local s = "" for seed = 1, 40 do s = s .. f(seed, seed + 1) .. " " end return s
local function f(seed, n) local x, calls = seed, 0 local t = {} for i = 1, n do x = (x * 16807) % 2147483647 t[i] = x % 7 end local ok, e = pcall(table.sort, t, function(a, b) calls = calls + 1 return a <= b end) return tostring(ok) .. calls .. (e or "") .. table.concat(t) end local s = "" for seed = 1, 40 do s = s .. f(seed, seed + 1) .. " " end return s

-- what there is
type(table.pack), type(table.unpack), type(table.move), type(table.new), type(table.clear)
