package task

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxListed bounds the tasks that Deadlock lists.
const maxListed = 20

// Deadlock returns the error of a run whose tasks wait for something that does not come
// any longer: it lists them with the places where they wait. nil means that there are no
// tasks.
func (s *Scheduler) Deadlock() error {
	if len(s.live) == 0 {
		return nil
	}
	tasks := slices.Clone(s.live)
	byNumber(tasks)
	var text strings.Builder
	if len(tasks) == 1 {
		text.WriteString("deadlock: a task waits, and nothing is left that could wake it")
	} else {
		fmt.Fprintf(&text, "deadlock: %d tasks wait, and nothing is left that could wake one of them", len(tasks))
	}
	for i, r := range tasks {
		if i == maxListed {
			fmt.Fprintf(&text, "\n\tand %d more", len(tasks)-i)
			break
		}
		text.WriteString("\n\t" + r.task.origin.where + " waits")
		if r.wait != nil {
			text.WriteString(" in '" + r.wait.kind.Name + "'")
		}
		if at := s.place(r); at != "" {
			text.WriteString(" at " + at)
		}
	}
	return errors.New(text.String())
}

// place returns where a task waits, such as "bot.lua:12", or "" if no Lua code is near.
func (s *Scheduler) place(r *running) string {
	th := r.co.Innermost()
	if th == nil {
		return ""
	}
	if source, line := s.caller(th, 0); line > 0 {
		return fmt.Sprintf("%s:%d", source, line)
	}
	return ""
}
