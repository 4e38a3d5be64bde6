package lualib_test

import "testing"

// Arithmetic of strings, each with what LuaJIT prints.
func TestStringArithmetic(t *testing.T) {
	m := newVM(t)
	for source, want := range map[string]string{
		`print("010" + 0, "08" * 60, "09" - "1", -"08", -"0x10", " 5 " + 1)`:                 "10\t480\t8\t-8\t-16\t6\n",
		`print("10" % "3", "5" % -3, "-5" % 3, "7" / 2, "2" ^ "10", "0x1p4" + 0, "inf" * 1)`: "1\t-1\t1\t3.5\t1024\t16\tinf\n",
		`print(pcall(function() return "1_0" + 0 end))`:                                      "false\ttest.lua:1: attempt to perform arithmetic on a string value\n",
		`print(pcall(function() local s = "x" return 1 + s end))`:                            "false\ttest.lua:1: attempt to perform arithmetic on local 's' (a string value)\n",
		`print(pcall(function() local q = "zz" return -q end))`:                              "false\ttest.lua:1: attempt to perform arithmetic on local 'q' (a string value)\n",
		`print(pcall(function() local t = {} return "1" + t end))`:                           "false\ttest.lua:1: attempt to perform arithmetic on local 't' (a table value)\n",
		`print(pcall(function() return "y" + nothing end))`:                                  "false\ttest.lua:1: attempt to perform arithmetic on a string value\n",
		`print(pcall(function() return nothing - "1" end))`:                                  "false\ttest.lua:1: attempt to perform arithmetic on global 'nothing' (a nil value)\n",

		`local o = setmetatable({}, {__add = function(a, b) return type(a) .. type(b) end})
		print("1" + o, o + "1", "x" + o, o + "x")`: "stringtable\ttablestring\tstringtable\ttablestring\n",
		`local m = getmetatable("") local ours = m.__mod
		m.__mod = function(a, b) return a:format(b) end print("%d!" % 5) m.__mod = ours`: "5!\n",
	} {
		m.wantOutput(t, source, want)
	}
}
