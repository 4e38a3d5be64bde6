package std_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// An escape is a way out of a sandbox, or to bring its host down, that is known of Lua.
// docs/sandbox.md lists each, by the same name.
type escape struct {
	name   string
	source string // prints want in a closed sandbox, or raises
	want   string // its output
	raises string // part of its error; empty for none
}

var escapes = []escape{
	// Ways to reach outside the state.
	{name: "io and os", source: `print((select(3, io.open("/etc/passwd"))), (select(3, os.remove("x"))), ` +
		`(select(3, os.execute("id"))))`, want: "13\t13\t13\n"},
	{name: "dofile, loadfile, require", source: `print(pcall(dofile, "/etc/passwd") , loadfile("/etc/passwd"), ` +
		`(pcall(require, "../../etc/passwd")))`, want: "false\tnil\tfalse\n"},
	{name: "package.path", source: `package.path = "/etc/?" print((pcall(require, "passwd")), ` +
		`(package.searchpath("passwd", "/etc/?")))`, want: "false\tnil\n"},
	{name: "package.loadlib", source: `print((package.loadlib("libc.so.6", "*")), package.cpath)`, want: "nil\t\n"},
	{name: "package.loaders", source: `print(#package.loaders, ` +
		`type(package.loaders[2]("etc.passwd")))`, want: "4\tstring\n"},
	{name: "package.loaded", source: `for name, m in pairs(package.loaded) do if rawget(_G, name) ~= m and name ~= "jit" then print(name) end end
		print(package.loaded.channel, (select(3, package.loaded.io.open("/etc/passwd"))), (select(3, package.loaded.os.remove("x"))))`, want: "nil\t13\t13\n"},
	{name: "package.preload", source: `package.preload.io = function() return "mine" end print(require "io" == io)`,
		want: "true\n"},
	{name: "package.seeall and module", source: `module("mine", package.seeall) print(channel, (select(3, ` +
		`io.open("/etc/passwd"))))`, want: "nil\t13\n"},
	{name: "channels", source: `print(channel, pcall(require, "channel") == true)`, want: "nil\tfalse\n"},
	{name: "os.exit", source: `os.exit(3) print "on"`},
	{name: "os.setenv", source: `print(os.setenv)`, want: "nil\n"},
	{name: "_printregs", source: `print(_printregs)`, want: "nil\n"},

	// Bytecode, which no VM checks.
	{name: "bytecode in load", source: `print((loadstring("\27Lua\81\0\1\4\8\4\8\0")))  print((load(function() ` +
		`return nil end)) ~= nil)`, want: "nil\ntrue\n"},
	{name: "bytecode in LuaJIT's format", source: `print((loadstring("\27LJ\2\0")))`, want: "nil\n"},
	{name: "string.dump", source: `local d = string.dump(function() return 7 end) print(load(d)(), (load(d:sub(1, ` +
		`20) .. ("\0"):rep(50))))`, want: "7\tnil\n"},

	// Environments, metatables and the reach of debug.
	{name: "getfenv of a host's function", source: `print(getfenv(print) == _G, getfenv(io.open) == _G, ` +
		`debug.getfenv(pcall) == _G, getfenv(0) == _G, getfenv(coroutine.yield) == _G)`,
		want: "true\ttrue\ttrue\ttrue\ttrue\n"},
	{name: "setfenv of a host's function", source: `print(pcall(setfenv, print, {}), pcall(debug.setfenv, print, ` +
		`{}) , (pcall(setfenv, io.open, {})))`,
		want: "false\tfalse\tfalse\n"},
	{name: "setfenv of level 0", source: `local print, io, real = print, io, _G setfenv(0, setmetatable({}, {__index = function(_, k) return k == "tostring" and real.tostring or nil end}))
		print(loadstring("return io")(), (real.select(3, io.open("/etc/passwd"))), real.getfenv(1) == real)`,
		want: "nil\t13\ttrue\n"},
	{name: "debug.getregistry", source: `print(debug.getregistry, (pcall(debug.upvalueid, print, 1)))`,
		want: "nil\tfalse\n"},
	{name: "debug.debug", source: `debug.debug() print(getfenv(0) == _G)`, want: "true\n"},
	{name: "debug.sethook", source: `print(debug.gethook(), (pcall(debug.sethook)), (pcall(debug.sethook, ` +
		`function() end, "", 1)))`, want: "nil\ttrue\tfalse\n"},
	{name: "upvalues of a host's function", source: `print(debug.getupvalue(io.write, 1), debug.setupvalue(pairs, ` +
		`1, print), debug.setupvalue(coroutine.yield, 1, print), debug.getupvalue(coroutine.yield, 1), ` +
		`debug.getupvalue(coroutine.wrap(print), 1))`, want: "nil\tnil\tnil\tnil\n"},
	{name: "stack of a host's function", source: `print(pcall(function() return debug.getlocal(0, 1) end)) ` +
		`print((select(2, pcall(debug.getlocal, 1, -5))), (select(2, pcall(debug.setlocal, 1, -1, 0))))`,
		want: "true\tnil\nnil\tnil\n"},
	{name: "debug.setmetatable", source: `print((pcall(debug.setmetatable, print, {__call = 1})), ` +
		`(pcall(debug.setmetatable, io.stdout, {})), (pcall(debug.setmetatable, 1, {})), (pcall(debug.setmetatable, ` +
		`nil, {})))`,
		want: "false\tfalse\tfalse\tfalse\n"},
	{name: "string metatable", source: `local mt = getmetatable("") mt.__index = function(s, k) return "mine" end
		print(("x").y, (select(3, io.open("/etc/passwd"))))`, want: "mine\t13\n"},
	{name: "metatable on _G", source: `setmetatable(_G, {__index = function() return "made up" end, __newindex = ` +
		`function() end}) unknown = 1 print(unknown)`, want: "made up\n"},
	{name: "replaced globals", source: `pairs, type, error, tostring, string.format = nil ` +
		`print(io.open("/etc/passwd"))`, raises: ""},
	{name: "metatable of files", source: `local mt = getmetatable(io.stdout) mt.close = nil print(pcall(mt.read, ` +
		`{}) , (pcall(mt.write, newproxy(true), "x")))`, want: "false\tfalse\n"},
	{name: "newproxy", source: `local p = newproxy(true) getmetatable(p).__index = function() return 1 end ` +
		`print(p.x) getmetatable(p).__gc = function() print(io.open("/etc/passwd")) end p = nil collectgarbage()`,
		want: "1\nnil\t/etc/passwd: reading is not allowed: run again with --allow-read=/etc/passwd\t13\n"},
	{name: "__gc", source: `setmetatable({}, {__gc = function() print "gc" end}) collectgarbage() collectgarbage()`},

	// Ways to bring a process down.
	{name: "string.rep", source: `string.rep("x", 2^31 - 1)`, raises: "string length overflow"},
	{name: "string.rep of nothing", source: `print(#string.rep("", 2^30), #string.rep("x", -2^60), ` +
		`#string.rep("x", 0/0))`, want: "0\t0\t0\n"},
	{name: "nested string.rep", source: `(("x"):rep(2^20)):rep(2^27)`, raises: "string length overflow"},
	{name: "string.format widths", source: `string.format(("%1000000d"):rep(1000), 1)`, raises: "invalid"},
	{name: "string.format of long strings", source: `local s = ("x"):rep(2^23) string.format("%s%s%s", s, s, s)`,
		raises: "string length overflow"},
	{name: "table.concat", source: `local s, t = ("x"):rep(2^20), {} for i = 1, 1000 do t[i] = s end ` +
		`table.concat(t)`, raises: "string length overflow"},
	{name: "concatenation", source: `loadstring("local s = ('x'):rep(2^20) return s" .. (" .. ` +
		`s"):rep(17))()`, raises: "string length overflow"},
	{name: "gsub growth", source: `(("x"):rep(2^16)):gsub(".", ("y"):rep(2^16))`, raises: "string length overflow"},
	{name: "unpack", source: `unpack({}, 1, 1e9)`, raises: "too many results to unpack"},
	{name: "string.byte", source: `string.byte(("x"):rep(2^20), 1, -1)`, raises: "string slice too long"},
	{name: "giant tables", source: `local t = {} t[2^26] = 1 t[2^30] = 1 t[2^53] = 1 t[-1] = 1 t[1.5] = 1 print(#t)`,
		want: "0\n"},
	{name: "table.insert far out", source: `local t = {} table.insert(t, 2^26, 1) print(#t)`, want: "0\n"},
	{name: "deep recursion", source: `local function f() return 1 + f() end f()`, raises: "overflow"},
	{name: "recursion through pcall", source: `local depth = 0 local function f() depth = depth + 1 pcall(f) end ` +
		`f() print(depth < 250000)`, want: "true\n"},
	{name: "recursion through __index", source: `local t = setmetatable({}, {__index = function(t, k) return t[k] ` +
		`end}) return t.x`, raises: "overflow"},
	{name: "chain of __index", source: `local a, b = {}, {} setmetatable(a, {__index = b}) setmetatable(b, ` +
		`{__index = a}) return a.x`, raises: "in gettable"},
	{name: "coroutines in one another", source: `local function f() return coroutine.wrap(f)() end f()`,
		raises: "C stack overflow"},
	{name: "coroutine that resumes who waits for it",
		source: `local co co = coroutine.create(function() local other = coroutine.create(function() return coroutine.resume(co) end) return coroutine.resume(other) end)
		print(select("#", coroutine.resume(co)), select(3, coroutine.resume(coroutine.create(print))))`, want: "\n4\n"},
	{name: "syntax nested too deep", source: `print((select(2, loadstring("return " .. ("not "):rep(1e5) .. "1", ` +
		`"=x"))))`, want: "x:1: chunk has too many syntax levels\n"},
	{name: "long chain of operators", source: `print((select(2, loadstring("return 1" .. ("+ 1"):rep(2e5), "=x"))))`,
		want: "x:1: chunk has too many syntax levels\n"},
	{name: "blocks nested too deep", source: `print((select(2, loadstring(("do "):rep(2e4) .. ("end "):rep(2e4), ` +
		`"=x"))))`, want: "x:1: chunk has too many syntax levels\n"},
	{name: "hostile __tostring", source: `error(setmetatable({}, {__tostring = function() error "again" end}))`,
		raises: "(error object is a table value)"},
	{name: "__tostring that returns no string", source: `pcall(print, setmetatable({}, {__tostring = function() ` +
		`return {} end})) io.write "on"`},
	{name: "__metatable", source: `local t = setmetatable({}, {__metatable = "locked"}) print(getmetatable(t), ` +
		`(pcall(setmetatable, t, {})))`, want: "locked\tfalse\n"},
	{name: "table.sort with a comparison that lies",
		source: `local t = {} for i = 1, 500 do t[i] = i % 7 end print(pcall(table.sort, t, function() return true end))
		print(#t)`, want: "false\tinvalid order function for sorting\n500\n"},
}

