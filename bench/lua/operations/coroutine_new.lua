-- a coroutine made and run to its end
local n = 100000

local create, resume = coroutine.create, coroutine.resume
local function empty() end
for _ = 1, n do
  resume(create(empty))
end
print(n)
