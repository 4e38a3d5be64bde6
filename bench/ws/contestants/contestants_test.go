package contestants

import (
	"regexp"
	"testing"
)

// A row of the table is complete: its cells do not refer to another row.
func TestRowsAreComplete(t *testing.T) {
	reference := regexp.MustCompile(`^as |the same`)
	for _, c := range List {
		for _, cell := range []string{c.Shape, c.Checks} {
			if cell == "" || reference.MatchString(cell) {
				t.Errorf("%s: %q", c.Name, cell)
			}
		}
	}
}
