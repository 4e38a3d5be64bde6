package encoding_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/encoding"
)

// prelude has the module's parts as globals, and the assertions of the scripts.
const prelude = `
	encoding = require "tide.encoding"
	base64, hex, url = encoding.base64, encoding.hex, encoding.url
	local function shown(value) return type(value) == "string" and ("%q"):format(value) or tostring(value) end
	function same(got, want, what)
		if got ~= want then error(("%sgot %s, want %s"):format(what and what .. ": " or "", shown(got), shown(want)), 2) end
	end
	function refused(want, f, ...)
		local got, message = f(...)
		if got ~= nil or message ~= want then
			error(("got %s and %s, want nil and %s"):format(shown(got), shown(message), shown(want)), 2)
		end
	end
	function raises(want, f, ...)
		local ok, message = pcall(f, ...)
		if ok or message ~= want then error(("got %s, want the error %s"):format(shown(message), shown(want)), 2) end
	end`

// newState returns a state with all libraries and the prelude.
func newState(t testing.TB, opts lua.Options) *lua.State {
	t.Helper()
	s := lua.NewState(opts)
	t.Cleanup(s.Close)
	if err := std.Open(s, std.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := encoding.Open(s); err != nil {
		t.Fatal(err)
	}
	run(t, s, prelude)
	return s
}

// run runs a chunk that must not fail, and returns its results.
func run(t testing.TB, s *lua.State, source string) []lua.Value {
	t.Helper()
	results, err := s.Run([]byte(source), "=test")
	if err != nil {
		t.Fatalf("%.200s: %v", source, err)
	}
	return results
}

// The scripts in testdata run through.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".lua"), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := newState(t, lua.Options{})
			if _, err := s.Run(source, "@"+file); err != nil {
				t.Error(err)
			}
		})
	}
}
