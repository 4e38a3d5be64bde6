-- Numbers at the edges: the numeric for with steps of 0, -0 and NaN, and functions of math.
local function turns(first, limit, step)
  local n = 0
  for _ = first, limit, step do n = n + 1 if n == 5 then break end end
  return n
end
print(turns(0, 1, 0), turns(1, 0, 0), turns(0, 0, 0))
print(turns(0, 1, -0), turns(1, 0, -0), turns(0, 0, -0))
print(turns(1, 2, 0/0), turns(2, 1, 0/0), turns(1, 1, 0/0), turns(0/0, 1, 1), turns(1, 0/0, 1), turns(1, 0/0, -1))
print(turns(1/0, 1/0, 1), turns(-1/0, 0, 1), turns(0, -1/0, -1/0), turns(3, 1, -1), turns(1, 3, -1))
do local n = 0 for _ = 0, 1, -0 do n = n + 1 break end print(n) end
do local n = 0 for _ = 1, 0, -0 do n = n + 1 if n == 5 then break end end print(n) end

local edges = {0, -0, 1, -1, 1/0, -1/0, 0/0, 5e-324, -5e-324, 1e308, -1e308, 2 ^ 31, -2 ^ 31, 1e-17, -1e-17, 0.5, 1.9, -1.9}
local function show(x) return x ~= x and "nan" or x == 0 and (1 / x < 0 and "-0" or "0") or tostring(x) end
for _, name in ipairs {"ldexp", "atan2", "fmod"} do
  for _, x in ipairs(edges) do
    local line = {name, show(x)}
    for _, y in ipairs(edges) do line[#line + 1] = show(math[name](x, y)) end
    print(table.concat(line, " "))
  end
end
for _, name in ipairs {"ceil", "floor", "sqrt", "abs", "exp", "log", "log10", "atan", "tanh", "frexp", "modf"} do
  local line = {name}
  for _, x in ipairs(edges) do
    local a, b = math[name](x)
    line[#line + 1] = show(a) .. (b and "/" .. show(b) or "")
  end
  print(table.concat(line, " "))
end
