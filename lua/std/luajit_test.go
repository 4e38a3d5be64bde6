package std_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

var update = flag.Bool("update", false, "write the golden files of testdata with the luajit on this machine")

// variable matches text that differs from run to run: addresses, and the numbers of
// functions of Go.
var variable = regexp.MustCompile(`0x[0-9a-f]+|builtin#[0-9]+`)

// TestAsLuaJIT runs the scripts of testdata. Their golden files have LuaJIT's output.
func TestAsLuaJIT(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	some := scripts
	if !*update {
		some = detector.Some(scripts)
	}
	for _, script := range some {
		name := strings.TrimSuffix(filepath.Base(script), ".lua")
		t.Run(name, func(t *testing.T) {
			golden := "testdata/" + name + ".golden"
			if *update {
				updateGolden(t, script, golden)
			}
			want := strings.Split(readFile(t, golden), "\n")
			got := strings.Split(variable.ReplaceAllString(runFile(t, script), "ADDRESS"), "\n")
			if len(got) != len(want) {
				t.Errorf("%d lines, LuaJIT prints %d", len(got), len(want))
			}
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Errorf("line %d of the output\n is     %s\n LuaJIT %s", i+1, got[i], want[i])
				}
			}
		})
	}
}

// runFile runs a script of testdata with all libraries and returns its output.
func runFile(t *testing.T, path string) string {
	t.Helper()
	var printed strings.Builder
	s := lua.NewState(lua.Options{MaxMemory: 1 << 30})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: &printed}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run([]byte(readFile(t, path)), "@"+filepath.Base(path)); err != nil {
		t.Errorf("%s ends early: %v", path, err)
	}
	return printed.String()
}

// updateGolden has LuaJIT, without its compiler, run a script. The handler that its
// command sets would add tracebacks to errors that load catches, so the script is loaded
// within a coroutine.
func updateGolden(t *testing.T, script, golden string) {
	t.Helper()
	const launch = `local f = assert(loadfile(arg[1])) assert(coroutine.resume(coroutine.create(f)))`
	cmd := exec.Command("luajit", "-joff", "-e", launch, "-", filepath.Base(script))
	cmd.Dir = filepath.Dir(script)
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(golden, variable.ReplaceAll(output, []byte("ADDRESS")), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
