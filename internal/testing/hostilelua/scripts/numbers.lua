-- Numbers at the ends of their range, and functions that count with them.

--- format: all numbers in all forms
-- vm: passes
for _, x in ipairs {0, -0, 1/0, -1/0, 0/0, 2^53, 2^63, -2^63, 2^64, 1e308, -1e308, 5e-324} do
	for _, form in ipairs {"%d", "%i", "%u", "%x", "%o", "%e", "%g", "%f", "%c", "%s", "%99.99f", "%-99d", "%+.0e"} do
		pcall(string.format, form, x)
	end
end

--- tostring and tonumber: extremes
-- vm: passes
for _, text in ipairs {("9"):rep(1e5), "0x" .. ("f"):rep(1e5), "1e" .. ("9"):rep(1e5), ("0"):rep(1e5) .. "1",
	"." .. ("0"):rep(1e5) .. "1", (" "):rep(1e5) .. "1", "0x", "1e", "--1", "0x1p99999", "nan", "inf"} do
	tostring(tonumber(text))
end

--- tonumber: bases
-- vm: passes
for _, base in ipairs {-1, 0, 1, 37, 2^31, 2^53, 0/0, 1/0} do
	local ok, x = pcall(tonumber, "10", base)
	assert(not ok or x == nil or type(x) == "number")
end
pcall(tonumber, ("z"):rep(1e5), 36)

--- for: steps and bounds that are none
-- vm: passes
for i = 1, 0/0 do error("it runs") end
for i = 0/0, 1 do error("it runs") end
for i = 1, -1/0 do error("it runs") end

--- modulo and powers: by zero and infinity
-- vm: passes
for _, a in ipairs {0, 1, -1, 1/0, -1/0, 0/0, 2^53} do
	for _, b in ipairs {0, 1, -1, 1/0, -1/0, 0/0, 2^53} do
		local x, y, z = a % b, a ^ b, math.fmod(a, b == 0 and 1 or b)
	end
end

--- random: ranges that are none
-- vm: passes
for _, range in ipairs {{0}, {-1}, {2, 1}, {2^53}} do pcall(math.random, unpack(range)) end

--- random: ranges beyond
-- vm: passes
-- gopher-lua: passes
for _, range in ipairs {{1, 2^53}, {-2^53, 2^53}, {-1e308, 1e308}, {1, 1/0}, {0/0, 0/0}, {5, 1}} do
	pcall(math.random, range[1], range[2])
end

--- randomseed: seeds that are none
-- vm: passes
for _, seed in ipairs {0/0, 1/0, -1/0, 2^63, -1, 1e308} do pcall(math.randomseed, seed) end
assert(type(math.random()) == "number")

--- ldexp and frexp
-- vm: passes
for _, x in ipairs {2^53, 1/0, 0/0, -2^63} do
	pcall(math.ldexp, 1, x)
	pcall(math.frexp, x)
end

--- string positions beyond
-- vm: passes
for _, at in ipairs {2^53, -2^53, 1/0, -1/0, 0/0, 2^63} do
	pcall(string.sub, "xyz", at, at)
	pcall(string.byte, "xyz", at, at)
	pcall(string.find, "xyz", "y", at)
	pcall(string.char, at)
end

--- bit: all numbers
-- vm: passes
-- gopher-lua: absent
for _, x in ipairs {2^31, 2^32, 2^53, -2^53, 1e308, 1/0, 0/0} do
	for _, f in pairs(bit) do pcall(f, x, x) end
end

--- time: overflows
-- vm: passes
-- gopher-lua: absent
for _, x in ipairs {2^31, 2^53, -2^53, 1e308, 1/0, 0/0} do
	pcall(os.date, "%c", x)
	pcall(os.date, "*t", x)
	pcall(os.time, {year = x, month = x, day = x, hour = x, min = x, sec = x})
	pcall(os.difftime, x, -x)
end

--- time: formats
-- vm: passes
-- gopher-lua: absent
for i = 0, 255 do pcall(os.date, "%" .. string.char(i), 0) end
pcall(os.date, ("%c"):rep(1e5), 0)
pcall(os.date, "%", 0)

--- collectgarbage: options and arguments
-- vm: passes
-- gopher-lua: absent
for _, what in ipairs {"stop", "restart", "setpause", "setstepmul", "count", "step", "collect"} do
	for _, x in ipairs {-1, 0, 2^31, 2^53, 1/0, 0/0} do pcall(collectgarbage, what, x) end
end
assert(not pcall(collectgarbage, "nonsense"))

--- collectgarbage: stopped, then much of it
-- vm: passes
-- gopher-lua: absent
collectgarbage "stop"
for i = 1, 2e5 do local t = {i} end
