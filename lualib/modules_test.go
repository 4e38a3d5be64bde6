package lualib_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lualib"
)

// moduleVM is a state whose modules lie in src and lib of a tree, with its path.
func moduleVM(t *testing.T, files map[string]string) (*vm, string) {
	t.Helper()
	dir := tree(t, files)
	m := newVMWith(t, lualib.Options{ModuleDirs: []string{filepath.Join(dir, "src"), filepath.Join(dir, "lib")}})
	m.SetGlobal("dir", luaString(dir))
	return m, dir
}

func TestRequire(t *testing.T) {
	m, dir := moduleVM(t, map[string]string{
		"src/a.lua":            "return {name = ..., where = 'src'}",
		"src/deep/er.lua":      "loads = (loads or 0) + 1",
		"lib/a.lua":            "return {where = 'lib'}",
		"lib/pack/init.lua":    "return 'the package'",
		"src/loop.lua":         "return require 'loop2'",
		"src/loop2.lua":        "return require 'loop'",
		"src/broken.lua":       "x = = 1",
		"src/falls.lua":        "error 'no luck'",
		"src/old.lua":          "module('old', package.seeall) function f() return type(print) end",
		"src/withshebang.lua":  "#!/usr/bin/lua\nreturn 'ran'",
		"src/assigns/init.lua": "package.loaded[...] = 'assigned'",
	})
	m.wantOutput(t, `print(require "a".name, require "a".where, require "pack", require "deep.er", require "deep.er", loads)`,
		"a\tsrc\tthe package\ttrue\ttrue\t1\n")
	m.wantOutput(t, `package.preload.early = function(n) return "preloaded " .. n end print(require "early", require "withshebang", require "assigns")`,
		"preloaded early\tran\tassigned\n")
	m.wantOutput(t, `require "old" print(old.f(), package.loaded.old == old)`, "function\ttrue\n")
	m.wantOutput(t, `print(pcall(require, "loop"))`,
		"false\t"+dir+"/src/loop2.lua:1: loop or previous error loading module 'loop'\n")
	m.wantOutput(t, `print(pcall(require, "falls")) print(pcall(require, "falls"))`,
		"false\t"+dir+"/src/falls.lua:1: no luck\nfalse\tloop or previous error loading module 'falls'\n")
	m.wantOutput(t, `print((select(2, pcall(require, "x.y"))))`, "module 'x.y' not found:\n\tno field package.preload['x.y']\n"+
		"\tno file '"+dir+"/src/x/y.lua'\n\tno file '"+dir+"/src/x/y/init.lua'\n\tno file '"+dir+"/lib/x/y.lua'\n\tno file '"+dir+"/lib/x/y/init.lua'\n")
	got, _ := m.run(t, `print((select(2, pcall(require, "broken"))))`)
	if want := "error loading module 'broken' from file '" + dir + "/src/broken.lua':\n\t" + dir + "/src/broken.lua:1: "; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q…", got, want)
	}
	m.wantOutput(t, `print(package.searchpath("deep.er", package.path) == dir .. "/src/deep/er.lua", (package.searchpath("no", "./?.x")))`, "true\tnil\n")
}

// What a script may try to have files read that lie elsewhere, or beside it and are no modules.
func TestRequireStaysInside(t *testing.T) {
	m, dir := moduleVM(t, map[string]string{
		"secret.lua": "return 'secret'", "src/.env": "KEY='secret'", "src/link.lua": "-> ../secret.lua", "src/linkdir": "-> ..",
		"src/env.lua": "-> .env", "src/dir.lua/x": "",
	})
	for _, source := range []string{
		`require "../secret"`, `require "..secret"`, `require "link"`, `require "linkdir.secret"`, `require "linkdir/secret"`,
		`package.path = dir .. "/?.lua" require "secret"`, `package.path = dir .. "/src/?" require "/.env"`,
		`package.path = dir .. "/src/?" package.path = package.path require ".env"`, `require "env"`, `require "dir"`,
		`package.path = dir .. "/src/.env" require "x"`, `require "x\0"`, `require ""`,
		`package.loaders[2](dir .. "/secret")()`, `package.path = "?" require(dir .. "/secret.lua")`,
	} {
		if got, err := m.run(t, "KEY = nil "+source+" print 'in'"); err == nil || got != "" || strings.Contains(err.Error(), "KEY") {
			t.Errorf("%s: %q, %v", source, got, err)
		}
	}
	m.wantOutput(t, `package.path = dir .. "/?.lua" print((select(2, pcall(require, "secret"))))`,
		"module 'secret' not found:\n\tno field package.preload['secret']\n\tno file '"+dir+"/secret.lua' (reading is not allowed: "+
			"run again with --allow-read="+dir+"/secret.lua)\n")
	allowed := newVMWith(t, reading(dir))
	allowed.SetGlobal("dir", luaString(dir))
	allowed.wantOutput(t, `package.path = dir .. "/?.lua" print(require "secret")`, "secret\n")
}
