-- The n queens problem, all solutions: recursion, arrays of booleans.
-- without strings
local n = tonumber((...) or 12)

local columns, rising, falling = {}, {}, {}
for i = 1, 2 * n do
  columns[i], rising[i], falling[i] = false, false, false
end
local solutions, checksum = 0, 0
local places = {}

local function place(row)
  if row > n then
    solutions = solutions + 1
    for i = 1, n do
      checksum = (checksum * 7 + places[i]) % 1000003
    end
    return
  end
  for column = 1, n do
    local up, down = row + column - 1, row - column + n
    if not (columns[column] or rising[up] or falling[down]) then
      columns[column], rising[up], falling[down] = true, true, true
      places[row] = column
      place(row + 1)
      columns[column], rising[up], falling[down] = false, false, false
    end
  end
end

place(1)
print(solutions, checksum)
