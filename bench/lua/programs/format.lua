-- string.format with the conversions that scripts use, tostring and tonumber.
local n = tonumber((...) or 60000)

local format = string.format
local checksum = 0
local function add(text)
  checksum = (checksum * 31 + #text + text:byte(-1)) % 1000003
end

for i = 1, n do
  add(format("%d %5d %-5d|%05d", i, i % 1000, i % 100, i))
  add(format("%.2f %8.3f %.10g", i / 7, i / 3, i / 4))
  add(format("%s=%s, %q", "key", i, "quoted \"text\""))
  add(format("%x %X %o %c", i, i, i, 65 + i % 26))
  add(tostring(i / 8))
  checksum = checksum + tonumber(tostring(i)) % 3
end
print(checksum)
