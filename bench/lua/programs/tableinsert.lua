-- table.insert and table.remove at the end and in the middle, and # as a stack's top.
-- without strings
local rounds = tonumber((...) or 15)

local insert, remove = table.insert, table.remove
local checksum = 0
for round = 1, rounds do
  local list = {}
  for i = 1, 10000 do
    insert(list, i * round)
  end
  for i = 1, 100 do
    insert(list, i, -i)
    checksum = checksum + remove(list, i * 2)
  end
  for _ = 1, 5000 do
    checksum = (checksum + remove(list)) % 1000003
  end
  while #list > 0 do
    checksum = (checksum + list[#list] * 3) % 1000003
    list[#list] = nil
  end
end
print(checksum)
