-- Pancakes: every permutation of n numbers is turned over until 1 lies on top. Small arrays, integer loops.
-- without strings
local n = tonumber((...) or 9)

local function flips(stack, scratch)
  for i = 1, n do
    scratch[i] = stack[i]
  end
  local count = 0
  local top = scratch[1]
  while top ~= 1 do
    local low, high = 1, top
    while low < high do
      scratch[low], scratch[high] = scratch[high], scratch[low]
      low, high = low + 1, high - 1
    end
    count = count + 1
    top = scratch[1]
  end
  return count
end

-- Heap's method makes the permutations: one swap leads from each to the next.
local stack, scratch, counters = {}, {}, {}
for i = 1, n do
  stack[i], counters[i] = i, 1
end
local most, checksum, sign = 0, 0, 1
local i = 2
while i <= n do
  if counters[i] < i then
    local other = i % 2 == 1 and 1 or counters[i]
    stack[i], stack[other] = stack[other], stack[i]
    local count = flips(stack, scratch)
    if count > most then most = count end
    sign = -sign
    checksum = checksum + sign * count
    counters[i] = counters[i] + 1
    i = 2
  else
    counters[i] = 1
    i = i + 1
  end
end
print(most, checksum)
