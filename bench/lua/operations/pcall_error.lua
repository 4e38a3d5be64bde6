-- `pcall(error, "x")`
local n = 500000

local pcall, error = pcall, error
for _ = 1, n do
  pcall(error, "x")
end
print(n)
