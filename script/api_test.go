package script_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/script"
)

// listNames prints every global, every name in a global table, and every name that
// require knows.
const listNames = `
	for name, value in pairs(_G) do
		print("global " .. name)
		if type(value) == "table" and value ~= _G and name ~= "arg" then
			for field in pairs(value) do print("field " .. name .. "." .. tostring(field)) end
		end
	end
	for _, known in ipairs { package.loaded, package.preload } do
		for name in pairs(known) do if name ~= "_G" then print("module " .. name) end end
	end
	for _, name in ipairs(require and arg or {}) do
		local ok, value = pcall(require, name)
		if ok and rawget(_G, name) == nil and type(value) == "table" then
			for field, part in pairs(value) do
				print("field " .. name .. "." .. tostring(field))
				if type(part) == "table" then
					for f in pairs(part) do print("field " .. name .. "." .. field .. "." .. tostring(f)) end
				end
			end
		end
	end`

// A script finds exactly the names in internal/api/luaapi, which is where the type
// stubs, tidewire check and the manual's tables come from. A global, a function or a
// module that you add goes there: one of Lua's own into stock.go, one of ours with its
// parameters into a file beside host.go.
func TestDescriptionIsOfTheLiveGlobals(t *testing.T) {
	var described, unglobal []string
	for _, name := range luaapi.Globals() {
		described = append(described, "global "+name)
	}
	for _, m := range luaapi.Modules() {
		names := []string{m.Name}
		if m.Global {
			names = append(names, m.Aliases...)
		} else {
			unglobal = append(unglobal, m.Name)
		}
		for _, name := range names {
			for _, field := range m.Names() {
				described = append(described, "field "+name+"."+field)
			}
			for _, part := range m.Parts {
				for _, field := range part.Names() {
					described = append(described, "field "+name+"."+part.Name+"."+field)
				}
			}
		}
		if m.Loadable {
			described = append(described, "module "+m.Name)
		}
		if m.LongName != "" {
			described = append(described, "module "+m.LongName)
		}
	}

	var stdout bytes.Buffer
	result, err := script.Run(t.Context(), script.Options{
		Code: listNames, Args: unglobal, Echo: "ws://127.0.0.1:1/", Stdout: &stdout,
	})
	if err != nil || result.ExitCode != 0 {
		t.Fatalf("%+v, error %v", result, err)
	}
	live := strings.Split(strings.TrimSpace(stdout.String()), "\n")

	for _, name := range live {
		if !slices.Contains(described, name) {
			t.Errorf("a script finds the %s, and internal/api/luaapi does not describe it", name)
		}
	}
	for _, name := range described {
		if !slices.Contains(live, name) {
			t.Errorf("internal/api/luaapi describes the %s, and a script does not find it", name)
		}
	}
}
