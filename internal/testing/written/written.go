// Package written keeps the parts of the manual that repeat the code. They are not typed:
// a test writes them with -update, and without it fails if the page says something else.
//
// A part begins after a line <!-- written: its name --> and ends before the next empty
// line.
package written

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the parts of the pages that come from the code")

// Part holds the part of a page to the text, or writes it there.
func Part(t *testing.T, page, name, text string) {
	t.Helper()
	whole, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	begin, there, end, found := cut(string(whole), name)
	text = strings.TrimRight(text, "\n") + "\n"
	switch {
	case !found:
		t.Fatalf("%s: no line %q with a part behind it", page, marker(name))
	case there == text:
	case *update:
		if err := os.WriteFile(page, []byte(begin+text+end), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf(
			"%s, part %q is not that of the code: run this test with -update\npage:\n%s\ncode:\n%s",
			page,
			name,
			there,
			text,
		)
	}
}

// Table is Part for a table of a head and rows of cells.
func Table(t *testing.T, page, name string, rows [][]string) {
	t.Helper()
	var text strings.Builder
	for i, row := range rows {
		text.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			text.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	Part(t, page, name, text.String())
}

var names = regexp.MustCompile(`(?m)^<!-- written: (.*) -->$`)

// Parts lists the names of the parts that a page has.
func Parts(t *testing.T, page string) (parts []string) {
	t.Helper()
	whole, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range names.FindAllSubmatch(whole, -1) {
		parts = append(parts, string(match[1]))
	}
	return parts
}

func marker(name string) string { return "<!-- written: " + name + " -->" }

// cut divides a page into the text up to the part, the part and the rest.
func cut(whole, name string) (begin, part, end string, found bool) {
	head, rest, found := strings.Cut(whole, "\n"+marker(name)+"\n")
	if !found {
		return "", "", "", false
	}
	before := whole[:len(head)+len(marker(name))+2]
	length := strings.Index(rest, "\n\n") + 1
	if length == 0 {
		length = len(rest)
	}
	return before, rest[:length], rest[length:], true
}
