-- Tables that grow, lie about their size, or change while they are used.

--- growth: an array
-- vm: raises not enough memory
-- gopher-lua: host memory
local t = {}
while true do t[#t + 1] = {} end --!

--- growth: keys
-- vm: raises not enough memory
-- gopher-lua: host memory
local t, n = {}, 0
while true do --!
	n = n + 1.5
	t[n] = true --!
end

--- growth: tables in tables
-- vm: raises not enough memory
-- gopher-lua: host memory
local t = {}
while true do t = {t} end --!

--- growth: closures
-- vm: raises not enough memory
-- gopher-lua: host memory
local keep = {}
while true do --!
	local n = #keep --!
	keep[n + 1] = function() n = n + 1 return n end --!
end

--- growth: new globals
-- vm: raises not enough memory
-- gopher-lua: host memory
for i = 1, 1/0 do _G["g" .. i] = i end --!

--- growth: caught by pcall, again and again
-- vm: exhausted
-- gopher-lua: host memory
local keep = {}
while true do --!
	pcall(function() --!
		while true do keep[#keep + 1] = {} end --!
	end)
end

--- growth: in a weak table, freed again
-- vm: passes
-- gopher-lua: absent
local weak = setmetatable({}, {__mode = "k"})
for i = 1, 3e5 do weak[{}] = i end

--- holes: keys far out
-- vm: passes
-- gopher-lua: host memory
local t = {}
for _, key in ipairs {2^26, 2^30, 2^31, 2^32, 2^53, -2^31, -1, 0.5, 1e308, 1/0, -1/0} do t[key] = key end
assert(#t == 0 and t[2^53] == 2^53)

--- holes: a key that is not equal to itself
-- vm: raises table index is NaN
-- gopher-lua: host bug
local t = {}
t[0/0] = 1 --!

--- holes: an array emptied from the front
-- vm: passes
local t = {}
for i = 1, 1e4 do t[i] = i end
for i = 1, 1e4 - 1 do t[i] = nil end
assert(#t == 1e4 or #t == 0)

--- unpack: a huge range
-- vm: raises too many results to unpack
-- gopher-lua: raises registry overflow
local t = {unpack({}, 1, 1e8)} --!

--- unpack: a range at the end of numbers
-- vm: passes
-- gopher-lua: host time
assert(not pcall(unpack, {}, -2^31, 2^31 - 1))
pcall(unpack, {}, 2^31 - 10, 2^53)
pcall(unpack, {}, 2^31 - 10, 2^31 - 1)

--- unpack: nearly too much, as arguments
-- vm: passes
-- gopher-lua: host bug
local t = {}
for i = 1, 7000 do t[i] = i end
assert(select("#", unpack(t)) == 7000 and math.max(unpack(t)) == 7000)

--- select: with counts beyond
-- vm: raises bad argument #1 to 'select' (index out of range)
-- gopher-lua: raises bad argument #1 to select
local x = select(-5, 1, 2) --!

--- insert: far out
-- vm: stopped
-- gopher-lua: host memory
while true do table.insert({}, -2^31, 1) end --!

--- insert: always at the front
-- vm: stopped
-- gopher-lua: stopped
local t = {}
while true do table.insert(t, 1, 1) end --!

--- remove: of what is not there, for ever
-- vm: stopped
while true do table.remove({}) end --!

--- sort: a comparison that lies
-- vm: raises invalid order function for sorting
-- gopher-lua: passes
local t = {}
for i = 1, 500 do t[i] = i % 7 end
table.sort(t, function() return true end) --!

--- sort: a comparison by chance
-- vm: passes
-- gopher-lua: passes
local t = {}
for i = 1, 500 do t[i] = i end
pcall(table.sort, t, function() return math.random() < 0.5 end)
local sum = 0
for i = 1, 500 do sum = sum + t[i] end
assert(sum > 0)

--- sort: a comparison that empties the table
-- vm: passes
local t = {}
for i = 1, 300 do t[i] = (i * 7919) % 300 end
pcall(table.sort, t, function(a, b)
	for i = 1, 300 do t[i] = nil end
	return (a or 0) < (b or 0)
end)

--- sort: a comparison that raises
-- vm: raises no order
local t = {3, 2, 1}
table.sort(t, function() error("no order") end) --!

--- sort: a comparison that never ends
-- vm: stopped
local t = {3, 2, 1}
table.sort(t, function() while true do end end) --!

--- sort: the worst case for quicksort
-- vm: passes
-- gopher-lua: passes
local t, n, gas, solid, candidate = {}, 2000, 2000, 0, 0 -- McIlroy's adversary
local values = {}
for i = 1, n do t[i], values[i] = i, gas end
table.sort(t, function(a, b)
	if values[a] == gas and values[b] == gas then
		if a == candidate then values[a] = solid else values[b] = solid end
		solid = solid + 1
	end
	if values[a] == gas then candidate = a elseif values[b] == gas then candidate = b end
	return values[a] < values[b]
end)
assert(#t == n)

--- sort: sorting itself while sorting
-- vm: passes
local t = {5, 4, 3, 2, 1}
local deep = 0
pcall(table.sort, t, function(a, b)
	deep = deep + 1
	if deep < 20 then pcall(table.sort, t) end
	return a < b
end)

--- next: a key that is not there
-- vm: raises invalid key to 'next'
-- gopher-lua: host bug
local k = next({}, "nothing") --!

--- pairs: new keys on the way
-- vm: stopped
-- gopher-lua: stopped
local t = {1}
while true do --!
	for k in pairs(t) do --!
		t = {[k .. "x"] = 1} --!
		break --!
	end --!
end --!

--- pairs: a table emptied on the way
-- vm: passes
local t = {}
for i = 1, 1000 do t[i], t["k" .. i] = i, i end
for k in pairs(t) do t[k] = nil end
assert(next(t) == nil)

--- length: __len that lies
-- vm: passes
local t = setmetatable({1, 2, 3}, {__len = function() return 2^53 end})
table.sort(t)
assert(#table.concat(t) <= 3 and select("#", unpack(t)) <= 3)

--- foreach: over itself
-- vm: stopped
-- gopher-lua: absent
local t = {1}
while true do table.foreach(t, function(k) t[k] = 2 end) end --!

--- move: a huge range
-- vm: stopped
-- gopher-lua: absent
while true do --!
	pcall(table.move, {}, 1, 2^31 - 2, 2, {}) --!
end
