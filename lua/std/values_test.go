package std_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// valuesOf returns the results of a chunk, as text.
func valuesOf(source string) (string, error) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	if err := std.Open(s, std.Options{}); err != nil {
		return "", err
	}
	if err := verified(source); err != nil {
		return "", err
	}
	results, err := s.Run([]byte(source), "=test.lua")
	if err != nil {
		return "", err
	}
	texts := make([]string, len(results))
	for i, v := range results {
		texts[i] = v.Describe()
	}
	return strings.Join(texts, " "), nil
}

// Results of programs, the same as LuaJIT's.
func TestValues(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"remainders of variables", "local a, b = -5, 3 return a % b, a % 3, -5 % b, b % a, 5 % -b, -a % -b, a " +
			"% 2.5, " +
			"5.5 % -b", "1 1 1 -2 -1 -1 0 -0.5"},
		{"remainders whose sign is zero's", "local z, b = 0, 3 return 1 / (z % b), 1 / (z % -b), 1 / ((z * -1) % b), " +
			"1 / (6 % b), 1 / (-6 % b), 1 / ((z * -1) % 3)", "inf inf inf inf inf inf"},
		{"varargs in parentheses", "local function f(...) return (...) end local function g(...) local t = {(...)} " +
			"return #t end return select('#', f(1, 2)), g(1, 2, 3), select('#', (f(1, 2)), (f()))", "1 1 2"},
		{"zeros with a sign", "local z = 0 return 1 / (-z), 1 / (z * -1), -z == 0, z * -1 == -0, -z ~= 0, 1 / (0 - z)",
			"-inf -inf true true false inf"},
		{"loops downwards", "local s = '' for i = 3, 1, -1 do s = s .. i end for i = 1, 0, -0.25 do s = s .. ' " +
			"' .. i " +
			"end for i = 1, 2, -1 do s = s .. '!' end return s", "321 1 0.75 0.5 0.25 0"},
		{"loops upwards", "local s = '' for i = 1, 3 do s = s .. i end for i = 0, 1, 0.25 do s = s .. ' ' .. i end " +
			"for i = 2, 1 do s = s .. '!' end return s", "123 0 0.25 0.5 0.75 1"},
		{"fewer varargs than variables", "local function dirty() local a, b, c, d, e, f = 1, 2, 3, 4, 5, 6 " +
			"return a + " +
			"f end local function f(...) local a, b, c = ... return c, b, a end dirty() return f(1)", "nil nil 1"},
		{"comparisons of variables", "local a, b = 1, 2 return a > b, b > a, a >= b, b >= a, a >= a, a > a, a " +
			"<= a, a < a",
			"false true false true true false true false"},
		{"comparisons with numerals", "local a = 1 return a <= 1, a < 1, a >= 1, a > 1, 1 <= a, 1 < a, 1 >= a, " +
			"1 > a, " +
			"a == 1, a ~= 1, 1 == a", "true false true false true false true false true false true"},
		{"comparisons with NaN", "local n = 0 / 0 return n < 1, n <= 1, n > 1, n >= 1, n == n, n ~= n, not (n < " +
			"1), 1 " +
			"< n, not (n >= 1)", "false false false false false true true false true"},
		{"constructors that end in a call", "local function f() return 3, 4 end local t = {1, 2, f()} local u = " +
			"{f(), " +
			"f()} local v = {f(), 5, (f())} return #t, t[1], t[2], t[3], t[4], #u, u[1], u[2], u[3], #v, v[1], " +
			"v[2], v[3]",
			"4 1 2 3 4 3 3 3 4 3 3 5 3"},
		{"constructors of many items and a call", "local function f() return 'a', 'b' end local t = " +
			"{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,f()} return #t, t[1], t[50], t[51], t[53], t[54], t[55]", "55 1 50 51 53 a b"},
		{"tail calls of functions with varargs", "local function f(n, ...) if n == 0 then return select('#', ...), " +
			"... end return f(n - 1, ...) end return f(100), f(100, nil, 'x', nil)", "0 3 nil x nil"},
		{"tail calls with fewer arguments than parameters", "local function g(a, b, c) return a, b, c end local " +
			"function f(a, b, c, ...) return g(a) end return f(1, 2, 3, 4)", "1 nil nil"},
		{"powers and roots", "local a, b = 2, 0.5 return a ^ 2, a ^ b, 4 ^ b, 2 ^ a, (-a) ^ 2, a ^ -1, a ^ 3",
			"4 1.4142135623731 2 4 4 0.5 8"},
		{"mixed operands", "local a, s = 3, '4' return a + s, s + a, s - 1, 1 - s, s * 2, 2 * s, s / 2, 2 / s, " +
			"s % 3, " +
			"3 % s, s ^ 2, 2 ^ s, -s", "7 7 3 -3 8 8 2 0.5 1 3 16 16 -4"},
		{"zeros of numerals", "return 1 / -0, 1 / (0 * -1), 1 / (0 / -5), 1 / (-1 % 1), 1 / (0 - 0), 1 / (-0 + 0)",
			"-inf -inf -inf inf inf inf"},
		{"swap of locals", "local a, b = 1, 2 a, b = b, a return a, b", "2 1"},
		{"swap of parameters", "local function f(p, q) p, q = q, p return p, q end return f(7, 1)", "1 7"},
		{"greatest common divisor", "local a, b = 48, 18 while b ~= 0 do a, b = b, a % b end return a", "6"},
		{"rotation of three", "local a, b, c = 1, 2, 3 a, b, c = c, a, b return a, b, c", "3 1 2"},
		{"call and operation", "local function f(c) local a = 64 c, a = math.floor(c / 64), a / 2 return c, a end " +
			"return f(1000)", "15 32"},
		{"variable and field", "local i, t = 1, {} i, t[i] = i + 1, 20 return i, t[1], t[2]", "2 20 nil"},
		{"field and variable", "local t, a = {}, 1 t.x, a = a, 5 return t.x, a", "1 5"},
		{"table exchanged", "local t, u = {}, {} local first = t t, t.x = u, 1 return first.x, t == u, u.x",
			"1 true nil"},
		{"table exchanged by a call", "local t = {} local first, f = t, function() return 1, 2 end t.x, t = f() " +
			"return first.x, t", "1 2"},
		{"variable and its field", "local a, b = {}, 5 local first = a a, a.x = b return a, first.x", "5 nil"},
		{"table exchanged by a call, then its field", "local t = {} local first, f = t, function() t = {} " +
			"return 1, 2 " +
			"end t, t.x = f() return t, first.x", "1 nil"},
		{"index changed by a call, then its element", "local i, t = 1, {} local function f() i = 2 return 5, 6 " +
			"end i, " +
			"t[i] = f() return i, t[1], t[2]", "5 nil 6"},
		{"element, then its index changed by a call", "local i, t = 1, {} local function f() i = 2 return 5, 6 end " +
			"t[i], i = f() return i, t[1], t[2]", "6 5 nil"},
		{"two fields", "local t = {1, 2} t[1], t[2] = t[2], t[1] return t[1], t[2]", "2 1"},
		{"upvalues exchanged", "local a, b = 1, 2 local function f() a, b = b, a end f() return a, b", "2 1"},
		{"globals exchanged", "x, y = 1, 2 x, y = y, x return x, y", "2 1"},
		{"too few values", "local a, b, c = 1, 2, 3 a, b, c = b, a return a, b, c", "2 1 nil"},
		{"too many values", "local seen local a, b = 1, 2 a, b = b, a, (function() seen = true end)() return a, " +
			"b, seen",
			"2 1 true"},
		{"the last one expands", "local a, b, c = 1, 2, 3 a, b, c = c, (function() return a, b end)() return a, b, c",
			"3 1 2"},
		{"one to the same place", "local t = {} local a a, t.x, t.x = 1, 2, 3 return a, t.x", "1 2"},
		{"call to the last parameter", "local function f(a) local b = 5 a = math.max(1, 2) return a, b end return f(1)",
			"2 5"},
		{"and, of what is nil", "local x = 1 x = nothing and 5 return x", "nil"},
		{"or, then and, of the target", "local x, y, z = 1, 2, 3 x = (y or z) and x return x", "1"},
		{"and, then or, of the target", "local x, y = 1, false x = y and 2 or x return x", "1"},
		{"not, in the middle", "local x = 3 x = not x and 1 or x return x", "3"},
		{"comparison, in the middle", "local x = 3 x = (x > 2) and x < 9 and x return x", "3"},
		{"constants in and, or", "return nil and 1, false or nil, 1 and nil or 2, true and false or 3, nil or " +
			"false and 1",
			"nil nil 2 3 false"},
		{"comparison with nan", "local n = 0/0 return n < 1, n >= 1, not (n < 1), not (n >= 1), n ~= n",
			"false false true true true"},
		{"condition of constants", "local n = 0 while (nil and y) or n < 3 do n = n + 1 end if false or n == 3 and " +
			"true then return n end", "3"},
		{"function does not see its variable", "local tostring = function(x) return 'my' .. tostring(x) end return " +
			"tostring(1)", "my1"},
		{"local function sees itself", "local function f(n) return n == 0 and 1 or n * f(n - 1) end return f(5)",
			"120"},
		{"0 and -0", "local a, b = 0, -0 return 1/a, 1/b, 1/(0 * -1), 1/-a", "inf -inf -inf -inf"},
		{"folding", "return 2^3 * 2 - -1, 7 % 3, 1/4, -2^2, 2^-1, 1/0, -(0/0) ~= 0/0", "17 1 0.25 -4 0.5 inf true"},
		{"varargs in the middle", "local function f(...) local a, b = ..., 5 return a, b, (...), select('#', " +
			"...) end " +
			"return f(1, nil, nil)", "1 5 1 3"},
		{"varargs to a low variable", "local function f(...) local a, b, c = 1, 2, 3 a = ... return a, b, c, a + " +
			"setmetatable({}, {__add = function() return 9 end}) end return f(7, 8)", "7 2 3 9"},
		{"results of calls", "local function v(...) return ... end return v(1, 2), (v(3, 4)), v(), v(5, 6)",
			"1 3 nil 5 6"},
		{"tail call", "local function f(a, b, c) return b end local function g(...) return f(...) end return " +
			"g(1, 2, 3)", "2"},
		{"endless tail calls", "local function f(n) if n == 0 then return 'done' end return f(n - 1) end return " +
			"f(100000)",
			"done"},
		{"repeated parameter", "local function f(a, a) return a end return f(1, 2)", "2"},
		{"method calls", "local t = {n = 1} function t:add(k) self.n = self.n + k return self end return " +
			"t:add(2):add(3).n, ('x'):rep(3)", "6 xxx"},
		{"nested names", "local t = {a = {}} function t.a.f(x) return x end function t.a:g(x) return self == t.a, x " +
			"end return t.a.f(3), t.a:g(4)", "3 true 4"},
		{"goto leaves other upvalues alone", "local n = 0 local function inc() n = n + 1 end for i = 1, 3 do if i == " +
			"2 then goto continue end inc() ::continue:: end return n", "2"},
		{"goto back closes", "local fs, i = {}, 1 ::top:: local k = i fs[i] = function() k = k + 1 return k end " +
			"i = i " +
			"+ 1 if i <= 3 then goto top end return fs[1](), fs[1](), fs[2](), fs[3]()", "2 3 3 4"},
		{"goto back closes what is captured below it", "local fs, i = {}, 0 do ::top:: local k = i if i > 0 and " +
			"i < 3 " +
			"then i = i + 1 fs[i] = function() k = k + 10 return k end goto top end fs[i + 1] = function() k = " +
			"k + 10 " +
			"return k end if i == 0 then i = 1 goto top end end return fs[1](), fs[1](), fs[2](), fs[3]()",
			"10 20 11 12"},
		{"goto out of a captured block", "local f do local x = 1 do local y = 2 f = function() y = y + 1 return " +
			"y end " +
			"goto out end end ::out:: local a, b, c = 7, 8, 9 return f(), f(), a, b, c", "3 4 7 8 9"},
		{"an inner label wins", "local n = 0 ::a:: n = n + 1 do if n == 1 then goto a end n = n + 10 ::a:: end " +
			"return n", "1"},
		{"break closes", "local f while true do local x = 1 do local y = 2 f = function() return y end break end end " +
			"local a, b, c, d = 7, 8, 9, 10 return f()", "2"},
		{"each turn has its own", "local fs = {} for i = 1, 3 do fs[i] = function() i = i + 1 return i end end " +
			"return " +
			"fs[1](), fs[1](), fs[2](), fs[3]()", "2 3 3 4"},
		{"each turn of while has its own", "local fs, i = {}, 0 while i < 3 do i = i + 1 local k = i fs[i] = " +
			"function() k = k + 1 return k end end return fs[1](), fs[1](), fs[2](), fs[3]()", "2 3 3 4"},
		{"until sees the block", "local fs, n = {}, 0 repeat local k = n fs[#fs + 1] = function() return k end n = n " +
			"+ 1 until k >= 2 return #fs, fs[1](), fs[2](), fs[3]()", "3 0 1 2"},
		{"until captures", "local fs, n = {}, 0 repeat local k = n n = n + 1 until (function() fs[n] = function() " +
			"return k end return k >= 2 end)() return #fs, fs[1](), fs[2](), fs[3]()", "3 0 1 2"},
		{"break out of repeat", "local fs, n = {}, 0 repeat local k = n fs[#fs + 1] = function() k = k + 1 return k " +
			"end n = n + 1 if n == 2 then break end until false return fs[1](), fs[1](), fs[2]()", "1 2 2"},
		{"shadowed names", "local x = 1 local f = function() return x end local x = 2 local g = function() return x " +
			"end return f(), g()", "1 2"},
		{"upvalue through two functions", "local x = 1 local function f() return function() x = x + 1 return x end " +
			"end return f()(), f()(), x", "2 3 3"},
		{"for over next without control", "local t, n = {1, 2, 3}, 0 string.format('%d%d%d', 1, 2, 3) for k, v in " +
			"next, t do n = n + v end return n", "6"},
		{"for over a call's state", "local function g() return {1, 2, 3} end local n = 0 for k in next, g() do n = n " +
			"+ k end return n", "6"},
		{"for with many names", "local n = '' for a, b, c, d in function(_, i) i = i or 0 if i < 2 then return " +
			"i + 1, " +
			"'b', 'c' end end do n = n .. a .. b .. c .. tostring(d) end return n", "1bcnil2bcnil"},
		{"for ends at nil, not at false", "local s, n = '', 0 for v in function() n = n + 1 if n == 1 then return " +
			"false elseif n == 2 then return 1 end end do s = s .. tostring(v) end return s, n", "false1 3"},
		{"an iterator yields", "local co = coroutine.wrap(function() local i = 0 for x, y in function() i = i + 1 " +
			"coroutine.yield('y' .. i) if i < 3 then return i, i * 2 end end do coroutine.yield(x + y) end " +
			"return 'end' " +
			"end) return co(), co(), co(), co(), co(), co()", "y1 3 y2 6 y3 end"},
		{"the loop's own control", "local s = '' for a in function(_, c) if (c or 0) < 2 then return (c or 0) + " +
			"1 end " +
			"end do s = s .. a a = 100 end return s", "12"},
		{"numeric for", "local s = '' for i = 3, 1, -1 do s = s .. i end for i = 1, 0 do s = 'never' end for i = 0, " +
			"1, 0.5 do s = s .. ',' .. i * 2 end return s", "321,0,1,2"},
		{"fields by call", "local function v(...) return ... end local t = {1, v(2, 3), x = 4} return t[2], t[3], t.x",
			"2 nil 4"},
		{"last field by call", "local function v(...) return ... end local t = {x = 4, v(1, 2), v(3, 4)} return " +
			"t[1], " +
			"t[2], t[3], #t, t.x", "1 3 4 3 4"},
		{"last field with a key", "local function v(...) return ... end local t = {(v(1, 2)), [5] = v(6, 7)} return " +
			"t[1], t[2], t[5], t[6]", "1 nil 6 nil"},
		{"chain of concatenation", "local s = 'a' s = s .. 1 .. s .. (2 .. 3) .. s .. s .. s .. s .. s .. s .. " +
			"s return s",
			"a1a23aaaaaaa"},
		{"concatenation by a metamethod", "local m = setmetatable({}, {__concat = function(a, b) return (type(a) == " +
			"'table' and 'T' or a) .. (type(b) == 'table' and 'T' or b) end}) return 'x' .. m .. 'y' .. 1, m .. m",
			"xTy1 TT"},
		{"too deep to fold", "return 1+1+1+1+1+1+1+1+1+1+1+1", "12"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := valuesOf(c.source); err != nil || got != c.want {
				t.Errorf("returns %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// Constructors around the sizes at which the VM stores their items.
func TestConstructors(t *testing.T) {
	sizes := []int{0, 1, 49, 50, 51, 99, 100, 101, 511, 512, 25_549, 25_550, 25_551, 30_000}
	for _, items := range detector.Some(sizes) {
		for _, c := range []struct{ name, fields, want string }{
			{"items", "", fmt.Sprint(items, " nil nil")},
			{"a key behind them", "x = tostring(5)", fmt.Sprint(items, " 5 nil")},
			{"results behind them", "f()", fmt.Sprint(items+2, " nil 9")},
			{"both", "x = tostring(5), f()", fmt.Sprint(items+2, " 5 9")},
		} {
			source := "local function f() return 8, 9 end local t = {" + strings.Repeat("7, ", items) + c.fields +
				"}\n" +
				fmt.Sprintf("for i = 1, %d do if t[i] ~= 7 then return 'item', i, t[i] end end ", items) +
				fmt.Sprintf("return #t, t.x, t[%d]", items+2)
			if got, err := valuesOf(source); err != nil || got != c.want {
				t.Errorf("%d items, %s: %q, %v, want %q", items, c.name, got, err, c.want)
			}
		}
	}
	deep := "local t = " + strings.Repeat("{1, 2, 3, 4, 5, ", 150) + "6" + strings.Repeat("}", 150) + " return t" +
		strings.Repeat("[6]", 150)
	if got, err := valuesOf(deep); err != nil || got != "6" {
		t.Errorf("nested constructors: %q, %v, want 6", got, err)
	}
}

// Constants whose index an operand cannot name.
func TestManyConstants(t *testing.T) {
	var source strings.Builder
	source.WriteString("local t, n = {}, 0\n")
	for i := range 600 {
		fmt.Fprintf(&source, "t.k%d = %d.5 t['k%d'] = t.k%d + %d n = n + t.k%d\n", i, i, i, i, i, i)
	}
	source.WriteString("local turns = 0 for v in function() if turns < 2 then return false end end do turns = " +
		"turns + 1 end\n")
	source.WriteString("function t:method599(a) return a + self.k599 end return n, t.k599, t:method599(1), t.k599 " +
		"== 1198.5, 'k' .. 599, turns")
	const want = "359700 1198.5 1199.5 true k599 2"
	if got, err := valuesOf(source.String()); err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// More moves in a row than the VM's instruction for them can count.
func TestManyMoves(t *testing.T) {
	for _, moves := range []int{1, 2, 511, 512, 513, 514, 1024, 1025, 2000} {
		source := "local a, b, c = 1, 2, 3 a = b " + strings.Repeat("c = a ", moves-1) + "return a, b, c"
		want := "2 2 2"
		if moves == 1 {
			want = "2 2 3"
		}
		if got, err := valuesOf(source); err != nil || got != want {
			t.Errorf("%d moves: %q, %v, want %q", moves, got, err, want)
		}
	}
}
