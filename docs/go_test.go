package docs_test

import (
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
)

// Every Go block of a page is a piece of example_test.go, where it compiles and runs, or a
// whole program.
func TestGoBlocks(t *testing.T) {
	source := read(t, "docs/example_test.go")
	bodies := strings.ReplaceAll(source, "\n\t", "\n") // as they look outside of their functions
	shown := 0
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.language != "go" || isProgram(b) {
				continue
			}
			shown++
			if !strings.Contains(source, b.code) && !strings.Contains(bodies, b.code) {
				t.Errorf("%s:%d: the block is no part of docs/example_test.go", page, b.line)
			}
		}
	}
	if shown < 3 {
		t.Errorf("%d Go blocks, want those of go-api.md at least", shown)
	}
}

func isProgram(b block) bool { return strings.HasPrefix(b.code, "package main\n") }

// Whole programs compile, are formatted, and talk to the server whose URL they get.
func TestPrograms(t *testing.T) {
	type program struct {
		page string
		block
	}
	var programs []program
	seen := make(map[string]bool)
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.language != "go" || !isProgram(b) || seen[b.code] {
				continue
			}
			seen[b.code] = true
			formatted, err := format.Source([]byte(b.code))
			if err != nil || string(formatted) != b.code {
				t.Errorf("%s:%d: the program is not formatted, %v", page, b.line, err)
			}
			programs = append(programs, program{page, b})
		}
	}
	if len(seen) < 3 {
		t.Errorf("%d programs, want those of README and go-api.md", len(seen))
	}
	for _, p := range detector.Some(programs) {
		file := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(file, []byte(p.code), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "go", "run", file, echoURL).CombinedOutput()
		want := "received hello\n"
		if strings.Contains(p.code, "modules/http") {
			want = "received 426\n" // the server wants an upgrade
		}
		if err != nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("%s:%d: %v\n%s", p.page, p.line, err, out)
		}
	}
}
