// Package jitlib is LuaJIT's library jit, for scripts that ask for it by require "jit".
// It is not a global: libraries take that for a promise of ffi. It says the truth: there
// is no compiler to machine code, and the version names our VM.
package jitlib

import (
	"runtime"

	"github.com/tidewire/tidewire/lua"
)

// Open lets require find jit.
func Open(s *lua.State) error {
	t, err := s.NewTable(0, 8)
	if err != nil {
		return err
	}
	nothing := func(c *lua.Call) error { return c.Return() }
	if err := s.SetFuncs(t,
		lua.Func{Name: "on", Call: nothing},
		lua.Func{Name: "off", Call: nothing},
		lua.Func{Name: "flush", Call: nothing},
		lua.Func{Name: "status", Call: func(c *lua.Call) error { return c.Return(lua.False) }},
	); err != nil {
		return err
	}
	for _, field := range [][2]string{{"version", "Tidewire Lua 5.1"}, {"os", system()},
		{"arch", word(runtime.GOARCH)}} {
		v, err := s.String(field[1])
		if err != nil {
			return err
		}
		if err := t.SetString(field[0], v); err != nil {
			return err
		}
	}
	if err := t.SetString("version_num", lua.Int(0)); err != nil {
		return err
	}
	return s.Loaded().SetString("jit", t.Value())
}

// words are LuaJIT's for Go's.
var words = map[string]string{
	"darwin": "OSX", "linux": "Linux", "windows": "Windows", "freebsd": "BSD", "netbsd": "BSD", "openbsd": "BSD",
	"amd64": "x64", "386": "x86",
}

func word(name string) string {
	if known := words[name]; known != "" {
		return known
	}
	return name
}

func system() string {
	if _, known := words[runtime.GOOS]; known {
		return word(runtime.GOOS)
	}
	return "Other"
}
