-- table.sort of numbers and of strings, without an order function.
local n = tonumber((...) or 100000)

local seed = 1234
local function random()
  seed = (seed * 16807) % 2147483647
  return seed
end

local function check(list)
  for i = 2, #list do
    assert(not (list[i] < list[i - 1]))
  end
  return list[1], list[math.ceil(#list / 2)], list[#list]
end

for _ = 1, 2 do
  local numbers = {}
  for i = 1, n do
    numbers[i] = random() % 100000
  end
  table.sort(numbers)
  print(check(numbers))
  table.sort(numbers) -- in order already
end

local texts = {}
for i = 1, n / 4 do
  texts[i] = "key " .. random() % 100000
end
table.sort(texts)
print(check(texts))
