// Package page writes the parts of the manual that the commands of this module measure.
package page

import (
	"fmt"
	"os"
	"strings"
)

// Marks are the two lines around the part of a page that one command writes.
type Marks struct{ Begin, End string }

// Of returns the marks of a command.
func Of(command string) Marks {
	return Marks{
		Begin: "<!-- begin of what " + command + " writes -->\n",
		End:   "<!-- end of what " + command + " writes -->\n",
	}
}

// Insert puts a report between the marks of a page.
func (m Marks) Insert(page, report string) error {
	changed, err := m.changed(page, report)
	if err != nil {
		return err
	}
	return os.WriteFile(page, []byte(changed), 0o666)
}

// Check reports why Insert would fail for a page, before anything is measured.
func (m Marks) Check(page string) error {
	if _, err := m.changed(page, ""); err != nil {
		return fmt.Errorf("%w; is this the folder bench of a clone?", err)
	}
	return nil
}

// changed is what Insert writes.
func (m Marks) changed(page, report string) (string, error) {
	text, err := os.ReadFile(page)
	if err != nil {
		return "", err
	}
	changed, err := m.Splice(string(text), report)
	if err != nil {
		return "", fmt.Errorf("%s: %w", page, err)
	}
	return changed, nil
}

// Splice returns a page's text with a report between its marks.
func (m Marks) Splice(text, report string) (string, error) {
	before, rest, found := strings.Cut(text, m.Begin)
	_, after, closed := strings.Cut(rest, m.End)
	if !found || !closed {
		return "", fmt.Errorf("the lines %q and %q are not there", m.Begin, m.End)
	}
	return before + m.Begin + "\n" + report + "\n" + m.End + after, nil
}
