-- A fast Fourier transform and its inverse: two arrays, math.sin and math.cos, index arithmetic.
-- without strings
local rounds = tonumber((...) or 40)
local size = 4096

local function transform(re, im, sign)
  local j = 1
  for i = 1, size - 1 do
    if i < j then
      re[i], re[j] = re[j], re[i]
      im[i], im[j] = im[j], im[i]
    end
    local half = size / 2
    while half >= 1 and j > half do
      j, half = j - half, half / 2
    end
    j = j + half
  end
  local span = 1
  while span < size do
    local angle = sign * math.pi / span
    for k = 1, span do
      local wr, wi = math.cos(angle * (k - 1)), math.sin(angle * (k - 1))
      for a = k, size, span * 2 do
        local b = a + span
        local tr = wr * re[b] - wi * im[b]
        local ti = wr * im[b] + wi * re[b]
        re[b], im[b] = re[a] - tr, im[a] - ti
        re[a], im[a] = re[a] + tr, im[a] + ti
      end
    end
    span = span * 2
  end
end

local re, im = {}, {}
for i = 1, size do
  re[i], im[i] = (i * i) % 17 - 8, 0
end
local spectrum
for round = 1, rounds do
  transform(re, im, 1)
  spectrum = re[2] + im[3]
  transform(re, im, -1)
  for i = 1, size do
    re[i], im[i] = re[i] / size, im[i] / size
  end
end
local worst = 0
for i = 1, size do
  worst = math.max(worst, math.abs(re[i] - ((i * i) % 17 - 8)))
end
print(string.format("%.6f", spectrum), worst < 1e-9)
