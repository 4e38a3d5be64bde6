-- Binary trees, built, counted and dropped: small tables and the collector.
-- without strings
local depth = tonumber((...) or 14)

local function build(depth)
  if depth == 0 then return {} end
  return {build(depth - 1), build(depth - 1)}
end

local function count(tree)
  local left = tree[1]
  if not left then return 1 end
  return 1 + count(left) + count(tree[2])
end

local kept = build(depth)
local total = 0
for d = 4, depth, 2 do
  for _ = 1, 2 ^ (depth - d + 2) do
    total = total + count(build(d))
  end
end
print(total, count(kept))
