-- `resume` and `yield`, there and back
local n = 3000000

local resume, yield = coroutine.resume, coroutine.yield
local co = coroutine.create(function()
  while true do yield() end
end)
for _ = 1, n do
  resume(co)
end
print(n)
