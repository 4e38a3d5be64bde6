-- Strings that grow: by repetition, by formats, by replacement, by joining.

--- rep: more than there can be
-- vm: raises string length overflow
-- gopher-lua: host memory
local s = ("x"):rep(2^31 - 1) --!

--- rep: nested
-- vm: raises string length overflow
-- gopher-lua: host memory
local s = ("x"):rep(2^20):rep(2^20) --!

--- rep: of the empty string, 2^53 times
-- vm: passes
-- gopher-lua: host time
assert(("").rep("", 2^53) == "")

--- rep: counts that are no counts
-- vm: passes
-- gopher-lua: passes
assert(("x"):rep(-1) == "" and ("x"):rep(-2^31) == "" and ("x"):rep(-2^53) == "" and ("x"):rep(0) == "")

--- rep: counts beyond numbers
-- vm: passes
-- gopher-lua: host memory
assert(("x"):rep(0/0) == "" and ("x"):rep(-1/0) == "" and #("x"):rep(1/0) == 0)

--- rep: kept until memory is full
-- vm: raises not enough memory
-- gopher-lua: host memory
local keep = {}
while true do keep[#keep + 1] = ("x"):rep(2^20 + #keep) end --!

--- concatenation: doubling
-- vm: raises string length overflow
-- gopher-lua: host memory
local s = "x"
while true do s = s .. s end --!

--- concatenation: a byte at a time
-- vm: stopped
-- gopher-lua: stopped
local s = ""
while true do
	s = s .. "x" --!
	if #s > 5000 then s = "" end --!
end --!

--- concatenation: many at once
-- vm: raises string length overflow
-- gopher-lua: host memory
local s = ("x"):rep(2^20)
s = s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s --!

--- format: a wide number
-- vm: raises invalid option '%999' to 'format'
-- gopher-lua: passes
local s = ("%99999d"):format(1) --!

--- format: a precision of a billion
-- vm: raises invalid option '%.999' to 'format'
-- gopher-lua: host memory
local s = ("%.999999999f"):format(1) --!

--- format: the largest number with all digits
-- vm: passes
assert(#("%.99f"):format(1e308) == 408 + 1)

--- format: many conversions without values
-- vm: raises bad argument
-- gopher-lua: host bug
local s = ("%d"):rep(1000):format(1) --!

--- format: a conversion that writes
-- vm: raises invalid
-- gopher-lua: host bug
local s = ("%n"):format(1) --!

--- format: an object that lies
-- vm: passes
-- gopher-lua: host bug
local liar = setmetatable({}, {__tostring = function() return {} end})
local ok, text = pcall(string.format, "%s", liar)
assert(type(text) == "string")

--- format: long values
-- vm: raises string length overflow
-- gopher-lua: host memory
local s = ("x"):rep(3 * 2^19)
local t = ("%s%s%s%s%s%s%s%s%s%s"):format(s, s, s, s, s, s, s, s, s, s) --!

--- format: quoted zeros
-- vm: raises string length overflow
-- gopher-lua: host memory
local s = ("\0"):rep(2^21)
local t = ("%q%q%q%q"):format(s, s, s, s) --!

--- gsub: a long replacement
-- vm: raises string length overflow
-- gopher-lua: host memory
local s = ("x"):rep(2^16):gsub(".", ("y"):rep(2^16)) --!

--- gsub: the whole in place of each part
-- vm: raises string length overflow
-- gopher-lua: host memory
local s = ("x"):rep(2^18):gsub("x", ("%0"):rep(2000)) --!

--- gsub: empty matches
-- vm: passes
local s, n = ("x"):rep(1e4):gsub("", "--")
assert(n == 1e4 + 1)

--- gsub: a replacement that changes nothing, for ever
-- vm: stopped
local s = ("x"):rep(1e3)
while true do s = s:gsub("x", "x") end --!

--- gsub: a callback for each byte, kept
-- vm: raises not enough memory
-- gopher-lua: host memory
local keep = {}
local s = ("x"):rep(2^20):gsub(".", function(c) --!
	keep[#keep + 1] = {c} --!
end)

--- table.concat: one string a thousand times
-- vm: raises string length overflow
-- gopher-lua: host memory
local s, t = ("x"):rep(2^20), {}
for i = 1, 1000 do t[i] = s end
s = table.concat(t) --!

--- table.concat: a long separator
-- vm: raises string length overflow
-- gopher-lua: host memory
local t = {}
for i = 1, 1000 do t[i] = "" end
local s = table.concat(t, ("x"):rep(2^20)) --!

--- table.concat: a range without values
-- vm: raises invalid value (nil) at index 1 in table
-- gopher-lua: host bug
local s = table.concat({}, "", 1, 2^31 - 1) --!

--- string.char and byte: long lists
-- vm: raises string slice too long
-- gopher-lua: raises registry overflow
local list = {("x"):rep(2^20):byte(1, -1)} --!

--- reverse, upper, lower: copies
-- vm: raises not enough memory
-- gopher-lua: host memory
local keep, s = {}, ("x"):rep(2^20)
for i = 1, 1e6 do keep[i] = (s .. i):upper():reverse():lower() end --!

--- sub: small pieces of large strings
-- vm: passes
-- gopher-lua: host memory
local keep = {}
for i = 1, 50 do keep[i] = ("x"):rep(2^20):sub(1, 10) end
collectgarbage()
assert(collectgarbage("count") < 2048)

--- strings that differ in few bytes, as keys
-- vm: passes
-- gopher-lua: passes
local t, pad = {}, ("x"):rep(200)
for i = 1, 5000 do t[pad .. i .. pad] = i end
for i = 1, 5000 do assert(t[pad .. i .. pad] == i) end

--- strings with equal sums, as keys
-- vm: passes
local t = {}
for i = 0, 4095 do
	local bits = i
	local s = ""
	for _ = 1, 12 do
		s = s .. (bits % 2 == 0 and "Aa" or "BB") -- the same hash in many systems
		bits = math.floor(bits / 2)
	end
	t[s] = i
end
local n = 0
for _ in pairs(t) do n = n + 1 end
assert(n == 4096)
