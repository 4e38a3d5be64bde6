-- The Ackermann function: calls and tail calls of a global function, some hundred frames deep.
-- without strings
local n = tonumber((...) or 9)

function ackermann(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ackermann(m - 1, 1) end
  return ackermann(m - 1, ackermann(m, n - 1))
end

print(ackermann(3, n))
