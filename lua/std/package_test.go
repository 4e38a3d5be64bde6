package std_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/lua/std/sandbox"
)

// runIn runs a chunk that may load modules from a directory with files, and returns its
// output.
func runIn(t *testing.T, files map[string]string, source string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var printed strings.Builder
	s := lua.NewState(lua.Options{MaxMemory: 64 << 20})
	defer s.Close()
	t.Chdir(dir)
	box := sandbox.New(sandbox.Options{ModuleDirs: []string{"."}})
	if err := std.Open(s, std.Options{Stdout: &printed, Box: box, ModuleDirs: []string{"."}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run([]byte(source), "=test"); err != nil {
		t.Fatalf("%v\nprinted:\n%s", err, printed.String())
	}
	return printed.String()
}

func TestRequire(t *testing.T) {
	files := map[string]string{
		"a.lua":      "loads = (loads or 0) + 1 return {name = ..., n = loads}",
		"b/init.lua": "return 'b'",
		"c/d.lua":    "return 'c.d'",
		"none.lua":   "",
		"syntax.lua": "x x",
		"raises.lua": "error('boom')",
		"loop.lua":   "require 'loop'",
		"sets.lua":   "package.loaded[...] = 'set'",
		"false.lua":  "return false",
		"data.txt":   "secret",
		"dumped.lua": "\x1bLuaQTchunk 1 0 0\nreturn 'dumped'",
		"byte.lua":   "\x1bLJ\x02",
		"hash.lua":   "#!/usr/bin/lua\nreturn 'hash'",
		"yields.lua": "coroutine.yield()",
	}
	for _, c := range []struct{ name, source, want string }{
		{"a module is loaded once", `local a = require "a" print(a.name, a.n, require "a" == a, package.loaded.a == ` +
			`a, loads)`, "a\t1\ttrue\ttrue\t1\n"},
		{"directories and dots", `print(require "b", require "c.d")`, "b\tc.d\n"},
		{"no value is true", `print(require "none", package.loaded.none)`, "true\ttrue\n"},
		{"what the module sets", `print(require "sets")`, "set\n"},
		{"false is loaded again", `print(require "false", require "false")`, "false\tfalse\n"},
		{"a first line with #", `print(require "hash")`, "hash\n"},
		{"a dumped module", `print(require "dumped")`, "dumped\n"},
		{"byte code", `print(select(2, pcall(require, "byte")))`,
			"error loading module 'byte' from file './byte.lua':\n\t./byte.lua: cannot load incompatible bytecode\n"},
		{"a syntax error", `print(select(2, pcall(require, "syntax")))`,
			"error loading module 'syntax' from file './syntax.lua':\n\t./syntax.lua:1: '=' expected near 'x'\n"},
		{"an error, then the loop that it leaves", `print(select(2, pcall(require, "raises"))) print(select(2, ` +
			`pcall(require, "raises")))`,
			"./raises.lua:1: boom\nloop or previous error loading module 'raises'\n"},
		{"a loop", `print(select(2, pcall(require, "loop")))`, "./loop.lua:1: loop or previous error loading module " +
			"'loop'\n"},
		{"preload comes first", `package.preload.a = function(n) return n .. "!" end print(require "a")`, "a!\n"},
		{"nothing found", `print(select(2, pcall(require, "lfs"))) print(select(2, pcall(require, "ffi")))`,
			"module 'lfs' not found:\n\tno field package.preload['lfs']\n\tno file './lfs.lua'\n\tno file " +
				"'./lfs/init.lua'\n" +
				"module 'ffi' not found:\n\tno field package.preload['ffi']\n\tno file './ffi.lua'\n\tno file " +
				"'./ffi/init.lua'\n"},
		{"no way to other files", `package.path = "./?.txt;/etc/?" print(select(2, pcall(require, "hostname")))`,
			"module 'hostname' not found:\n\tno field package.preload['hostname']\n\tno file './hostname.txt' " +
				"(reading " +
				"is not allowed)\n" +
				"\tno file '/etc/hostname' (reading is not allowed)\n"},
		{"loaders", `table = nil package.loaders[5] = function(n) return function(m) return m .. "3" end end ` +
			`print(require "zz", #package.loaders)`,
			"zz3\t5\n"},
		{"native libraries", `package.cpath = "./?.so" print(pcall(require, "zz.y")) print(package.loaders[3]("zz"), package.loaders[4]("zz.y"))
			package.cpath = "" print(package.loaders[3]("zz") == "") package.cpath = nil print(pcall(package.loaders[3], "zz")) print(pcall(package.loaders[4]))`,
			"false\tmodule 'zz.y' not found:\n\tno field package.preload['zz.y']\n\tno file './zz/y.lua'\n\tno file " +
				"'./zz/y/init.lua'\n" +
				"\tpackage.cpath is not searched: native libraries are not supported\n" +
				"\n\tpackage.cpath is not searched: native libraries are not supported\ntrue\n" +
				"false\t'package.cpath' must be a string\nfalse\tbad argument #1 to '?' (string expected, got " +
				"no value)\n"},
		{"no loaders", `package.loaders = nil print(pcall(require, "a"))`, "false\t'package.loaders' must be a " +
			"table\n"},
		{"no preload", `package.preload = 1 print(pcall(require, "a"))`, "false\t'package.preload' must be a table\n"},
		{"no path", `package.path = nil print(pcall(require, "a"))`, "false\t'package.path' must be a string\n"},
		{"libraries", `print(require "coroutine" == coroutine, require "package" == package, require "_G" == _G, ` +
			`require "debug" == debug)`,
			"true\ttrue\ttrue\ttrue\n"},
		{"no yield across require", `print(coroutine.wrap(function() return pcall(require, "yields") end)())`,
			"false\t./yields.lua:1: attempt to yield across C-call boundary\n"},
		{"searchpath", `print(package.searchpath("c.d", "x/?;./?.lua")) print(package.searchpath("c-d", package.path, "-"))
			print(package.searchpath("q", "?.a;;?.b")) print(package.searchpath("a.b", "?", "", "/"))`,
			"./c/d.lua\n./c/d.lua\n" +
				"nil\t\n\tno file 'q.a' (reading is not allowed)\n\tno file 'q.b' (reading is not " +
				"allowed)\nnil\t\n\tno " +
				"file 'a.b' (reading is not allowed)\n"},
		{"loadlib and cpath", `print(package.loadlib("x", "y")) print(package.cpath == "", package.config)`,
			"nil\tnative libraries are not supported\tabsent\ntrue\t/\n;\n?\n!\n-\n\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := runIn(t, files, c.source); got != c.want {
				t.Errorf("printed\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestModule(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"a module's names", `local G = _G module("a.b.c") G.setfenv(1, G) print(a.b.c._NAME, a.b.c._PACKAGE, ` +
			`a.b.c._M == a.b.c, package.loaded["a.b.c"] == a.b.c)`,
			"a.b.c\ta.b.\ttrue\ttrue\n"},
		{"globals go to the module", `local function f() module("m", package.seeall) x = 5 print(x, _NAME) end f() ` +
			`print(m.x, x)`, "5\tm\n5\tnil\n"},
		{"a module that is known", `local function f() module("m") x = 1 end f() local function g() module("m") ` +
			`y = 2 ` +
			`end g() print(m.x, m.y)`, "1\t2\n"},
		{"options are called", `local function f() module("m", function(t) t.o = 1 end, 7) end f() print(m.o)`, "1\n"},
		{"a name conflict", `m = 1 print(pcall(function() module("m.n") end))`, "false\ttest:1: name conflict for " +
			"module 'm.n'\n"},
		{"not called from Lua", `print(pcall(module, "m"))`, "false\t'module' not called from a Lua function\n"},
		{"seeall twice", `local t = setmetatable({}, {}) package.seeall(t) package.seeall(t) print(t.print == print) ` +
			`print(pcall(package.seeall))`,
			"true\nfalse\tbad argument #1 to '?' (table expected, got no value)\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := runIn(t, nil, c.source); got != c.want {
				t.Errorf("printed\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// No output of the library is larger than a string may be, and none is made before it was
// charged.
// An embedder's hint is the last line of the error, for names of a sane length.
func TestModuleHint(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	var printed strings.Builder
	var asked []string
	hint := func(name string) string {
		asked = append(asked, name)
		return map[string]string{"jsn": "did you mean 'json'?"}[name]
	}
	if err := std.Open(s, std.Options{Stdout: &printed, ModuleHint: hint}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run([]byte(`package.path = "" print(select(2, pcall(require, "jsn")))
		print(select(2, pcall(require, "x"))) pcall(require, ("x"):rep(65)) pcall(require, "string")`), "=test"); err != nil {
		t.Fatal(err)
	}
	const want = "module 'jsn' not found:\n\tno field package.preload['jsn']\n\tdid you mean 'json'?\n" +
		"module 'x' not found:\n\tno field package.preload['x']\n"
	if printed.String() != want || !slices.Equal(asked, []string{"jsn", "x"}) {
		t.Errorf("printed %q, asked about %q", printed.String(), asked)
	}
}

func TestPackageIsBounded(t *testing.T) {
	for _, c := range detector.Some([]struct{ name, source string }{
		{"a replacement", `long = package.searchpath(dots, "?", ".", xs)`},
		{"many templates", `long = package.searchpath(xs, marks)`},
		{"a name in templates", `package.path = marks require(xs)`},
		{"loaders that say much", `for i = 1, 1000 do package.loaders[i] = function() return xs end end require "a"`},
		{"a module's name", `local function f() module(dots) end f()`},
	}) {
		t.Run(c.name, func(t *testing.T) {
			var printed strings.Builder
			s := lua.NewState(lua.Options{MaxMemory: 32 << 20, MaxSteps: 1 << 32})
			defer s.Close()
			if err := std.Open(s, std.Options{Stdout: &printed}); err != nil {
				t.Fatal(err)
			}
			for name, piece := range map[string]string{"dots": "a.", "xs": "x", "marks": "?;"} {
				v, err := s.String(strings.Repeat(piece, 1<<20))
				if err != nil {
					t.Fatal(err)
				}
				if err := s.SetGlobal(name, v); err != nil {
					t.Fatal(err)
				}
			}
			_, err := s.Run([]byte(c.source), "=test")
			var raised *lua.Error
			if !errors.As(err, &raised) || !raised.Catchable() {
				t.Errorf("error %v, want one that can be caught", err)
			}
		})
	}
}

func TestFilesOfChunks(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"f.lua": "return ..., 5", "bad.lua": "x x", "raises.lua": "error('boom', 0)",
		"yields.lua": "return coroutine.yield(1)",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, source, want string }{
		{"loadfile", `print(loadfile("DIR/f.lua")(4)) print(loadfile("DIR/bad.lua")) print(loadfile("DIR/none.lua")) print(loadfile("DIR/f.lua", "b"))
			print(setfenv(loadfile("DIR/f.lua", "t", {}), {}) ~= nil)`,
			"4\t5\nnil\tDIR/bad.lua:1: '=' expected near 'x'\nnil\tcannot open DIR/none.lua: No such file or " +
				"directory\nnil\tattempt to load chunk with wrong mode\ntrue\n"},
		{"dofile", `print(dofile("DIR/f.lua")) print(pcall(dofile, "DIR/raises.lua")) print(pcall(dofile, ` +
			`"DIR/none.lua")) print(pcall(dofile, "DIR/bad.lua"))`,
			"nil\t5\nfalse\tboom\nfalse\tcannot open DIR/none.lua: No such file or " +
				"directory\nfalse\tDIR/bad.lua:1: '=' " +
				"expected near 'x'\n"},
		{"dofile may yield", `local co = coroutine.wrap(function() return dofile("DIR/yields.lua") end) print(co()) ` +
			`print(co(2))`, "1\n2\n"},
		{"the standard input", `print(dofile()) print(loadfile())`, "stdin!\nnil\tcannot read stdin: Closed\n"},
		{"what is not allowed", `print(loadfile("/etc/hosts"))`, "nil\tcannot open /etc/hosts: reading is not " +
			"allowed\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var printed strings.Builder
			s := lua.NewState(lua.Options{})
			defer s.Close()
			box := sandbox.New(sandbox.Options{Permissions: sandbox.Permissions{Read: sandbox.Grant{Only: []string{dir}}}})
			if err := std.Open(s, std.Options{Stdin: &once{text: "return 'stdin!'"}, Stdout: &printed,
				Box: box}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Run([]byte(strings.ReplaceAll(c.source, "DIR", dir)), "=test"); err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(printed.String(), dir, "DIR"); got != c.want {
				t.Errorf("printed\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// once is a standard input that can be read once, and then fails.
type once struct {
	text string
	read int
}

func (o *once) Read(p []byte) (int, error) {
	o.read++
	switch o.read {
	case 1:
		return copy(p, o.text), nil
	case 2:
		return 0, io.EOF
	}
	return 0, errors.New("closed")
}
