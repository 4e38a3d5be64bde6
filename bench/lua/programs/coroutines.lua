-- Coroutines: a long-lived generator, a pipeline of three, and many short ones.
-- without strings
local n = tonumber((...) or 600000)

local yield, wrap = coroutine.yield, coroutine.wrap

local function numbers(last)
  return wrap(function()
    for i = 1, last do yield(i) end
  end)
end

local function filter(source, divisor)
  return wrap(function()
    for i in source do
      if i % divisor ~= 0 then yield(i) end
    end
  end)
end

local sum = 0
for i in numbers(n) do
  sum = (sum + i) % 1000003
end
for i in filter(filter(numbers(n), 3), 5) do
  sum = (sum + i) % 1000003
end

local function short(a, b)
  local c = yield(a + b)
  return c * 2
end
for i = 1, n / 20 do
  local co = coroutine.create(short)
  local _, x = coroutine.resume(co, i, 1)
  local _, y = coroutine.resume(co, x)
  sum = (sum + y) % 1000003
end
print(sum)
