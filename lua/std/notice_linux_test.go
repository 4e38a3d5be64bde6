package std_test

import (
	"io"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/notice"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// Work whose time grows with its input, again and again. MiB is how much one operation
// makes, copies or compares, fresh how much of that is new memory. big is a string of 16
// MiB, list a table of 300,000 numbers, keys one of 100,000 strings, late a function that
// fails, or asks, after 60,000 statements, deep one that calls its argument below 40,000
// calls.
var endless = []struct {
	name, source string
	mib, fresh   int
}{
	{"byte", `big:byte(1, 7000)`, 0, 0},
	{"char", `string.char(unpack(list, 1, 200))`, 0, 0},
	{"sub", `local s = big:sub(2)`, 16, 0},
	{"upper", `big:upper()`, 16, 0},
	{"lower", `big:lower()`, 16, 0},
	{"reverse", `big:reverse()`, 16, 0},
	{"rep", `("xy"):rep(2^23)`, 16, 0},
	{"rep with a separator", `("x"):rep(2^23, "y")`, 16, 0},
	{"rep of little", `("x"):rep(4000)`, 0, 0},
	{"format %s", `("%s"):format(big)`, 16, 0},
	{"format %99s", `("%99s"):format(big)`, 16, 0},
	{"format %q", `("%q"):format(big)`, 16, 0},
	{"format of many directives", `percents:format()`, 2, 0},
	{"format of long numbers", `("%99.99f %.99e %.99g"):format(1.5e300, 1e-300, 1e-300)`, 0, 0},
	{"format of little", `("%s"):format(four)`, 0, 0},
	{"find of text", `big:find("y", 1, true)`, 16, 0},
	{"find of much text", `big:find(needle, 1, true)`, 32, 0},
	{"find of a set", `big:find("[yz]")`, 16, 0},
	{"find of a large set", `("x"):find(set)`, 1, 0},
	{"find of a long pattern", `("x"):find(longPattern)`, 1, 0},
	{"find of a very long pattern", `("x"):find(veryLongPattern)`, 4 + 2*32, 2 * 32},
	{"gmatch of a very long pattern", `("x"):gmatch(veryLongPattern)`, 4 + 2*32, 2 * 32},
	{"find of a very large set", `("x"):find(veryLargeSet)`, 16, 0},
	{"find of a text that is as long", `big:find(bigNeedle, 1, true)`, 32, 0},
	{"find that goes back", `four:find(".-.-.-y")`, 0, 0},
	{"find of different patterns", `for i = 1, 1000 do ("x"):find(patterns[i]) end`, 0, 0},
	{"match", `big:match("^(.*)$")`, 16, 0},
	{"match of a balanced text", `open:match("^%b()")`, 16, 0},
	{"match of a frontier", `big:match("%f[y]")`, 16, 0},
	{"match of a capture", `big:match("^(x*)%1y")`, 16, 0},
	{"gmatch", `for s in big:gmatch("x") do end`, 0, 0},
	{"gmatch of long pieces", `for s in big:gmatch(".+") do end`, 16, 0},
	{"gsub by text", `big:gsub("x", "yz")`, 32, 0},
	{"gsub by a table", `big:gsub("x", {x = "y"})`, 16, 0},
	{"gsub by a function", `big:gsub("x", function() return "y" end)`, 16, 0},
	{"gsub by a long template", `pcall(string.gsub, "x", "x", template)`, 2, 0},
	{"gsub of nothing", `big:gsub("", "z")`, 32, 0},
	{"dump", `string.dump(dumped)`, 1, 0},

	{"concat", `table.concat(list, ",")`, 2, 0},
	{"concat of long strings", `table.concat({big, big})`, 32, 0},
	{"concat with a long separator", `table.concat({1, 2, 3}, big)`, 32, 0},
	{"insert in front", `table.insert(list, 1, 1) list[#list] = nil`, 5, 0},
	{"remove in front", `list[#list + 1] = 1 table.remove(list, 1)`, 5, 0},
	{"insert in front of many", `table.insert(lots, 1, 1) lots[#lots] = nil`, 64, 0},
	{"insert far below", `pcall(table.insert, {1}, -1e8, 2)`, 0, 0},
	{"maxn", `table.maxn(list)`, 5, 0},
	{"maxn of keys", `table.maxn(keys)`, 6, 0},
	{"table.new", `newTable(2^20, 2^20)`, 16 + 44, 16 + 44},
	{"table.new of little", `newTable(100, 100)`, 0, 0},
	{"move", `table.move(list, 1, #list, 2, {})`, 5, 0},
	{"sort", `table.sort(unsorted())`, 5, 0},
	{"sort by a function", `table.sort(unsorted(), function(a, b) return a < b end)`, 5, 0},
	{"sort of long strings", `table.sort({big .. "b", big .. "a"})`, 16, 0},
	{"foreach", `table.foreach(list, function() end)`, 0, 0},
	{"foreachi", `table.foreachi(list, function() end)`, 0, 0},
	{"unpack", `select("#", unpack(list, 1, 7000))`, 0, 0},
	{"lists of arguments", `many()`, 0, 0},
	{"lists of results", `local a = pass(pass(pass(pass(unpack(list, 1, 7000)))))`, 0, 0},
	{"constructors", `local t = {unpack(list, 1, 7000)}`, 0, 0},

	{"pairs", `for k, v in pairs(keys) do end`, 0, 0},
	{"pairs behind removed keys", `next(removed)`, 6, 0},
	{"keys that are removed", `list.x = 1 list.x = nil list.y = 1 list.y = nil`, 5, 0},
	{"a growing array", `local t = {} for i = 1, 1e6 do t[i] = i end`, 32, 0},
	{"growing keys", `local t = {} for i = 1, 2e5 do t[i * 1.5] = i end`, 24, 0},
	{"an array that is large", `local t = {} for i = 1, 3e6 do t[i] = i end`, 3 * 48, 48},
	{"keys that are many", `local t = {} for i = 1, 1.2e6 do t[i * 1.5] = i end`, 3 * 44, 2 * 44},
	{"keys that move to an array", `local t = {} for i = 2, 4e5, 2 do t[i] = i end for i = 3, 4e5, 2 do t[i] = i end`, 24, 24},
	{"long keys that are new", `local t = {} t[big .. 1] = 1`, 32, 16},
	{"a long loop without calls", `for i = 1, 1e9 do ` + longCode + ` end`, 0, 0},
	{"a long loop of tables", `while true do ` + longTables + ` end`, 0, 0},
	{"calls of long code", `straight()`, 12, 0},
	{"a loop by strings", `local a, b = "a", "b" repeat until a == b`, 0, 0},
	{"tables with a long mode", `for i = 1, 2000 do modes[i] = setmetatable({}, longMode) end collectgarbage()`, 32, 0},
	{"long keys", `local v = byKey[copy]`, 16, 0},
	{"==", `local x = big == copy`, 16, 0},
	{"<=", `local x = big <= copy`, 16, 0},
	{"rawequal", `rawequal(big, copy)`, 16, 0},
	{".. of long strings", `local s = big .. "x"`, 16, 0},
	{".. of little", `local s = four .. "x" s = four .. "y" s = four .. "z"`, 0, 0},
	{"arithmetic of a long numeral", `local x = numeral + 1`, 16, 0},
	{"bounds of a loop", `for i = numeral, 1 do end`, 16, 0},
	{"arguments that are long numerals", `math.floor(numeral)`, 16, 0},
	{"tonumber", `tonumber(numeral)`, 16, 0},
	{"tonumber of a base", `tonumber(numeral, 7)`, 16, 0},
	{"tonumber of many digits", `tonumber(nines)`, 16, 0},
	{"tonumber of many digits of a base", `tonumber(nines, 16)`, 16, 0},
	{"format of a long numeral", `("%d"):format(numeral)`, 16, 0},
	{"tostring of a long text", `tostring(setmetatable({}, {__tostring = function() return big .. "x" end}))`, 32, 16},

	{"load of statements", `load(statements)`, 4, 0},
	{"load of a comment", `load(comment)`, 32, 0},
	{"load of short comments", `load(comments)`, 8, 0},
	{"load of white space", `load(blanks)`, 16, 0},
	{"load of a long string", `load(quoted)`, 32, 0},
	{"load of a long numeral", `load(returned)`, 32, 0},
	{"load of gotos", `load(gotos)`, 1, 0},
	{"load of a chain", `load(chain)`, 1, 0},
	{"load by a function", `local n = 0 load(function() n = n + 1 return n < 1000 and "x = 1 " or nil end)`, 0, 0},
	{"load of little", `load("return function() return 1 end")`, 0, 0},
	{"load of a dumped function", `load(dump)`, 4, 0},
	{"load of many constants", `load(constants)`, 4, 0},
	{"load of many functions", `load(functions)`, 4, 0},
	{"load of a name", `load("x =", big)`, 16, 0},
	{"load of a mode", `load("x = 1", "=x", big)`, 16, 0},

	{"os.date", `os.date(dates)`, 2, 0},
	{"os.date of text", `os.date(big)`, 16, 0},
	{"os.date of little", `os.date("%c") os.date("*t")`, 0, 0},
	{"os.getenv", `os.getenv(big)`, 16, 0},
	{"io.open", `io.open(big)`, 16, 0},
	{"io.write", `io.write(big)`, 16, 0},
	{"io.read of numbers", `io.read("*n")`, 0, 0},
	{"io.read of a line", `pcall(io.read, "*l")`, 16, 0},
	{"io.read of bytes", `io.read(2^24)`, 16, 0},
	{"os.remove", `os.remove(big)`, 16, 0},
	{"os.rename", `os.rename(big, big)`, 16, 0},
	{"os.execute", `os.execute(big)`, 16, 0},
	{"io.popen", `pcall(io.popen, big)`, 16, 0},
	{"io.popen of a mode", `pcall(io.popen, "true", big)`, 16, 0},
	{"io.open of a mode", `pcall(io.open, "x", big)`, 16, 0},
	{"collectgarbage of an option", `pcall(collectgarbage, big)`, 16, 0},
	{"os.setlocale", `os.setlocale(big)`, 16, 0},
	{"print", `print(big)`, 16, 0},
	{"error", `pcall(error, big)`, 32, 0},
	{"assert", `pcall(assert, false, big)`, 32, 0},
	{"traceback of a long text", `debug.traceback(big)`, 32, 0},
	{"errors far behind", `pcall(late, 1)`, 0, 0},
	{"argument errors far behind", `pcall(late, 2)`, 0, 0},
	{"tracebacks far behind", `late(3)`, 0, 0},
	{"tracebacks of many calls", `deep(debug.traceback)`, 4, 0},
	{"levels of many calls", `deep(function() for i = 1, 1000 do debug.getinfo(39000, "n") getfenv(39000) ` +
		`pcall(error, "x", 39000) end end)`, 4, 0},
	{"getinfo of lines", `debug.getinfo(late, "L")`, 4, 0},
	{"getinfo of many options", `debug.getinfo(1, options)`, 16, 0},
	{"collectgarbage", `collectgarbage()`, 32, 0},
	{"newproxy", `newproxy(true)`, 0, 0},
	{"coroutines", `coroutine.wrap(function() end)()`, 0, 0},
	{"package.searchpath", `pcall(package.searchpath, "x", paths)`, 2, 0},
	{"package.searchpath of a long text", `package.searchpath(big, "?", bigNeedle)`, 32, 0},
	{"module", `pcall(module, dots)`, 1, 0},
	{"require", `pcall(require, big)`, 64, 0},
}

const endlessPrepare = `big = ("x"):rep(2^24) copy = ("x"):rep(2^24) four = ("x"):rep(4000) open = ("("):rep(2^24)
	needle, set, longPattern = ("x"):rep(2^20) .. "y", "[" .. ("a"):rep(2^20) .. "]", ("%a"):rep(2^19)
	patterns = {} for i = 1, 1000 do patterns[i] = ("[a-z]%d%s"):rep(27) .. i end
	percents, template, dates = ("%%"):rep(2^20), ("%0ab"):rep(2^18), ("%c"):rep(2^18)
	list, keys, removed = {}, {}, {}
	for i = 1, 3e5 do list[i] = i end
	for i = 1, 1e5 do keys["k" .. i] = i removed["k" .. i] = i end for i = 1, 1e5 - 1 do removed["k" .. i] = nil end
	function unsorted() local t = {} for i = 1, 3e5 do t[i] = i * 7919 % 300007 end return t end
	function many(...) if ... then for i = 1, 1000 do local a, b = select(i, ...) end else return many(unpack(list, 1, 7000)) end end
	function pass(...) return ... end
	byKey = {[big] = 1} numeral = ("0"):rep(2^24) .. "1"
	statements, comment, comments = ("x = 1 "):rep(3e4), "--[[" .. big .. "]]", ("--\n"):rep(2^20)
	blanks, quoted, returned = (" \n"):rep(2^23), "return [[" .. big .. "]]", "return " .. numeral
	local b = {} for i = 1, 16000 do b[i] = "goto l" .. i .. " " end
	for i = 1, 16000 do b[#b + 1] = "do end ::l" .. i .. ":: " end gotos = table.concat(b)
	chain = "return " .. ("1+"):rep(9999) .. "x"
	dumped = loadstring("return [[" .. ("x"):rep(2^20) .. "]]") dump = string.dump(loadstring(statements))
	late = loadstring("local x = ... if x == 1 then goto one elseif x == 2 then goto two elseif x == 3 then goto three end "
		.. ("y = z "):rep(60000) .. " ::one:: do local a = nothing.y.z end ::two:: do local s = (''):rep({}) end ::three:: do return (debug.traceback()) end")
	local function down(n, f) if n == 0 then f() return 1 end return 1 + down(n - 1, f) end
	function deep(f) down(4e4, f) end
	paths, dots = ("nowhere/?;"):rep(2e4), ("a."):rep(1e5)
	veryLongPattern, veryLargeSet = ("%a"):rep(2^21), "[" .. ("a"):rep(2^24) .. "]"
	bigNeedle, nines, options = ("x"):rep(2^23) .. "y", ("9"):rep(2^24), ("n"):rep(2^24)
	lots = {} for i = 1, 4e6 do lots[i] = i end
	newTable, modes, longMode = require "table.new", {}, {__mode = big}
	local c = {} for i = 1, 1e5 do c[i] = "'" .. i .. "'," end constants = "return {" .. table.concat(c) .. "}"
	functions = ("function f() end "):rep(1e5)
	straight = loadstring(("x = y "):rep(5e5))`

// longCode and longTables are a loop's bodies of many instructions.
var (
	longCode   = strings.Repeat("x = y ", 15_000)
	longTables = strings.Repeat("local t = {} ", 150) + strings.Repeat("do local t = {} end ", 10_000)
)

// digits is an input that has no end.
type digits struct{}

func (digits) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '9'
	}
	return len(p), nil
}

// An interrupt is noticed within 10 ms of processor time and 1 ms for each MiB that one
// operation is about, in each function whose time grows with its input.
func TestInterruptIsNoticed(t *testing.T) {
	if testing.Short() || detector.Race {
		t.Skip("takes a minute, and says nothing under the race detector")
	}
	s := lua.NewState(lua.Options{MaxString: 128 << 20})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdin: digits{}, Stdout: io.Discard}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run([]byte(endlessPrepare), "=prepare"); err != nil {
		t.Fatal(err)
	}
	p := notice.New(t, s)
	for _, c := range endless {
		p.Check(c.name, c.source, c.mib, c.fresh)
	}
}
