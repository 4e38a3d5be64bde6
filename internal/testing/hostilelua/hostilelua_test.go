package hostilelua_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/hostilelua"
)

// Names are unique, endings that need a place have one, and the manual has the count.
func TestScripts(t *testing.T) {
	scripts, err := hostilelua.Scripts()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, s := range scripts {
		name := s.Class + "/" + s.Name
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if s.VM.Kind == hostilelua.Host || s.VM.Kind == hostilelua.Absent {
			t.Errorf("%s: our VM bounds everything, and has everything", name)
		}
		if s.VM.Kind == hostilelua.Stopped && len(s.VM.Places) == 0 {
			t.Errorf("%s: no line is marked", name)
		}
		if strings.Contains(s.Source, "]==]") {
			t.Errorf("%s: its text ends the quotes around it", name)
		}
	}
	page, err := os.ReadFile("../../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	if count := fmt.Sprintf("\n%d small scripts", len(scripts)); !strings.Contains(string(page), count) {
		t.Errorf("docs/sandbox.md lacks %q", count)
	}
}
