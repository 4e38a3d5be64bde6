-- Building strings: .. of strings and numbers, table.concat, rep, sub, byte, char, reverse, upper.
local lines = tonumber((...) or 120000)

local checksum = 0
local function add(text)
  checksum = (checksum * 31 + #text + text:byte(1) + text:byte(-1)) % 1000003
end

for round = 1, 3 do
  local pieces = {}
  for i = 1, lines / 3 do
    local line = "line " .. i .. ": " .. i * 0.5 .. " of round " .. round
    pieces[#pieces + 1] = line
    if i % 64 == 0 then
      add(table.concat(pieces, "\n"))
      pieces = {}
    end
    add(line:sub(6, -10):upper())
    add(line:reverse())
  end
end

local text = ""
for i = 1, lines / 40 do
  text = text .. string.char(97 + i % 26) .. ("-"):rep(i % 4)
end
for i = 1, #text do
  checksum = (checksum + text:byte(i) * i) % 1000003
end
print(checksum, #text)
