-- LU decomposition with pivots, and the solution of a linear system: arrays of arrays.
-- without strings
local n = tonumber((...) or 280)

local seed = 17
local function random()
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647 - 0.5
end

local function decompose(m)
  local order = {}
  for i = 1, n do
    order[i] = i
  end
  for k = 1, n do
    local pivot = k
    for i = k + 1, n do
      if math.abs(m[i][k]) > math.abs(m[pivot][k]) then pivot = i end
    end
    m[k], m[pivot] = m[pivot], m[k]
    order[k], order[pivot] = order[pivot], order[k]
    local top = m[k]
    for i = k + 1, n do
      local row = m[i]
      local factor = row[k] / top[k]
      row[k] = factor
      for j = k + 1, n do
        row[j] = row[j] - factor * top[j]
      end
    end
  end
  return order
end

local function solve(m, order, b)
  local x = {}
  for i = 1, n do
    local sum = b[order[i]]
    for j = 1, i - 1 do
      sum = sum - m[i][j] * x[j]
    end
    x[i] = sum
  end
  for i = n, 1, -1 do
    local sum = x[i]
    for j = i + 1, n do
      sum = sum - m[i][j] * x[j]
    end
    x[i] = sum / m[i][i]
  end
  return x
end

local m, b = {}, {}
for i = 1, n do
  m[i], b[i] = {}, 0
  for j = 1, n do
    m[i][j] = random()
    b[i] = b[i] + m[i][j] * j
  end
end
local x = solve(m, decompose(m), b)
local sum, worst = 0, 0
for i = 1, n do
  sum = sum + x[i]
  worst = math.max(worst, math.abs(x[i] - i))
end
print(string.format("%.5f", sum), worst < 1e-6)
