-- Patterns: find, match, gmatch, and gsub with a string, a table and a function.
local rounds = tonumber((...) or 500)

local words = {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"}
local pieces, seed = {}, 7
for i = 1, 200 do
  seed = (seed * 16807) % 2147483647
  pieces[i] = words[seed % #words + 1] .. "=" .. seed % 1000 .. (i % 8 == 0 and ";\n" or ", ")
end
local text = table.concat(pieces)

local checksum = 0
local function add(n)
  checksum = (checksum * 31 + n) % 1000003
end

for round = 1, rounds do
  local count, sum = 0, 0
  for name, value in text:gmatch("(%a+)=(%d+)") do
    count, sum = count + #name, sum + tonumber(value)
  end
  add(count + sum)

  local swapped = text:gsub("(%a+)=(%d+)", "%2:%1")
  add(#swapped)
  local short, replaced = text:gsub("%a+", {alpha = "a", beta = "b", gamma = false})
  add(#short + replaced)
  local doubled = text:gsub("%d+", function(digits) return digits * 2 end)
  add(#doubled)

  local from, lines = 1, 0
  while true do
    local first, last = text:find("\n", from, true)
    if not first then break end
    lines, from = lines + 1, last + 1
  end
  add(lines)
  add(text:find("kappa=%d+;%s*$") or 0)
  add(#(text:match("^%s*(.-)%s*$")))
  add(#(text:match("theta=(%d%d%d)") or ""))
end
print(checksum)
