package main

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/tidewire/tidewire/internal/api/luaapi"
)

// The editors' settings are JSON, name the folder of the type definitions, and know the
// globals of ours.
func TestEditorSettings(t *testing.T) {
	var settings struct {
		Library []string `json:"workspace.library"`
		Globals []string `json:"diagnostics.globals"`
	}
	if err := json.Unmarshal([]byte(editorSettings), &settings); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(settings.Library, []string{stubsFolder}) {
		t.Errorf("library %q", settings.Library)
	}
	var globals []string
	for _, m := range luaapi.Modules() {
		if m.Global && m.Stock == nil {
			globals = append(append(globals, m.Name), m.Aliases...)
		}
	}
	if !slices.Equal(settings.Globals, globals) {
		t.Errorf("globals %q, want %q", settings.Globals, globals)
	}
}
