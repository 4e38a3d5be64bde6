-- A float loop with %: what generators of random numbers and clocks do.
-- without strings
local n = tonumber((...) or 4000000)

local seed, angle, sum = 12345, 0, 0
for i = 1, n do
  seed = (seed * 16807) % 2147483647
  angle = (angle + seed / 65536) % 360
  sum = sum + angle % 1 - (-i) % 7
end
print(seed, string.format("%.6f", angle), string.format("%.6f", sum))
