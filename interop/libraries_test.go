//go:build interop

package interop

import (
	"os"
	"os/exec"
	"testing"
)

// Libraries that others wrote for the hosts of LuaJIT's time run unchanged, and as real
// luajit runs them.
func TestLibraries(t *testing.T) {
	const (
		dir    = "/usr/share/lua/5.1" // where Debian has them
		script = "testdata/libraries.lua"
	)
	for _, library := range []struct{ file, debian string }{
		{"dkjson.lua", "lua-dkjson"}, {"pl/class.lua", "lua-penlight"}, {"inspect.lua", "lua-inspect"},
	} {
		if _, err := os.Stat(dir + "/" + library.file); err != nil {
			t.Fatalf("%v: install Debian's package %s (interop/install does)", err, library.debian)
		}
	}
	for name, command := range map[string][]string{
		"luajit": {"luajit", "-e", "package.path = '" + dir + "/?.lua;" + dir + "/?/init.lua'", script},
		"runner": {runner, "run", "-I", dir, script},
	} {
		out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
		if err != nil || string(out) != "ok\n" {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
