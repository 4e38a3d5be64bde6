package lualib_test

import "testing"

func TestTableModules(t *testing.T) {
	m := newVM(t)
	m.wantOutput(t, `print(table.new, table.clear)
		local new, clear = require "table.new", require "table.clear"
		print(table.new == new, package.loaded["table.clear"] == clear)
		local t = setmetatable(new(3, 1e9), {}) t[1], t[2], t[3], t.x = 1, 2, 3, 4
		print(clear(t)) print(next(t), #t, getmetatable(t) ~= nil)
		t[1] = "again" print(#t, t[1])
		print((select(2, pcall(clear, 1))))`,
		"nil\tnil\ntrue\ttrue\n\nnil\t0\ttrue\n1\tagain\nbad argument #1 to '?' (table expected, got number)\n")
}
