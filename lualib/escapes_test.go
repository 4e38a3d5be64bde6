package lualib_test

import "testing"

func TestEscapesOfLuaJIT(t *testing.T) {
	m := newVM(t)
	m.wantOutput(t, `print(#"\xDE\xAD\xbe\xef", ("\xDE\xad1"):byte(1, -1))`, "4\t222\t173\t49\n")
	m.wantOutput(t, `print('\u{20AC}' == "\226\130\172", "\\x41", [[\x41]], [==[]]\x41]==])`, "true\t\\x41\t\\x41\t]]\\x41\n")
	m.wantOutput(t, "print(\"a\\z   \n   b\", '\\'\\x41') -- it's \\x41\nprint(select(2, pcall(error, 'x', 1)), (select(2, pcall(function() error 'line' end))))",
		"ab\t'A\nx\ttest.lua:3: line\n")
	m.wantOutput(t, "--[[ ' \\x41 ]] print \"\\x42\" --[==[ \" \n]==] print '\\x43'", "B\nC\n")
}
