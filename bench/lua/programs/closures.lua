-- Closures: made in a loop, called, sharing and changing what they have captured.
-- without strings
local n = tonumber((...) or 600000)

local function counter(step)
  local count = 0
  return function() count = count + step return count end, function() return count end
end

local function compose(f, g)
  return function(x) return f(g(x)) end
end

local sum = 0
for i = 1, n do
  local increment, value = counter(i % 7)
  increment()
  increment()
  sum = sum + value()
end

local function double(x) return x * 2 end
local function decrement(x) return x - 1 end
local both = compose(double, decrement)
for i = 1, n * 2 do
  sum = (sum + both(i)) % 1000003
end

local made = {}
for i = 1, n do
  made[i % 100 + 1] = function(x) return x + i end
end
for i = 1, 100 do
  sum = sum + made[i](i)
end
print(sum)
