package docs_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// docs/dependencies.md has each module that is built into something that we ship, and the
// licence that is in it.
func TestDependencies(t *testing.T) {
	want := make(map[string]string)
	for _, system := range []string{"linux", "darwin", "windows"} {
		list := exec.Command("go", "list", "-deps", "-f",
			"{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", "./...")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		for line := range strings.Lines(string(out)) {
			if module, folder, found := strings.Cut(strings.TrimSpace(line), " "); found && want[module] == "" {
				want[module] = licence(t, folder)
			}
		}
	}
	got := make(map[string]string)
	for _, row := range table(t, "docs/dependencies.md", "`go.sum` holds the hashes.") {
		got[word(t, row[0])] = row[1]
	}
	for _, module := range slices.Sorted(maps.Keys(want)) {
		if got[module] != want[module] {
			t.Errorf("%s is under %q, and has %q in the table", module, want[module], got[module])
		}
		delete(got, module)
	}
	for module := range got {
		t.Errorf("%s is in the table, and built into nothing", module)
	}
}

// licence returns the names of a module's licences, by sentences that their texts have.
func licence(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "LICENSE*"))
	if err != nil || len(files) == 0 {
		t.Errorf("no licence in %s: %v", folder, err)
		return ""
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Join(strings.Fields(string(text)), " ")
	var names []string
	for _, known := range []struct {
		name, opening, further string
	}{
		{"BSD-3-Clause", "Redistribution and use in source and binary forms", "Neither the name of"},
		{"MIT", "Permission is hereby granted, free of charge", "WITHOUT WARRANTY OF ANY KIND"},
		{"Apache-2.0", "Apache License", "Version 2.0, January 2004"},
	} {
		if strings.Contains(words, known.opening) && strings.Contains(words, known.further) {
			names = append(names, known.name)
		}
	}
	if names == nil {
		return "a licence that nobody has read"
	}
	return strings.Join(names, ", ")
}
