package docs_test

import (
	"os"
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

// hasHeading knows the names that headings get on the usual forges: lower case, spaces as hyphens.
func hasHeading(text, name string) bool {
	for line := range strings.Lines(text) {
		title, found := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if found && strings.HasPrefix(line, "#") && strings.ReplaceAll(strings.ToLower(strings.TrimSpace(title)), " ", "-") == name {
			return true
		}
	}
	return false
}
