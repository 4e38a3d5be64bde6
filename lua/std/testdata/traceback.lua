-- Where a long traceback leaves out its middle. traceback.golden has what LuaJIT prints.
local function f(n, l) if n == 0 then local r = debug.traceback("t", l) return r end
local r = f(n - 1, l) return r end
for n = 15, 26 do for _, l in ipairs{0, 1, 5, 11, 12, 13, 14, 20, -1, 100} do print(n, l, f(n, l)) end end
