-- The Mandelbrot set, counted: float arithmetic in locals.
-- without strings
local size = tonumber((...) or 500)

local inside, escapes = 0, 0
for py = 0, size - 1 do
  local ci = 2 * py / size - 1
  for px = 0, size - 1 do
    local cr = 3 * px / size - 2
    local zr, zi, rr, ii = 0, 0, 0, 0
    local left = 50
    while left > 0 and rr + ii <= 4 do
      zi = 2 * zr * zi + ci
      zr = rr - ii + cr
      rr, ii = zr * zr, zi * zi
      left = left - 1
    end
    if left == 0 then
      inside = inside + 1
    else
      escapes = escapes + left
    end
  end
end
print(inside, escapes)
