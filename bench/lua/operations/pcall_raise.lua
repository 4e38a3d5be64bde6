-- `pcall` of a function that raises a string, with its position
local n = 400000

local function raise() error("refused") end

local pcall = pcall
for _ = 1, n do
  pcall(raise)
end
print(n)
