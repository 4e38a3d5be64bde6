-- Gotos and labels, where they may be and what they reach; and in which order an assignment reads and writes. goto.golden has
-- what LuaJIT prints.
local function try(s) print(loadstring(s, "=s") and "ok" or select(2, loadstring(s, "=s"))) end
for _, s in ipairs{
"goto a do ::a:: end", "::a:: do goto a ::a:: end", "do goto a end ::a::", "::a:: do do goto a end ::a:: end", "::a:: do goto a local x ::a:: x = 1 end",
"::a:: do goto a local x ::a:: end", "do ::a:: end goto a", "::a:: function f() goto a end", "::a:: local x do goto a end ::b:: goto b", "goto b local x do ::b:: end",
"repeat goto c local x ::c:: until true", "repeat goto c local x ::c:: until x", "while true do goto c local x ::c:: end", "while true do if x then goto c end local x ::c:: end", "while true do if x then goto c end local x ::c:: ; end",
"while true do if x then goto c end local x ::c:: ::d:: end", "while true do if x then goto c end local x ::c:: do end end", "do goto l local a = 1 ::l::; end", "do goto l local a = 1 ::l:: end", "::a:: do break end", "for i = 1, 2 do ::a:: if x then goto a end local y goto a end", "::a:: goto a ::a::", "::a:: do ::a:: end goto a",
"goto = 1 print(goto)", "local goto = 1 goto goto ::goto::", "break", "if x then break end", "for i = 1, 2 do function f() break end end", "::l1:: ::l2:: goto l1", "goto x ::x:: ::x::"} do try(s) end
local out = {}
for i = 1, 3 do
  ::top::
  local k = i
  out[#out + 1] = function() k = k + 1 return k end
  if #out == 2 then goto top end
  do if i == 3 then goto done end end
  for j = 1, 2 do if j == 2 then goto continue end out[#out + 1] = function() return j end end
  ::continue::
end
::done::
for i, f in ipairs(out) do print(i, f(), f()) end
local n = 0
do ::again:: n = n + 1 do local x = n if x < 3 then goto again end end end print(n)
do local a, b = 1, 2 local function f() a = a + 10 b = b + 10 return 100, 200 end
  local t, u = {}, {} local function g() t, u = u, t return 1, 2, 3 end
  t.a, u.b, t.c = g() print(t.a, t.b, t.c, u.a, u.b, u.c)
  t, t.x, u.y = g() print(t, u.x, u.y)
  a, b = f() print(a, b) 
  local q = {} q[a], a = f() print(q[1], q[100], q[110], a)
  local i = 1 local function h() i = i + 1 return i end
  local r = {} r[i], r[h()], r[i] = h(), h(), h() print(r[1], r[2], r[3], r[4], r[5]) end
