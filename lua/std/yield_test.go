package std_test

import "testing"

// How the values given to resume reach a coroutine that has yielded, each with LuaJIT's
// output.
func TestYield(t *testing.T) {
	m := newMachine(t)
	for name, c := range map[string]struct{ source, want string }{
		"nothing where a value is wanted": {
			`local co = coroutine.wrap(function() local a, b = coroutine.yield() return a == nil, type(b), b or 1 end)
			co() print(co())`, "true\tnil\t1\n"},
		"fewer values than wanted": {
			`local co = coroutine.wrap(function() local a, b, c = coroutine.yield() local function f() return c end return a, b, f() end)
			co() print(co(1))`, "1\tnil\tnil\n"},
		"more values than wanted": {
			`local co = coroutine.wrap(function() local a, b = coroutine.yield() local c, d return a, b, c, d, {coroutine.yield()} end)
			co() co(1, 2, 3, 4) local t = select(5, co(1, 2, 3)) print(#t)`, "3\n"},
		"to a variable further down": {
			`local co = coroutine.wrap(function() local a, b, c = 1, 2, 3 a, b = coroutine.yield() return a, b, c end)
			co() print(co())`, "nil\tnil\t3\n"},
		"in a condition": {
			`local co = coroutine.wrap(function() local n = 0 while not coroutine.yield(n) do n = n + 1 end return "end" end)
			print(co(), co(), co(false), co(true))`, "0\t1\t2\tend\n"},
		"a tail call": {
			`local co = coroutine.create(function(...) return coroutine.yield(...) end)
			print(coroutine.resume(co, 1, 2)) print(coroutine.resume(co, 3, 4)) print(coroutine.resume(co))`,
			"true\t1\t2\ntrue\t3\t4\nfalse\tcannot resume dead coroutine\n"},
		"a tail call further down": {
			`local function ask(...) return coroutine.yield(...) end
			local co = coroutine.wrap(function(...) local a, b, c = ask(1) return c, b, a, ask(2) end)
			print(co()) print(co(5, 6)) print(co())`, "1\n2\nnil\t6\t5\n"},
		"as an iterator": {
			`local co = coroutine.wrap(function() for v in coroutine.yield do print(v) end return "end" end)
			co() co(1) print(co())`, "1\nend\n"},
		"where an error says it is": {
			`print(pcall(function() coroutine.yield() end))
			print(pcall(coroutine.yield))
			print(pcall(function() return coroutine.yield() end))`,
			"false\ttest.lua:1: attempt to yield across C-call boundary\n" +
				"false\tattempt to yield across C-call boundary\nfalse\tattempt to yield across C-call boundary\n"},
	} {
		t.Run(name, func(t *testing.T) { m.wantOutput(t, c.source, c.want) })
	}
}
