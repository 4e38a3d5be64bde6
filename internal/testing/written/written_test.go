package written

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const page = `# A page

<!-- written: one -->
| a | b |
|---|---|

Between.
<!-- written: two -->
last line
`

func TestCut(t *testing.T) {
	for name, want := range map[string]string{"one": "| a | b |\n|---|---|\n", "two": "last line\n"} {
		begin, part, end, found := cut(page, name)
		if !found || part != want || begin+part+end != page {
			t.Errorf("%s: %q, %q, %q, found %v", name, begin, part, end, found)
		}
	}
	if _, _, _, found := cut(page, "three"); found {
		t.Error("a part was found that is not there")
	}
}

func TestUpdate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	defer func(before bool) { *update = before }(*update)
	*update = true
	Table(t, file, "one", [][]string{{"x", "y"}, {"1", "2"}})
	Part(t, file, "two", "new line")
	*update = false
	Table(t, file, "one", [][]string{{"x", "y"}, {"1", "2"}})
	Part(t, file, "two", "new line\n")
	if got := Parts(t, file); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("parts %q", got)
	}
	text, err := os.ReadFile(file)
	if want := "# A page\n\n<!-- written: one -->\n| x | y |\n|---|---|\n| 1 | 2 |\n\nBetween.\n<!-- written: two " +
		"-->\nnew line\n"; err != nil || string(text) != want {
		t.Errorf("%q, error %v, want %q", text, err, want)
	}
}
