-- The library debug, as far as functions of Go are not asked about. debug.golden has what LuaJIT prints.
local function p(...) print(pcall(...)) end
p(debug.getinfo) p(debug.getinfo, {}) p(debug.getinfo, 1, "x") p(debug.getinfo, 1, ">S") p(debug.getinfo, print, "nope") p(debug.getinfo, -1) p(debug.getinfo, 1e10) p(debug.getinfo,"0","l")
p(debug.getlocal) p(debug.getlocal, 99, 1) p(debug.getlocal, 0) p(debug.getlocal, -1, 1) p(debug.getlocal, function(a, b) end, 2) p(debug.getlocal, function(a, b) end, 3)
p(debug.setlocal) p(debug.setlocal, 1, 1) p(debug.setlocal, 99, 1, 2)
p(debug.getupvalue) p(debug.getupvalue, p, 9) p(debug.getupvalue, 1, 1) p(debug.setupvalue, p) p(debug.setupvalue, p, 1) p(debug.setupvalue, p, 9, 1) 
local u1, u2 = 1, 2 u1 = 3 local function f() return u1, u2 end
p(debug.getupvalue, f, 1) p(debug.getupvalue, f, 2) p(debug.getupvalue, f, 3) p(debug.setupvalue, f, 2, 5) p(f)
p(debug.upvalueid, f, 3) p(debug.upvalueid, print, 3) p(debug.upvalueid, 1, 3) print(type(debug.upvalueid(f, 1)), debug.upvalueid(f, 1) == debug.upvalueid(f, 1), debug.upvalueid(f, 1) == debug.upvalueid(f, 2))
p(debug.upvaluejoin, f, 3, f, 1) p(debug.upvaluejoin, f, 1, f, 4) p(debug.upvaluejoin, print, 1, f, 1)
local x1, x2 = 1, 2 x1 = 10 x2 = 20
local function g() return x1 end local function h() return x2 end
debug.upvaluejoin(g, 1, h, 1) print(g(), h()) x2 = 30 print(g(), h(), debug.upvalueid(g, 1) == debug.upvalueid(h, 1))
p(debug.sethook) p(debug.gethook) p(debug.getmetatable) p(debug.getmetatable, {}) p(debug.setmetatable, {}) p(debug.setmetatable, {}, 1) p(debug.getfenv) p(debug.getfenv, 1) p(debug.setfenv, 1, {}) p(debug.setfenv, f)
p(debug.traceback, nil) p(debug.traceback, "m", 1e9) p(debug.traceback, {}) 
local function v(...) local name, value = debug.getlocal(1, -2) print(name, value) print(debug.setlocal(1, -1, "set")) print(...) print(debug.getlocal(1, -4)) end v(1, 2, 3)
local function names() local a, b = 1, 2 for i = 1, 1 do local n = 1 while true do local k, val = debug.getlocal(1, n) if not k or k == "(*temporary)" then break end print(n, k) n = n + 1 end end end names()
local function names2() for k, v in pairs{1} do local n = 1 while true do local k = debug.getlocal(1, n) if not k or k == "(*temporary)" then break end print(n, k) n = n + 1 end end end names2()
local co = coroutine.create(function(a) local b = 2 coroutine.yield() end) coroutine.resume(co, 1)
print(debug.getlocal(co, 1, 1)) print(debug.getlocal(co, 1, 2)) print(debug.setlocal(co, 1, 2, 5)) print(debug.getlocal(co, 1, 2)) print(pcall(debug.getlocal, co, 5, 1))
print(debug.traceback(co)) print(debug.traceback(co, "m")) print(debug.traceback(co, nil, 1)) print(debug.traceback(co, "m", 1)) print(debug.getinfo(co, 1, "l").currentline, debug.getinfo(co, 0, "S").what, debug.getinfo(co, 5)) print(debug.getinfo(co, 1, "n").namewhat)
local function keys(t) local out = {} for k in pairs(t) do out[#out + 1] = k end table.sort(out) return table.concat(out, " ") end
local i = debug.getinfo(f) print(i.source, i.short_src, i.what, i.linedefined, i.lastlinedefined, i.nups, i.nparams, i.isvararg, i.currentline, i.name, i.namewhat, i.func == f)
i = debug.getinfo(print) print(i.source, i.short_src, i.what, i.linedefined, i.lastlinedefined, i.nparams, i.isvararg, i.currentline, i.name, i.namewhat, i.func == print)
i = debug.getinfo(1) print(i.source, i.short_src, i.what, i.linedefined, i.lastlinedefined, i.nups, i.nparams, i.isvararg, i.currentline, i.name, i.namewhat)
i = debug.getinfo(loadstring("x = 1", "=c")) print(i.source, i.short_src) i = debug.getinfo(loadstring("x = 1\ny = 2")) print(i.source, i.short_src) 
i = debug.getinfo(function()
  local a = 1

  return a
end, "L") for k = 1, 99 do if i.activelines[k] then print(k) end end print(debug.getinfo(print, "L").activelines)
local function who() local i = debug.getinfo(1, "n") print(i.namewhat, i.name) i = debug.getinfo(2, "nl") print(i.namewhat, i.name, i.currentline) end
who() local t = {m = who} t.m() t:m() gl = who gl() pcall(who) for _ in who do end local o = setmetatable({}, {__index = who, __add = who, __eq = who}) local _ = o.x, o + 1, (o == setmetatable({}, getmetatable(o)))
xpcall(function() local z error("q") end, function(m) for l = 0, 4 do local i = debug.getinfo(l, "Snl") print(l, i and i.what, i and i.name, i and i.currentline) end print(debug.getlocal(3, 1)) end)
