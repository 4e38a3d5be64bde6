package std_test

import "testing"

// a .. b, each with LuaJIT's output.
func TestConcat(t *testing.T) {
	m := newMachine(t)
	for source, want := range map[string]string{
		`print("x" .. 0.1 + 0.2, 1 .. "", -0.0 .. "", 2^53 .. "", 1e15 .. "", 1/0 .. "")`: "x0.3\t1\t-0\t9.007199254741e+15\t1e+15\tinf\n",
		`local s = "" for i = 1, 12 do s = s .. i .. "," end print(s)`:                    "1,2,3,4,5,6,7,8,9,10,11,12,\n",
		`print(#(("x"):rep(100) .. ("y"):rep(100) .. 1), "\0" .. "\255" == "\0\255")`:     "201\ttrue\n",

		// The metamethod of the left operand wins. The operands before a result are
		// joined with it.
		`local function name(v) return type(v) == "table" and v.n or v end
		local function new(n) return setmetatable({n = n}, {__concat = function(a, b) return n .. "(" .. name(a) .. "," .. name(b) .. ")" end}) end
		local A, B = new "A", new "B"
		print(A .. 1, 1 .. A, A .. B, 1 .. 2 .. A .. 3 .. 4, "x" .. B .. "y" .. A .. "z")`: "A(A,1)\tA(1,A)\tA(A,B)\t12A(A,34)\txB(B,yA(A,z))\n",
		`local t = setmetatable({}, {__concat = function() return {} end}) print(type("a" .. t), pcall(function() ` +
			`return "b" .. ("a" .. t) end))`: "table\tfalse\ttest.lua:1: attempt to concatenate a table value\n",
		`local call = setmetatable({}, {__call = function(_, a, b) return "called" end}) print(setmetatable({}, ` +
			`{__concat = call}) .. 1)`: "called\n",
	} {
		m.wantOutput(t, source, want)
	}
}

// A value that cannot be joined has LuaJIT's name for it in the error.
func TestConcatNames(t *testing.T) {
	m := newMachine(t)
	for source, want := range map[string]string{
		`local a return "x" .. a`: "local 'a' (a nil value)",
		`local a return a .. "x"`: "local 'a' (a nil value)",
		`local a local function f() return "x" .. a .. "y" end return f()`: "upvalue 'a' (a nil value)",
		`return 1 .. nothing`: "global 'nothing' (a nil value)",
		`local t = {} return "x" .. tostring(1) .. t.name .. "y" .. t`:                             "local 't' (a table value)",
		`local t = {} return "x" .. tostring(1) .. t.name .. "y"`:                                  "field 'name' (a nil value)",
		`local t = {} return t.name .. ("y"):rep(2) .. #t`:                                         "field 'name' (a nil value)",
		`local t = {} return t[1] .. "x"`:                                                          "a nil value",
		`return "x" .. (nil) .. true`:                                                              "a nil value",
		`return "x" .. (function() end)() .. "y"`:                                                  "a nil value",
		`local a, b = true, {} return "x" .. (a and b) .. "y"`:                                     "local 'b' (a table value)",
		`local t = setmetatable({}, {__concat = function() return {} end}) return "x" .. t .. "y"`: "local 't' (a table value)",
	} {
		m.wantOutput(t, "print(select(2, pcall(function() "+source+" end)))", "test.lua:1: attempt to "+
			"concatenate "+want+"\n")
	}
}

// Arithmetic of strings, each with LuaJIT's output.
func TestStringArithmetic(t *testing.T) {
	m := newMachine(t)
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
		`local m = getmetatable("") m.__mod = function(a, b) return a:format(b) end print("%d!" % 5) m.__mod = nil`: "5!\n",
	} {
		m.wantOutput(t, source, want)
	}
}

// The iterator of a generic for has LuaJIT's name in errors, whichever instruction calls
// it.
func TestIteratorName(t *testing.T) {
	m := newMachine(t)
	for _, source := range []string{
		`print(pcall(function() for k in string.rep, {} do end end))`,
		`local next = string.rep print(pcall(function() for k in next, {} do end end))`,
	} {
		m.wantOutput(t, source, "false\ttest.lua:1: bad argument #1 to '(for generator)' (string expected, got "+
			"table)\n")
	}
}
