-- Functions with variable arguments: ..., select, {...}, unpack, and calls that pass all on.
-- without strings
local n = tonumber((...) or 300000)

local unpack = unpack or table.unpack

local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do
    total = total + (select(i, ...))
  end
  return total
end

local function packed(...)
  local list = {...}
  return #list + list[1]
end

local function pass(...)
  return ...
end

local function first(a, ...)
  return a, select("#", ...)
end

local list = {1, 2, 3, 4, 5, 6}
local checksum = 0
for i = 1, n do
  local a, b = first(pass(i, i + 1, i + 2))
  checksum = checksum + a % 10 + b
  checksum = checksum + sum(i % 5, 2, 3, 4)
  checksum = checksum + packed(i % 7, i, i)
  checksum = (checksum + sum(unpack(list))) % 1000003
end
print(checksum)
