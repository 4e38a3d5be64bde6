package std_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
)

// Whatever is set and removed in whatever order, # is a border, pairs visits each value
// once, and a table has the value stored last.
func TestRandomListsHaveBorders(t *testing.T) {
	m := newMachine(t)
	m.wantOutput(t, fmt.Sprintf(`local seed = 1
		local function random(n) seed = (seed * 16807) %% 2147483647 return seed %% n end
		local function check(t, shadow, what)
			local n = #t
			if n > 0 and t[n] == nil or t[n + 1] ~= nil then error(what .. ": # is " .. n) end
			for k, v in pairs(shadow) do
				if t[tonumber(k)] ~= v then error(what .. ": lost " .. k) end
			end
			local count = 0
			for k, v in pairs(t) do
				if shadow[tostring(k)] ~= v then error(what .. ": wrong " .. k) end
				count = count + 1
			end
			for k in pairs(shadow) do count = count - 1 end
			if count ~= 0 then error(what .. ": pairs visits " .. count .. " more") end
		end
		for round = 1, %d do
			local t, shadow = round %% 3 == 0 and {1, 2, 3} or round %% 3 == 1 and {nil, 2} or {}, {}
			for k, v in pairs(t) do shadow[tostring(k)] = v end
			local range = 2 + random(14)
			for step = 1, 4 + random(40) do
				local k = random(range) - random(2) * random(3)
				local v = random(3) > 0 and step or nil
				if random(16) == 0 then
					k = #t
					table.remove(t)
					if k > 0 then shadow[tostring(k)] = nil end
				elseif random(16) == 0 then
					k = #t + 1
					t[k] = step
					shadow[tostring(k)] = step
				else
					t[k] = v
					shadow[tostring(k)] = v
				end
				check(t, shadow, "round " .. round .. ", step " .. step)
			end
		end
		print "done"`, detector.Part(3000)), "done\n")
}

// A key that has moved to the array leaves an entry behind, which no loop may go on from.
func TestPairsAfterAKeyHasMoved(t *testing.T) {
	newMachine(t).wantOutput(t, `local t = {nil, 2}
		local function show() local s = "" for k, v in pairs(t) do s = s .. k .. "=" .. v .. " " end print(s) end
		show() t[1] = 1 t[3] = 3 t[4] = 4 t.x = 5 show()`, "2=2 \n1=1 2=2 3=3 4=4 x=5 \n")
}

// Metatables also apply at the end of a list, and when they change.
func TestMetatablesThatChange(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"__newindex behind a list", `local log = {} local t = setmetatable({1, 2, 3}, {__newindex = function(t, k, v) rawset(log, #log + 1, k) end})
			for i = 4, 6 do t[i] = i end t[4] = 4 local k = 4 t[k] = k print(#t, table.concat(log, " "))`,
			"3\t4 5 6 4 4\n"},
		{"__newindex for a hole", `local log = 0 local t = setmetatable({1, nil, 3}, {__newindex = function(t, k, v) log = log + 1 end})
			local k = 2 t[k] = 1 t[2] = 1 print(log, t[2])`, "2\tnil\n"},
		{"taken away and set again", `local function f() return 1 end
			for _, name in ipairs {"__index", "__newindex", "__call", "__add", "__unm", "__concat", "__eq", "__lt", "__le"} do
				local m, calls = {}, 0
				local a, b = setmetatable({}, m), setmetatable({}, m)
				local function use()
					pcall(function() return a.x end) pcall(function() a.x = nil end) pcall(function() return a() end)
					pcall(function() return a + 1 end) pcall(function() return -a end) pcall(function() return a .. "" end)
					pcall(function() return a == b end) pcall(function() return a < b end) pcall(function() return a <= b end)
				end
				local function count() calls = calls + 1 end
				use() m[name] = count use() m[name] = nil use() m[name] = count use() rawset(m, name, nil) use() rawset(m, name, count) use()
				print(name, calls)
			end`, "__index\t3\n__newindex\t3\n__call\t3\n__add\t3\n__unm\t3\n__concat\t3\n__eq\t3\n__lt\t6\n__le\t3\n"},
		{"__tostring that formats in the middle of format", `local o = setmetatable({}, {__tostring = function()
				return ("<%s>"):format(("in"):rep(20)) end})
			print(("before %s %s %q"):format(o, "out", "q"))`, "before <" + strings.Repeat("in", 20) + "> out \"q\"\n"},
		{"a method of the object's own", `local class = {name = function() return "class" end} class.__index = class
			local o = setmetatable({a = 1, b = 2, c = 3}, class) local function call() return o:name() end
			print(call(), call()) o.name = function() return "own" end print(call(), call()) o.name = nil print(call())`,
			"class\tclass\nown\town\nclass\n"},
	} {
		t.Run(c.name, func(t *testing.T) { newMachine(t).wantOutput(t, c.source, c.want) })
	}
}

