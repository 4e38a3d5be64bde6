package luaapi_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/lua"
)

// A stub is Lua that loads, and every type that it mentions is declared in one of them or
// Lua's own.
func TestStubs(t *testing.T) {
	declared := map[string]bool{}
	all := ""
	for _, stub := range luaapi.Stubs() {
		s := lua.NewState(lua.Options{})
		if _, err := s.Run([]byte(stub.Text), "="+stub.Name); err != nil {
			t.Errorf("%s: %v\n%s", stub.Name, err, stub.Text)
		}
		s.Close()
		if !strings.HasPrefix(stub.Text, luaapi.StubHead+"\n---@meta") {
			t.Errorf("%s begins with %.100q", stub.Name, stub.Text)
		}
		all += stub.Text
	}
	for _, match := range regexp.MustCompile(`(?m)^---@(?:class(?: \(exact\))?|alias) ([\w.]+)`).FindAllStringSubmatch(all, -1) {
		if declared[match[1]] {
			t.Errorf("%s is declared twice", match[1])
		}
		declared[match[1]] = true
	}
	for _, name := range regexp.MustCompile(`tidewire\.[A-Z][\w.]*`).FindAllString(all, -1) {
		if !declared[name] {
			t.Errorf("%s is declared nowhere", name)
		}
	}
	for _, left := range []string{"](#", "see below", "  \n"} {
		if strings.Contains(all, left) {
			t.Errorf("a stub contains %q", left)
		}
	}
}

// A stub that is run makes the module's functions, under all their names.
func TestStubsMakeTheFunctions(t *testing.T) {
	for _, stub := range luaapi.Stubs() {
		s := lua.NewState(lua.Options{})
		returned, err := s.Run([]byte(stub.Text), "@"+stub.Name)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(stub.Name, ".lua")
		module, made := luaapi.ModuleOf(name), s.Global(name)
		if module == nil {
			module, made = luaapi.Required(name), returned[0]
		}
		table, isTable := made.AsTable()
		if !isTable {
			t.Fatalf("%s makes a %s", stub.Name, made.TypeName())
		}
		for _, f := range module.Functions {
			for _, name := range append([]string{f.Name}, f.Aliases...) {
				if !table.GetString(name).IsFunction() {
					t.Errorf("%s makes no function %s", stub.Name, name)
				}
			}
		}
		for _, part := range module.Parts {
			within, _ := table.GetString(part.Name).AsTable()
			for _, f := range part.Functions {
				if within == nil || !within.GetString(f.Name).IsFunction() {
					t.Errorf("%s makes no function %s.%s", stub.Name, part.Name, f.Name)
				}
			}
		}
		for _, alias := range module.Aliases {
			if !lua.RawEqual(s.Global(alias), made) {
				t.Errorf("%s: %s is not the same table", stub.Name, alias)
			}
		}
		s.Close()
	}
}

// Some lines as editors are to see them.
func TestLinesOfStubs(t *testing.T) {
	want := map[string][]string{
		"websocket.lua": {
			"---@meta websocket",
			`---| "Underlying Transport Error"`,
			"---@class (exact) tidewire.Callbacks",
			"---@field onClose? fun(code: integer, reason: string, wasClean: boolean, info: tidewire.EndInfo) " +
				"the connection ended with a closing handshake, or in any way after the script's own `Close`",
			"---@class (exact) tidewire.EndInfo: tidewire.Info",
			"---@field category tidewire.Category kind of end",
			"---@field timeout? number|tidewire.Options.Timeout seconds for each phase, or a table that names " +
				"phases. " +
				"Default: `5`",
			"---@param options? tidewire.Options",
			"function websocket.Connect(url, callbacks, options) end",
			"websocket.connect = websocket.Connect",
			"return websocket",
		},
		"host.lua": {
			"---@class tidewire.Handle: userdata",
			`---| "onUpdate" # calls ` + "`f`" + ` once a frame, 60 times a second by default; returns a handle`,
			"function host.Register(event, f) end",
			"cheat = host",
		},
		"tide.zlib.lua": {
			"---@class (exact) tidewire.Inflater: userdata",
			"---@return tidewire.Inflater",
		},
		"tide.encoding.lua": {
			"---@meta tide.encoding",
			"local encoding = {}",
			"encoding.base64 = {}",
			"---@param options? {url?: boolean, pad?: boolean}",
			"---@return string?, string?",
			"function encoding.base64.encode(data, options) end",
			"---@param ... string|number",
			"function encoding.pack(format, ...) end",
			"return encoding",
		},
	}
	for _, stub := range luaapi.Stubs() {
		lines := strings.Split(stub.Text, "\n")
		for _, line := range want[stub.Name] {
			if !slices.Contains(lines, line) {
				t.Errorf("%s lacks %s\n%s", stub.Name, line, stub.Text)
			}
		}
	}
}
