package tidewire_test

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/publicapi"
)

// promised reads the one list of the packages that programs around us may import.
func promised(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("docs/go-api.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## The promised packages\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var folders []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(section, -1) {
		folders = append(folders, row[1])
	}
	if len(folders) == 0 {
		t.Fatal("docs/go-api.md promises no packages")
	}
	return folders
}

// A package that can be imported is promised, and the other way round. Doors are Go
// modules of their own, so no row of the arrows has them.
func TestPromisedPackages(t *testing.T) {
	var found, want []string
	for _, r := range rows {
		hidden := slices.Contains(strings.Split(r.folder, "/"), "internal") || within(r.folder, "cmd")
		if !hidden && !slices.Equal(r.ours, anything) {
			found = append(found, r.folder)
		}
	}
	for _, folder := range promised(t) {
		if !within(folder, "doors") {
			want = append(want, folder)
		}
	}
	slices.Sort(found)
	slices.Sort(want)
	if !slices.Equal(found, want) {
		t.Errorf("packages outside of internal and cmd are\n%v, docs/go-api.md promises\n%v", found, want)
	}
}

func TestSignaturesArePublic(t *testing.T) {
	var packages []string
	for _, folder := range promised(t) {
		if !within(folder, "doors") { // each has this test itself
			packages = append(packages, path.Join(modulePath, folder))
		}
	}
	publicapi.Check(t, packages...)
}