func TestEscapes(t *testing.T) {
	for _, e := range detector.Some(escapes) {
		t.Run(e.name, func(t *testing.T) {
			m := newVM(t, options{limits: lua.Options{MaxMemory: 64 << 20}})
			got, err := m.run(t, e.source)
			if e.want != "" && got != e.want {
				t.Errorf("prints %q, want %q", got, e.want)
			}
			if err == nil && e.raises != "" || err != nil &&
				(e.raises == "" && e.want != "" || !strings.Contains(err.Error(), e.raises)) {
				t.Errorf("error %v, want %q", err, e.raises)
			}
			if strings.Contains(got, "root:") || strings.Contains(got, "gc") {
				t.Errorf("it is out: %q", got)
			}
			// The state goes on, and nothing of it is left in the process.
			m.wantOutput(t, `io.write(2, "\n")`, "2\n")
			newVM(t, options{}).wantOutput(t, `print(("x"):upper(), #string.rep("x", 3), tostring(1))`, "X\t3\t1\n")
		})
	}
}

// Only a time limit ends these scripts: none of them catches it.
func TestEndlessEscapes(t *testing.T) {
	stop := errors.New("stop")
	for name, source := range map[string]string{
		"pcall in a loop": `while true do pcall(function() while true do end end) end`,
		"error handler": `while true do xpcall(function() while true do end end, function() while true do end ` +
			`end) end`,
		"coroutine bomb":     `while true do coroutine.wrap(function() coroutine.yield() end)() end`,
		"hostile __tostring": `print(setmetatable({}, {__tostring = function() while true do end end}))`,
		"collectgarbage":     `while true do collectgarbage() end`,
		"iterator":           `for _ in function() return 1 end do end`,
		"comparison": `local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function() while true do ` +
			`end end)`,
		"gsub with a function": `("x"):gsub(".", function() while true do end end)`,
		"load with a function": `load(function() return " " end)`,
		"require in a loop":    `while true do pcall(require, "nothing") end`,
		"pattern that blows up": `local s = ("a"):rep(3000) while true do pcall(string.find, s, (".-"):rep(12) ` +
			`.. "b") end`,
		"goto":                 `::again:: goto again`,
		"table.insert far out": `while true do table.insert({}, -2^31, 1) end`,
		"io":                   `while true do pcall(io.open, "/etc/passwd") end`,
		"os":                   `while true do os.date() os.clock() os.getenv "HOME" os.remove "x" end`,
		"print":                `while true do print(("x"):rep(1e6)) end`,
		"io.write": `local t = {} for i = 1, 1000 do t[i] = ("x"):rep(1e6) end while true do ` +
			`io.write(unpack(t)) end`,
		"finalizer": `getmetatable(newproxy(true)).__gc = function() while true do end end ` +
			`collectgarbage() while true do end`,
	} {
		t.Run(name, func(t *testing.T) {
			m := newVM(t, options{discard: true})
			timer := time.AfterFunc(50*time.Millisecond, func() { m.Interrupt(stop) })
			defer timer.Stop()
			begin := time.Now()
			_, err := m.run(t, source)
			if !errors.Is(err, stop) {
				t.Errorf("error %v, want the interrupt", err)
			}
			if d := time.Since(begin); d > 5*time.Second {
				t.Errorf("took %v", d)
			}
			m.ClearInterrupt()
			if _, err := m.run(t, `print "on"`); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// docs/sandbox.md has a row for each escape, by name.
func TestEscapesAreInTheManual(t *testing.T) {
	page, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]bool)
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+) \| (?:closed|bounded)`).FindAllStringSubmatch(string(page), -1) {
		rows[strings.ReplaceAll(row[1], "`", "")] = true
	}
	for _, e := range escapes {
		if !rows[e.name] {
			t.Errorf("docs/sandbox.md has no row %q", e.name)
		}
		delete(rows, e.name)
	}
	for name := range rows {
		t.Errorf("docs/sandbox.md has a row %q that no test is called by", name)
	}
}
