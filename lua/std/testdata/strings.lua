print(("hello"):sub(2,3), ("hello"):sub(-3), ("x"):rep(3, ","), ("abc"):reverse(), ("aBc"):upper(), ("aBc"):lower())
print(("hello"):byte(1,-1)) print(string.char(104,105), #string.char())
print(("hello world"):find("o w")) print(("hello"):find("l+")) print(("hello"):find("(l)(l)")) print(("a.b"):find(".", 1, true))
print(("key=val"):match("(%w+)=(%w+)")) print(("x"):match("()")) print(("x"):match("y"))
for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do print(k, v) end
for w in ("one two"):gmatch("%a+") do print(w) end
print(("abc"):gsub("%w", "%0%0")) print(("abc"):gsub("", "-")) print(("hello"):gsub("l", {l = "L"})) print(("hello"):gsub(".", function(c) if c == "e" then return 3 end end, 3))
print(pcall(string.gsub, "x", "x", "%2")) print(pcall(string.rep)) print(pcall(string.find, "x", "[")) print(pcall(("x").gsub, "x", "x", function() return {} end))
print(string.format("%d %5.2f %s %q %x %g %%", 3, 2.5, nil, "a\nb", 255, 0.1)) print(pcall(string.format, "%d", "x")) print(pcall(string.format, "%y", 1))
print(string.format("%s", setmetatable({}, {__tostring = function() return "T" end}))) print(pcall(string.char, 256)) print(#("x"):rep(1000))
print(("x"):sub(1, 1e10), ("abc"):sub(0), ("abc"):byte(10)) print(pcall(string.rep, "x", 1e10))
print(string.format("%5s|%-5s|%.2s", "a", "b", "cde"), string.format("%c%c", 72, 105), string.format("%i", 3.99))
print(pcall(string.format, "%d")) print(tostring(12):len(), ("%d"):format(7)) print(getmetatable("").__index == string, getmetatable("").__add)
local ok = true
for _, c in ipairs{{"a", 5, ""}, {"abc", 7, "-"}, {"", 4, "xy"}, {("q"):rep(700001), 4, "z"}, {"ab", 1500000, "c"}, {("k"):rep(1048577), 3, ""}, {"x", 1, "y"}} do
  local t = {} for i = 1, c[2] do t[i] = c[1] end
  local want = "" local parts = {}
  local s = c[1]:rep(c[2], c[3])
  local unit = #c[1] + #c[3]
  if #s ~= unit * c[2] - #c[3] then ok = false print("length", #s) end
  for i = 1, c[2], c[2] > 1000 and 997 or 1 do
    local at = (i - 1) * unit
    if s:sub(at + 1, at + #c[1]) ~= c[1] or (i < c[2] and s:sub(at + #c[1] + 1, at + unit) ~= c[3]) then ok = false print("at", i, #c[1]) break end
  end
end
print(ok)
-- Arguments in LuaJIT's order, and counts beyond 2^31.
print(pcall(string.gsub, "a", "a", true, {})) print(pcall(string.gsub, "a", "a", true)) print(pcall(string.gsub, {}, "a", true, {}))
print(("aaa"):gsub("a", "b", 2 ^ 31)) print(("aaa"):gsub("a", "b", 2 ^ 32 + 1)) print(("aaa"):gsub("a", "b", -1)) print(("aaa"):gsub("a", "b", 1.9))
print(pcall(bit.tohex, 1, nil)) print(pcall(bit.tohex)) print(bit.tohex(1), bit.tohex(1, 2))
-- Powers in which a number is squared often.
print((1 + 1e-9) ^ 1e9, 1.0000001 ^ 1e8, 1.001 ^ 5000, 0.999 ^ 10000, 123456.789 ^ 31, 1e308 ^ 0.3, 1.05 ^ 30, (-1.5) ^ 101, math.pow(0.3, -77))
