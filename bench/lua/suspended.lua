-- Prints how many bytes a suspended coroutine and its slot in a table take, as collectgarbage counts them.
local n = 10000

local function body(first)
  coroutine.yield(first)
end

local kept = {}
collectgarbage()
collectgarbage()
local before = collectgarbage("count")
for i = 1, n do
  kept[i] = coroutine.create(body)
  coroutine.resume(kept[i], i)
end
collectgarbage()
collectgarbage()
print((collectgarbage("count") - before) * 1024 / n)
