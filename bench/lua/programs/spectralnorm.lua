-- The spectral norm of an infinite matrix, by the power method: arrays, divisions, calls.
-- without strings
local n = tonumber((...) or 360)

local function element(i, j)
  local k = i + j
  return 1 / (k * (k + 1) / 2 + i + 1)
end

local function times(v, out)
  for i = 0, n - 1 do
    local sum = 0
    for j = 0, n - 1 do
      sum = sum + element(i, j) * v[j]
    end
    out[i] = sum
  end
end

local function transposedTimes(v, out)
  for i = 0, n - 1 do
    local sum = 0
    for j = 0, n - 1 do
      sum = sum + element(j, i) * v[j]
    end
    out[i] = sum
  end
end

local u, v, scratch = {}, {}, {}
for i = 0, n - 1 do
  u[i] = 1
end
for _ = 1, 10 do
  times(u, scratch)
  transposedTimes(scratch, v)
  times(v, scratch)
  transposedTimes(scratch, u)
end
local uv, vv = 0, 0
for i = 0, n - 1 do
  uv = uv + u[i] * v[i]
  vv = vv + v[i] * v[i]
end
print(string.format("%.9f", math.sqrt(uv / vv)))
