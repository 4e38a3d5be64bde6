-- `pcall` of an empty function
local n = 5000000

local function empty() end

local pcall = pcall
for _ = 1, n do
  pcall(empty)
end
print(n)
