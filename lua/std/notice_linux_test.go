//go:build !race

package std_test

import (
	"errors"
	"io"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// Work whose time grows with its input, again and again. MiB is how much one operation
// makes, copies or compares. big is a string of 16 MiB, list a table of 300,000 numbers,
// keys one of 100,000 strings, late a function that fails, or asks, after 60,000
// statements, deep one that calls its argument below 40,000 calls.
var endless = []struct {
	name, source string
	mib          int
}{
	{"byte", `big:byte(1, 7000)`, 0},
	{"char", `string.char(unpack(list, 1, 200))`, 0},
	{"sub", `local s = big:sub(2)`, 16},
	{"upper", `big:upper()`, 16},
	{"lower", `big:lower()`, 16},
	{"reverse", `big:reverse()`, 16},
	{"rep", `("xy"):rep(2^23)`, 16},
	{"rep with a separator", `("x"):rep(2^23, "y")`, 16},
	{"rep of little", `("x"):rep(4000)`, 0},
	{"format %s", `("%s"):format(big)`, 16},
	{"format %99s", `("%99s"):format(big)`, 16},
	{"format %q", `("%q"):format(big)`, 16},
	{"format of many directives", `percents:format()`, 2},
	{"format of long numbers", `("%99.99f %.99e %.99g"):format(1.5e300, 1e-300, 1e-300)`, 0},
	{"format of little", `("%s"):format(four)`, 0},
	{"find of text", `big:find("y", 1, true)`, 16},
	{"find of much text", `big:find(needle, 1, true)`, 32},
	{"find of a set", `big:find("[yz]")`, 16},
	{"find of a large set", `("x"):find(set)`, 1},
	{"find of a long pattern", `("x"):find(longPattern)`, 1},
	{"find that goes back", `four:find(".-.-.-y")`, 0},
	{"find of different patterns", `for i = 1, 1000 do ("x"):find(patterns[i]) end`, 0},
	{"match", `big:match("^(.*)$")`, 16},
	{"match of a balanced text", `open:match("^%b()")`, 16},
	{"match of a frontier", `big:match("%f[y]")`, 16},
	{"match of a capture", `big:match("^(x*)%1y")`, 16},
	{"gmatch", `for s in big:gmatch("x") do end`, 0},
	{"gmatch of long pieces", `for s in big:gmatch(".+") do end`, 16},
	{"gsub by text", `big:gsub("x", "yz")`, 32},
	{"gsub by a table", `big:gsub("x", {x = "y"})`, 16},
	{"gsub by a function", `big:gsub("x", function() return "y" end)`, 16},
	{"gsub by a long template", `pcall(string.gsub, "x", "x", template)`, 2},
	{"gsub of nothing", `big:gsub("", "z")`, 32},
	{"dump", `string.dump(dumped)`, 1},

	{"concat", `table.concat(list, ",")`, 2},
	{"concat of long strings", `table.concat({big, big})`, 32},
	{"insert in front", `table.insert(list, 1, 1) list[#list] = nil`, 5},
	{"remove in front", `list[#list + 1] = 1 table.remove(list, 1)`, 5},
	{"insert far below", `pcall(table.insert, {1}, -1e8, 2)`, 0},
	{"maxn", `table.maxn(list)`, 5},
	{"maxn of keys", `table.maxn(keys)`, 6},
	{"move", `table.move(list, 1, #list, 2, {})`, 5},
	{"sort", `table.sort(unsorted())`, 5},
	{"sort by a function", `table.sort(unsorted(), function(a, b) return a < b end)`, 5},
	{"sort of long strings", `table.sort({big .. "b", big .. "a"})`, 16},
	{"foreach", `table.foreach(list, function() end)`, 0},
	{"foreachi", `table.foreachi(list, function() end)`, 0},
	{"unpack", `select("#", unpack(list, 1, 7000))`, 0},
	{"lists of arguments", `many()`, 0},
	{"lists of results", `local a = pass(pass(pass(pass(unpack(list, 1, 7000)))))`, 0},
	{"constructors", `local t = {unpack(list, 1, 7000)}`, 0},

	{"pairs", `for k, v in pairs(keys) do end`, 0},
	{"pairs behind removed keys", `next(removed)`, 6},
	{"keys that are removed", `list.x = 1 list.x = nil list.y = 1 list.y = nil`, 5},
	{"a growing array", `local t = {} for i = 1, 1e6 do t[i] = i end`, 32},
	{"growing keys", `local t = {} for i = 1, 2e5 do t[i * 1.5] = i end`, 24},
	{"long keys", `local v = byKey[copy]`, 16},
	{"==", `local x = big == copy`, 16},
	{"<=", `local x = big <= copy`, 16},
	{"rawequal", `rawequal(big, copy)`, 16},
	{".. of long strings", `local s = big .. "x"`, 16},
	{".. of little", `local s = four .. "x" s = four .. "y" s = four .. "z"`, 0},
	{"arithmetic of a long numeral", `local x = numeral + 1`, 16},
	{"bounds of a loop", `for i = numeral, 1 do end`, 16},
	{"arguments that are long numerals", `math.floor(numeral)`, 16},
	{"tonumber", `tonumber(numeral)`, 16},
	{"tonumber of a base", `tonumber(numeral, 7)`, 16},

	{"load of statements", `load(statements)`, 4},
	{"load of a comment", `load(comment)`, 32},
	{"load of short comments", `load(comments)`, 8},
	{"load of white space", `load(blanks)`, 16},
	{"load of a long string", `load(quoted)`, 32},
	{"load of a long numeral", `load(returned)`, 32},
	{"load of gotos", `load(gotos)`, 1},
	{"load of a chain", `load(chain)`, 1},
	{"load by a function", `local n = 0 load(function() n = n + 1 return n < 1000 and "x = 1 " or nil end)`, 0},
	{"load of little", `load("return function() return 1 end")`, 0},
	{"load of a dumped function", `load(dump)`, 4},

	{"os.date", `os.date(dates)`, 2},
	{"os.date of text", `os.date(big)`, 16},
	{"os.date of little", `os.date("%c") os.date("*t")`, 0},
	{"os.getenv", `os.getenv(big)`, 16},
	{"io.open", `io.open(big)`, 16},
	{"io.write", `io.write(big)`, 16},
	{"print", `print(big)`, 16},
	{"error", `pcall(error, big)`, 32},
	{"errors far behind", `pcall(late, 1)`, 0},
	{"argument errors far behind", `pcall(late, 2)`, 0},
	{"tracebacks far behind", `late(3)`, 0},
	{"tracebacks of many calls", `deep(debug.traceback)`, 4},
	{"levels of many calls", `deep(function() for i = 1, 1000 do debug.getinfo(39000, "n") getfenv(39000) ` +
		`pcall(error, "x", 39000) end end)`, 4},
	{"getinfo of lines", `debug.getinfo(late, "L")`, 4},
	{"collectgarbage", `collectgarbage()`, 32},
	{"newproxy", `newproxy(true)`, 0},
	{"coroutines", `coroutine.wrap(function() end)()`, 0},
	{"package.searchpath", `pcall(package.searchpath, "x", paths)`, 2},
	{"require", `pcall(require, big)`, 64},
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
	paths = ("nowhere/?;"):rep(2e4)`

// An interrupt is noticed within 10 ms of processor time and 1 ms for each MiB that one
// operation is about, in each function whose time grows with its input. Twenty times that
// are allowed here, because machines are shared.
func TestInterruptIsNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	runtime.LockOSThread() // whose clock is read
	defer runtime.UnlockOSThread()
	thread := threadClock(syscall.Gettid())
	s := lua.NewState(lua.Options{})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: io.Discard}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run([]byte(endlessPrepare), "=prepare"); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	for _, c := range endless {
		chunk, err := lua.Compile([]byte("while true do "+c.source+" end"), "=endless")
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		bound := 20 * (10*time.Millisecond + time.Duration(c.mib)*time.Millisecond)
		worst := time.Duration(0)
		for _, after := range []time.Duration{3 * time.Millisecond, 17 * time.Millisecond} {
			f, err := s.Load(chunk)
			if err != nil {
				t.Fatal(err)
			}
			at := make(chan time.Duration, 1)
			begin := clockTime(thread)
			go func() {
				for clockTime(thread) < begin+after {
					runtime.Gosched()
				}
				at <- clockTime(thread)
				s.Interrupt(stop)
			}()
			_, err = s.Call(f)
			end := clockTime(thread)
			if !errors.Is(err, stop) {
				t.Fatalf("%s: error %v", c.name, err)
			}
			worst = max(worst, end-<-at)
			s.ClearInterrupt()
		}
		if worst > bound {
			t.Errorf("%s: noticed after %v, want %v", c.name, worst, bound/20)
		} else {
			t.Logf("%-34s %v", c.name, worst)
		}
	}
}

// threadClock returns the clock of the processor time of a thread of this process, for
// clock_gettime.
func threadClock(thread int) uintptr { return uintptr(^thread<<3 | 4 | 2) }

func clockTime(clock uintptr) time.Duration {
	var at syscall.Timespec
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&at)),
		0); errno != 0 {
		panic(errno)
	}
	return time.Duration(at.Nano())
}
