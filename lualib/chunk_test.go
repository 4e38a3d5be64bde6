package lualib_test

import "testing"

// What a generic for calls has LuaJIT's name in errors, whichever instruction calls it.
func TestIteratorName(t *testing.T) {
	m := newVM(t)
	for _, source := range []string{
		`print(pcall(function() for k in string.rep, {} do end end))`,
		`local next = string.rep print(pcall(function() for k in next, {} do end end))`,
	} {
		m.wantOutput(t, source, "false\ttest.lua:1: bad argument #1 to '(for generator)' (string expected, got table)\n")
	}
}