// A walk finds the live values, and nothing else.
func TestWhatIsLive(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"a function's environment", `local weak = setmetatable({}, {__mode = "v"})
			local function make() local env = {} weak[1] = env return setfenv(function() end, env) end
			local f = make() collectgarbage() print(weak[1] == getfenv(f)) f = nil collectgarbage() print(weak[1])`,
			"true\nnil\n"},
		{"an environment of a function of a chunk", `local weak = setmetatable({}, {__mode = "v"})
			local function make() local env = {} weak[1] = env return load("return function() end", "=x", "t", env)() end
			local f = make() collectgarbage() print(weak[1] ~= nil)`, "true\n"},
		{"the one that resumed a coroutine which has failed", `local weak, failed = setmetatable({}, {__mode = "v"})
			local function run()
				local outer = coroutine.create(function()
					failed = coroutine.create(function() error "x" end)
					coroutine.resume(failed)
				end)
				weak[1] = outer coroutine.resume(outer)
			end
			run() collectgarbage() print(weak[1], coroutine.status(failed))`, "nil\tdead\n"},
		{"the one that resumed a coroutine which has ended", `local weak, ended = setmetatable({}, {__mode = "v"})
			local function run()
				local outer = coroutine.create(function() ended = coroutine.create(function() end) coroutine.resume(ended) end)
				weak[1] = outer coroutine.resume(outer)
			end
			run() collectgarbage() print(weak[1], coroutine.status(ended))`, "nil\tdead\n"},
		{"the one that resumed a coroutine which has yielded", `local weak, inner = setmetatable({}, {__mode = "v"})
			local function run()
				local outer = coroutine.create(function() inner = coroutine.create(coroutine.yield) coroutine.resume(inner) end)
				weak[1] = outer coroutine.resume(outer)
			end
			run() collectgarbage() print(weak[1], coroutine.status(inner))`, "nil\tsuspended\n"},
		{"what gmatch iterates over, and what wrap holds", `local weak = setmetatable({}, {__mode = "v"})
			local function make() local t = {} weak[1] = t return coroutine.wrap(function() coroutine.yield(t) return t end) end
			local f = make() collectgarbage() print(weak[1] ~= nil) print(f() == weak[1]) f = nil collectgarbage() print(weak[1])`,
			"true\ntrue\nnil\n"},
		{"the identity of a variable", `local weak, x = setmetatable({}, {__mode = "v"}), 1
			local function f() return x end
			weak[1] = debug.upvalueid(f, 1) collectgarbage() print(weak[1])`, "nil\n"},
		{"the subject of gmatch, which is charged", `local f = ("x"):rep(2^20):gmatch("x") collectgarbage()
			print(collectgarbage("count") > 1024, f())`, "true\tx\n"},
		{"coroutines that wait for one another", `local weak = setmetatable({}, {__mode = "v"})
			local function outer()
				local t = {} weak[1] = t
				coroutine.wrap(function() coroutine.wrap(function() collectgarbage() end)() end)()
				return weak[1] == t
			end
			print(coroutine.wrap(outer)())`, "true\n"},
		{"strings in weak tables", `local t = setmetatable({}, {__mode = "kv"}) t[1] = "a" .. 1 t["b" .. 2] = "c" .. 3 t["x"] = {} collectgarbage()
			print(t[1], t.b2, t.x)`, "a1\tc3\tnil\n"},
		{"weak values of a table with weak keys, with finalizers", `local t, log = setmetatable({}, {__mode = "kv"}), {}
			local function put() local p = newproxy(true) getmetatable(p).__gc = function(p) log[#log + 1] = tostring(t[1]) end t[1] = p end
			put() collectgarbage() print(#log, log[1])`, "1\tnil\n"},
		{"a finalizer's order", `local log = {} for i = 1, 3 do local p = newproxy(true) getmetatable(p).__gc = function() log[#log + 1] = i end end
			collectgarbage() print(table.concat(log, " "))`, "3 2 1\n"},
		{"a walk finds the objects of finalizers that wait", `local keys, log = setmetatable({}, {__mode = "k"}), {}
			for i = 1, 3 do
				local p = newproxy(true)
				local meta = getmetatable(p)
				meta.held = {}
				keys[meta.held] = i
				meta.__gc = function(p)
					collectgarbage()
					log[#log + 1] = tostring(keys[getmetatable(p).held])
				end
			end
			collectgarbage() collectgarbage() print(table.concat(log, " "))`, "3 2 1\n"},
		{"a finalizer runs once", `local n, kept = 0 do local p = newproxy(true) getmetatable(p).__gc = function(p) n = n + 1 kept = p end end
			collectgarbage() kept = nil collectgarbage() collectgarbage() print(n)`, "1\n"},
	} {
		t.Run(c.name, func(t *testing.T) { newMachine(t).wantOutput(t, c.source, c.want) })
	}
}
