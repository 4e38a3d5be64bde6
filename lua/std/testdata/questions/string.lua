-- Questions for luajit and for us: see TestAnswersAreLuaJITs. Those of the probe are not repeated.

-- Results of every length from nothing to beyond what is put together at once, or shared.
local t = {} for n = 0, 40 do t[#t + 1] = ("aB"):rep(n):upper() t[#t + 1] = ("aB"):rep(n):lower() t[#t + 1] = ("aBc"):rep(n):reverse() end return table.concat(t, " ")
local t = {} for n = 0, 40 do t[#t + 1] = ("x"):rep(n) t[#t + 1] = ("abc"):rep(n, "--") t[#t + 1] = ("ab"):rep(n, "") t[#t + 1] = (""):rep(n, ",") end return table.concat(t, " ")
local t, s = {}, ("0123456789abcdefghijklmnopqrstuvwxyz"):rep(2) for i = 1, 40 do for j = i - 1, 40 do t[#t + 1] = s:sub(i, j) end end local h = 7 for _, x in ipairs(t) do for i = 1, #x do h = (h * 31 + x:byte(i)) % 1000003 end end return h, #t
local t = {} for n = 0, 40 do local codes = {} for i = 1, n do codes[i] = 64 + i end t[#t + 1] = string.char(unpack(codes)) end return table.concat(t, " ")
local a, b = ("abcdefgh"):sub(1, 8), ("abcdefgh"):sub(1, 7) .. "i" return a, b, ("abcdefgi"):sub(1, 8), a == "abcdefgh", b == ("abcdefgi"):sub(1)
local s = ("\0"):rep(3) .. "\255" return #s:upper(), s:reverse():byte(1, -1)
#("x"):rep(100000):upper(), ("xY"):rep(100000):lower():sub(99999, 100002), ("ab"):rep(100000):reverse():sub(-3)
local n = 0 for i = 1, 200 do local s = ("é" .. i):upper() if s:sub(1, 2) == "é" then n = n + 1 end end return n

-- gsub in gsub, match in gsub, gmatch in gmatch: each has its own captures.
(("a-b c-d"):gsub("(%w)-(%w)", function(x, y) return (x .. y):gsub("(%w)(%w)", "%2%1") .. ("q=r"):match("=(%w)") end))
(("abc"):gsub("%w", function(x) local y = ("xyz"):gsub("y", function() return (("1"):gsub("1", "2")) end) return x .. y end))
local out = {} for k, v in ("a=1,b=2"):gmatch("(%w)=(%w)") do for x in ("p q"):gmatch("%a") do out[#out + 1] = k .. v .. x .. ("w"):match("()") end end return table.concat(out, " ")
local f, g = ("one two three"):gmatch("%a+"), ("1 2 3"):gmatch("%d") return f(), g(), f(), g(), f(), g(), f(), g()
(("x y"):gsub("%a", string.upper)), (("x y"):gsub("%a", string.byte)), (("hello"):gsub("l+", string.len))
(("abc"):gsub("%w", setmetatable({}, {__index = function(t, k) return (k:gsub(".", "<%0>")) end})))
local ok, e = pcall(string.gsub, "ab", "%w", function(c) return (c:gsub("%w", function() error("deep", 0) end)) end) return ok, e, (("ab"):gsub("%w", "%0%0"))
local ok, e = pcall(string.format, "%s", setmetatable({}, {__tostring = function() error("no", 0) end})) return ok, e, ("%d-%s"):format(1, "x")
("%s/%s"):format(setmetatable({}, {__tostring = function() return ("<%s>"):format(setmetatable({}, {__tostring = function() return ("%d"):format(7) end})) end}), "y")
local ok, e = pcall(string.gsub, "abc", "%w", "%9") return ok, e, (("abc"):gsub("b", "%%%0"))
local co = coroutine.wrap(function() return pcall(string.gsub, "x", "x", function() coroutine.yield(1) end) end) return co()
local co = coroutine.wrap(function() for w in ("a b c"):gmatch("%a") do coroutine.yield(w) end end) return co(), co(), co()
select("#", ("x"):gsub("x", function() return nil, 5 end)), ("xx"):gsub("x", function() return "a", "b" end)
(("abc"):gsub("", "-")), (("abc"):gsub(".-", "x")), (("abc"):gsub("%f[%w]", "|")), (("aXb"):gsub("%u", {X = false}))
("x"):gsub("x", "y", -5), ("xxx"):gsub("x", "y", 1.9), ("xxx"):gsub("x", "y", "2"), ("xxx"):gsub("x", "y", 1e10)

-- numbers as strings, strings as numbers
(12):rep(2), (1.5):len(), ("x"):rep("2"), string.upper(1e15), string.sub(12345, "2", "3"), string.byte(7), string.find(1234, 23), string.gsub(111, 1, 2)
string.char("65", 66.9), string.format("%d", "10"), string.format("%s", 1e100), string.reverse(-12), string.rep(1, 3, 0)
for w in string.gmatch(12321, 2) do return w end

-- errors
pcall(string.char, 256)
pcall(string.char, 1, 2, -1)
pcall(string.char, 65, {})
pcall(string.char, 65, 300, {})
pcall(string.rep, "x", "y")
pcall(string.rep, "x", 2, {})
pcall(string.byte, {}, 1)
pcall(string.gsub, "x", "x", print and nil)
pcall(string.gsub, {}, "x", nil)
pcall(string.gsub, "x", "(", "y")
pcall(string.gmatch, "x", {})
pcall(("x").gmatch("x", "("))
(("x"):rep({}))
(("x"):gsub("x", true))
(("x").bad)
("x"):bad()

-- the metatable
getmetatable("").__index == string, getmetatable("").__add, next(getmetatable("")), getmetatable("a") == getmetatable("b")
pcall(setmetatable, "", {})
string.len ~= nil, #string == 0, ("x").len == string.len, type(string.gfind)
