-- table.sort of records by two fields, with an order function in Lua.
-- without strings
local n = tonumber((...) or 40000)

local seed = 99
local function random()
  seed = (seed * 16807) % 2147483647
  return seed
end

local function before(a, b)
  if a.rank ~= b.rank then return a.rank < b.rank end
  return a.id > b.id
end

local checksum = 0
for _ = 1, 2 do
  local records = {}
  for i = 1, n do
    records[i] = {id = i, rank = random() % 500}
  end
  table.sort(records, before)
  for i = 1, n do
    checksum = (checksum * 31 + records[i].id) % 1000003
  end
end
print(checksum)
