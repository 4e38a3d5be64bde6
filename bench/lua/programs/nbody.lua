-- Five bodies that attract each other: arithmetic on fields of objects.
-- without strings
local steps = tonumber((...) or 70000)

local seed = 42
local function random()
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647
end

local function body(mass)
  return {
    x = random() * 40 - 20, y = random() * 40 - 20, z = random() * 4 - 2,
    vx = random() - 0.5, vy = random() - 0.5, vz = (random() - 0.5) / 10,
    mass = mass,
  }
end

local function advance(bodies, count, dt)
  for i = 1, count do
    local a = bodies[i]
    for j = i + 1, count do
      local b = bodies[j]
      local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
      local squared = dx * dx + dy * dy + dz * dz + 0.01
      local pull = dt / (squared * squared ^ 0.5)
      local pullA, pullB = b.mass * pull, a.mass * pull
      a.vx = a.vx - dx * pullA
      a.vy = a.vy - dy * pullA
      a.vz = a.vz - dz * pullA
      b.vx = b.vx + dx * pullB
      b.vy = b.vy + dy * pullB
      b.vz = b.vz + dz * pullB
    end
  end
  for i = 1, count do
    local a = bodies[i]
    a.x = a.x + dt * a.vx
    a.y = a.y + dt * a.vy
    a.z = a.z + dt * a.vz
  end
end

local function energy(bodies, count)
  local sum = 0
  for i = 1, count do
    local a = bodies[i]
    sum = sum + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
    for j = i + 1, count do
      local b = bodies[j]
      local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
      sum = sum - a.mass * b.mass / (dx * dx + dy * dy + dz * dz) ^ 0.5
    end
  end
  return sum
end

local bodies = {body(40), body(0.04), body(0.01), body(0.002), body(0.002)}
print(string.format("%.6f", energy(bodies, #bodies)))
for _ = 1, steps do
  advance(bodies, #bodies, 0.001)
end
print(string.format("%.6f", energy(bodies, #bodies)))
