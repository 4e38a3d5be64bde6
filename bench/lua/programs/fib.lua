-- Fibonacci numbers by recursion: calls of a local function.
-- without strings
local n = tonumber((...) or 32)

local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end

print(fib(n))
