package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)]+)\)`)

// Every link within the repository leads somewhere, also to a heading.
func TestLinks(t *testing.T) {
	for _, page := range append(pages(t), "CHANGELOG.md", "CONTRIBUTING.md") {
		for _, match := range link.FindAllStringSubmatch(read(t, page), -1) {
			target := match[1]
			if strings.Contains(target, "://") {
				continue
			}
			file, heading, _ := strings.Cut(target, "#")
			path := page
			if file != "" {
				path = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s links to %s: %v", page, target, err)
			} else if heading != "" && !hasHeading(read(t, path), heading) {
				t.Errorf("%s links to %s: no such heading", page, target)
			}
		}
	}
}

// hasHeading knows the names that headings get on the usual forges: lower case, spaces as
// hyphens, no points.
func hasHeading(text, name string) bool {
	for line := range strings.Lines(text) {
		title, found := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if found && strings.HasPrefix(line, "#") &&
			strings.NewReplacer(" ", "-", ".", "").Replace(strings.ToLower(strings.TrimSpace(title))) == name {
			return true
		}
	}
	return false
}

// README's list of folders is that of the packages, or of the rooms of internal, and each
// is there.
func TestFolders(t *testing.T) {
	listed := make(map[string]bool)
	for _, row := range table(t, "README.md", "## Where things are") {
		for _, folder := range words(row[0]) {
			listed[folder] = true
			if info, err := os.Stat(folder); err != nil || !info.IsDir() {
				t.Errorf("README lists %s: %v", folder, err)
			}
		}
	}
	for _, pattern := range []string{"*/*.go", "cmd/*/*.go", "internal/*/*.go", "internal/*/*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || files == nil {
			t.Fatalf("%s: %q, error %v", pattern, files, err)
		}
		for _, file := range files {
			folder := filepath.ToSlash(filepath.Dir(file))
			if room := strings.Split(folder, "/"); room[0] == "internal" {
				folder = strings.Join(room[:2], "/")
			}
			if !listed[folder] {
				t.Errorf("README does not list %s", folder)
				break
			}
		}
	}
}

// The table of rooms has each package of internal: by its path, or by its name where the
// row of its room is one for several.
func TestRooms(t *testing.T) {
	page := read(t, "docs/architecture.md")
	_, section, _ := strings.Cut(page, "\n## The rooms\n")
	section, _, _ = strings.Cut(section, "\n## ")
	listed := make(map[string]bool)
	for _, word := range words(section) {
		listed[word] = true
	}
	checked := 0
	err := filepath.WalkDir("internal", func(file string, entry fs.DirEntry, err error) error {
		folder := filepath.ToSlash(filepath.Dir(file))
		if err != nil || filepath.Ext(file) != ".go" || strings.Contains(folder, "testdata") {
			return err
		}
		checked++
		if room, name := path.Split(folder); !listed[folder] && !(listed[room+"…"] && listed[name]) {
			t.Errorf("docs/architecture.md has no row for %s", folder)
		}
		return nil
	})
	if err != nil || checked == 0 {
		t.Errorf("%d files, error %v", checked, err)
	}
}

// CONTRIBUTING names the files of the usual changes, and each is there.
func TestUsualChanges(t *testing.T) {
	_, section, _ := strings.Cut(read(t, "CONTRIBUTING.md"), "\n## Five usual changes\n")
	section, _, _ = strings.Cut(section, "\n## ")
	named := 0
	for _, word := range words(section) {
		if strings.Contains(word, "/") {
			named++
			if _, err := os.Stat(word); err != nil {
				t.Errorf("CONTRIBUTING names %s: %v", word, err)
			}
		}
	}
	if named < 20 {
		t.Errorf("%d files are named", named)
	}
}
