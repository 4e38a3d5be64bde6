package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/bench/lua/embedding"
	_ "github.com/tidewire/tidewire/script" // see builtVMs
)

// builtVMs are the VMs of Go; the others may not be installed. The test goes on in the
// folder of the module, where the command runs. The go command repeats a test if a
// package that it imports or a file that it opens has changed, and the children are
// neither: hence the import of script above, and the reading here.
func builtVMs(t *testing.T) []vm {
	t.Helper()
	t.Chdir("..")
	sources, err := filepath.Glob("lua/[og]*/*.go")
	if err != nil || len(sources) < 4 {
		t.Fatalf("sources of the children: %q, error %v", sources, err)
	}
	for _, source := range sources {
		if _, err := os.ReadFile(source); err != nil {
			t.Fatal(err)
		}
	}
	folder := t.TempDir()
	if out, err := build(folder); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return []vm{
		ours:      {title: "ours", command: []string{filepath.Join(folder, "ours")}, embeds: true},
		gopherLua: {title: "gopher-lua", command: []string{filepath.Join(folder, "gopherlua")}, embeds: true},
	}
}

func script(t *testing.T, code string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script.lua")
	if err := os.WriteFile(path, []byte(code), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRun(t *testing.T) {
	for _, v := range builtVMs(t) {
		r, err := v.run(script(t, "for _ = 1, 1e6 do end print(...)"), "a", "b")
		if err != nil || r.output != "a\tb\n" || r.cpu < time.Millisecond {
			t.Errorf("%s: printed %q in %v of CPU time, error %v", v.title, r.output, r.cpu, err)
		}
		if _, err := v.run(script(t, "error('no luck')")); err == nil || !strings.Contains(err.Error(), "no luck") {
			t.Errorf("%s: error %v for a script that raises, want its words", v.title, err)
		}
	}
}

func TestEmbed(t *testing.T) {
	for _, v := range builtVMs(t) {
		figures, err := v.embed(time.Microsecond)
		if err != nil {
			t.Errorf("%s: %v", v.title, err)
		}
		for _, name := range embedding.Names {
			f, known := figures[name]
			size := name == embedding.StateSize || name == embedding.CoroutineSize
			if !known || size == (f.Nanoseconds > 0) || size && f.Bytes < 100 {
				t.Errorf("%s: %s: %+v", v.title, name, f)
			}
		}
	}
}

func TestFigure(t *testing.T) {
	for _, c := range []struct {
		kind   kind
		output string
		want   float64 // 0 for an error
	}{
		{plain, "anything", 2},
		{start, "", 2},
		{operation, "1000\n", 2e6},
		{size, "1250.5\n", 1250.5},
		{operation, "0\n", 0},
		{operation, "none\n", 0},
	} {
		got, err := ran{cpu: 2 * time.Second, output: c.output}.figure(c.kind)
		if got != c.want || (err != nil) != (c.want == 0) {
			t.Errorf("kind %d, %q: %v, error %v, want %v", c.kind, c.output, got, err, c.want)
		}
	}
}

// A VM that is not installed is an error that says how to get it.
func TestMissingVM(t *testing.T) {
	v := vm{command: []string{"no-such-lua"}}
	if _, err := v.ask(puc); err == nil || !strings.Contains(err.Error(), "apt-get install lua5.1") {
		t.Errorf("error %v, want one that names the packages", err)
	}
}
