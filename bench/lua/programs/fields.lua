-- Fields of tables, read and written: constants as keys, keys in variables, nested tables, globals.
-- without strings
local n = tonumber((...) or 1200000)

total = 0
local point = {x = 0, y = 0, size = {width = 1, height = 2}}
local names = {"x", "y"}
for i = 1, n do
  point.x = point.x + 1
  point.y = point.y + point.x % 3
  point.size.width = point.size.width + point.size.height
  local name = names[i % 2 + 1]
  point[name] = point[name] - 1
  total = total + point.x
end
print(point.x, point.y, point.size.width, total)
