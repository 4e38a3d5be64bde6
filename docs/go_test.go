package docs_test

import (
	"strings"
	"testing"
)

// Every Go block of a page is a piece of example_test.go, where it compiles and runs.
func TestGoBlocks(t *testing.T) {
	source := read(t, "docs/example_test.go")
	bodies := strings.ReplaceAll(source, "\n\t", "\n") // as they look outside of their functions
	shown := 0
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.language != "go" {
				continue
			}
			shown++
			if !strings.Contains(source, b.code) && !strings.Contains(bodies, b.code) {
				t.Errorf("%s:%d: the block is no part of docs/example_test.go", page, b.line)
			}
		}
	}
	if shown < 3 {
		t.Errorf("%d Go blocks, want those of README and go-api.md at least", shown)
	}
}
