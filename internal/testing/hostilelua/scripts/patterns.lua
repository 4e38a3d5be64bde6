-- Patterns that take ever longer, or recurse.

--- backtracking: many repetitions
-- vm: stopped
-- gopher-lua: host time
local s, pattern = ("a"):rep(3000), (".-"):rep(12) .. "b"
while true do s:find(pattern) end --!

--- backtracking: greedy ones
-- vm: stopped
-- gopher-lua: host time
local s, pattern = ("a"):rep(3000), ("a*"):rep(12) .. "b"
while true do s:match(pattern) end --!

--- backtracking: optional items
-- vm: stopped
-- gopher-lua: host time
local s, pattern = ("a"):rep(28), ("a?"):rep(28) .. ("a"):rep(29)
while true do pcall(string.find, s, pattern) end --!

--- backtracking: captures
-- vm: stopped
-- gopher-lua: host time
local s, pattern = ("a"):rep(2000), ("(.-)"):rep(10) .. "b"
while true do s:match(pattern) end --!

--- backtracking: gsub at each place
-- vm: stopped
-- gopher-lua: host time
local s = ("a"):rep(3000)
while true do s:gsub(".-.-.-.-b", "") end --!

--- balance: never balanced
-- vm: stopped
-- gopher-lua: host time
local s = ("("):rep(2e5)
while true do s:find("%b()x") end --!

--- frontier: at each place
-- vm: stopped
-- gopher-lua: stopped
local s = ("a b "):rep(100)
while true do s:gsub("%f[%w].-%f[%W]-", "%0") end --!

--- back reference: of a long capture
-- vm: stopped
-- gopher-lua: host time
local s = ("a"):rep(5000)
while true do s:find("(a*)(a*)%1%2b") end --!

--- depth: items that nest
-- vm: raises not enough memory
-- gopher-lua: host stack
local i = ("a"):rep(3e5):find(("a?"):rep(3e5)) --!

--- depth: captures without end
-- vm: raises too many captures
-- gopher-lua: host bug
local i = ("a"):rep(100):find(("()"):rep(100)) --!

--- a set of a million bytes
-- vm: stopped
-- gopher-lua: host time
local s, set = ("x"):rep(20000), "[" .. ("a"):rep(1e6) .. "]"
while true do s:find(set) end --!

--- malformed: a set that is open
-- vm: raises malformed pattern (missing ']')
-- gopher-lua: host bug
local i = ("x"):find("[a") --!

--- malformed: an escape at the end
-- vm: raises malformed pattern (ends with '%')
-- gopher-lua: host bug
local i = ("x"):find("%") --!

--- malformed: a balance without its pair
-- vm: raises unbalanced pattern
-- gopher-lua: host bug
local i = ("x"):find("%b") --!

--- malformed: a frontier without a set
-- vm: raises missing '[' after '%f' in pattern
-- gopher-lua: host bug
local i = ("x"):find("%f") --!

--- malformed: a capture that is not finished
-- vm: raises unfinished capture
-- gopher-lua: raises
local i = ("x"):find("(x") --!

--- malformed: a reference to a capture that is open
-- vm: raises invalid capture index
-- gopher-lua: host bug
local i = ("xx"):find("(x%1)") --!

--- malformed: a replacement that ends in %
-- vm: passes
local s = ("x"):gsub("x", "%") --!

--- gmatch: empty matches
-- vm: passes
local n = 0
for _ in ("x"):rep(1e4):gmatch("()") do n = n + 1 end
assert(n == 1e4 + 1)

--- gmatch: for ever over fresh strings
-- vm: stopped
while true do --!
	for word in ("a b c"):gmatch("%a") do end --!
end --!

--- find: plain, the worst case
-- vm: stopped
-- gopher-lua: stopped
local s, needle = ("a"):rep(1e5), ("a"):rep(5e4) .. "b"
while true do s:find(needle, 1, true) end --!

--- find: starts beyond
-- vm: passes
for _, at in ipairs {2^31, 2^53, -2^53, 10, 1/0, -1/0, 0/0} do
	local from = ("x"):find("x", at)
	assert(from == nil or from == 1)
	string.find("x", "", at)
end
