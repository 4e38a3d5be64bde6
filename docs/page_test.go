package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pages are the files of this test, README first, from the root (see TestMain).
func pages(t *testing.T) []string {
	t.Helper()
	pages := []string{"README.md", "SECURITY.md"}
	for _, pattern := range []string{"docs/*.md", "docs/adr/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("pages %s: %q, error %v", pattern, found, err)
		}
		pages = append(pages, found...)
	}
	return pages
}

func read(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A block is a fenced piece of code.
type block struct {
	language string // the word after the opening fence
	line     int    // of the opening fence
	code     string
}

func blocks(t *testing.T, page string) []block {
	t.Helper()
	var found []block
	var open *block
	line := 0
	for text := range strings.Lines(read(t, page)) {
		line++
		fence, isFence := strings.CutPrefix(text, "```")
		switch {
		case isFence && open == nil:
			open = &block{language: strings.TrimSpace(fence), line: line}
		case isFence:
			found, open = append(found, *open), nil
		case open != nil:
			open.code += text
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the block has no end", page, open.line)
	}
	return found
}

// table returns the rows of the first table after a line of the page, without its head.
// Cells are trimmed.
func table(t *testing.T, page, behind string) [][]string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, page), "\n"+behind+"\n")
	if !found {
		t.Fatalf("%s: no line %q", page, behind)
	}
	var rows [][]string
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			if rows != nil {
				break
			}
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	if len(rows) < 3 {
		t.Fatalf("%s: no table behind %q", page, behind)
	}
	return rows[2:]
}

// words returns the texts between backquotes.
func words(cell string) []string {
	var words []string
	for i, part := range strings.Split(cell, "`") {
		if i%2 == 1 {
			words = append(words, part)
		}
	}
	return words
}

// word is words for a cell that has exactly one.
func word(t *testing.T, cell string) string {
	t.Helper()
	all := words(cell)
	if len(all) != 1 {
		t.Fatalf("cell %q: want one word in backquotes", cell)
	}
	return all[0]
}
