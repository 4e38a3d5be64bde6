package options_test

import (
	"testing"

	"github.com/tidewire/tidewire/internal/modules/options"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// newState has a global function f([options]) that returns what it has read.
func newState(t *testing.T) *lua.State {
	t.Helper()
	s := lua.NewState(lua.Options{})
	t.Cleanup(s.Close)
	if err := std.Open(s, std.Options{}); err != nil {
		t.Fatal(err)
	}
	f := s.NewFunction("f", func(c *lua.Call) error {
		o := options.Read(c, 1, "safe", "level", "format")
		safe, level := o.Bool("safe", true), o.Int("level", 6, 0, 9)
		format := o.Word("format", "zlib", "zlib", "gzip")
		if err := c.Err(); err != nil {
			return err
		}
		text, err := s.String(format)
		if err != nil {
			return err
		}
		return c.Return(lua.Bool(safe), lua.Int(level), text)
	})
	if err := s.SetGlobal("f", f); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOptions(t *testing.T) {
	s := newState(t)
	const bad = "bad argument #1 to 'f' ("
	for _, c := range []struct{ call, want string }{
		{`f()`, "true 6 zlib"},
		{`f(nil)`, "true 6 zlib"},
		{`f {}`, "true 6 zlib"},
		{`f {safe = false, level = 0, format = "gzip"}`, "false 0 gzip"},
		{`f {level = 9}`, "true 9 zlib"},
		{`f(setmetatable({}, {__index = {level = 3}}))`, "true 3 zlib"},

		{`f(1)`, bad + "table expected, got number)"},
		{`f {sfae = true}`, bad + "unknown option 'sfae': did you mean 'safe'?)"},
		{`f {other = true}`, bad + "unknown option 'other': expected 'safe', 'level' or 'format')"},
		{`f {1}`, bad + "unknown option '1': expected 'safe', 'level' or 'format')"},
		{`f {[print] = 1}`, bad + "unknown option 'function': expected 'safe', 'level' or 'format')"},
		{`f {["\0" .. ("x"):rep(50)] = 1}`, bad + `unknown option '\x00` +
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...': expected 'safe', 'level' or 'format')"},
		{`f {safe = 1}`, bad + "field 'safe': boolean expected, got number)"},
		{`f {level = 10}`, bad + "field 'level': whole number from 0 to 9 expected, got 10)"},
		{`f {level = -1}`, bad + "field 'level': whole number from 0 to 9 expected, got -1)"},
		{`f {level = 1.5}`, bad + "field 'level': whole number from 0 to 9 expected, got 1.5)"},
		{`f {level = 0/0}`, bad + "field 'level': whole number from 0 to 9 expected, got nan)"},
		{`f {level = "3"}`, bad + "field 'level': whole number from 0 to 9 expected, got string)"},
		{`f {format = "zip"}`, bad + "field 'format': 'zlib' or 'gzip' expected, got 'zip')"},
		{`f {format = true}`, bad + "field 'format': 'zlib' or 'gzip' expected, got boolean)"},
		{`f(setmetatable({}, {__index = function() error("mine", 0) end}))`, "mine"},
	} {
		results, err := s.Run([]byte(`
			local ok, safe, level, format = pcall(function() local a, b, c = `+c.call+` return a, b, c end)
			if ok then return tostring(safe) .. " " .. level .. " " .. format end
			return (safe:gsub("^test:%d+: ", ""))`), "=test")
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := results[0].AsString(); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.call, got, c.want)
		}
	}
}
