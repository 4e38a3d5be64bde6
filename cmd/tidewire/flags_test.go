package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/tidewire/tidewire/internal/testing/written"
)

// README's flags of run are those of the command, in the words of its help.
func TestFlagsInREADME(t *testing.T) {
	rows := [][]string{{"flag of `run`", "what it does"}}
	flags := newRunCommand().Flags()
	flags.SortFlags = false
	flags.VisitAll(func(f *pflag.Flag) {
		rows = append(rows, flagRow(f))
	})
	if len(rows) < 10 {
		t.Fatalf("the command has %d flags", len(rows)-1)
	}
	written.Table(t, "../../README.md", "flags of run", rows)
}

var noDefault = []string{"", "0", "0s", "[]", "false"}

func flagRow(f *pflag.Flag) []string {
	value, usage := pflag.UnquoteUsage(f)
	spelling := "--" + f.Name
	if f.Shorthand != "" {
		spelling = "-" + f.Shorthand + ", " + spelling
	}
	switch {
	case value == "":
	case f.NoOptDefVal != "":
		spelling += "[=" + value + "]"
	default:
		spelling += " " + value
	}
	if !slices.Contains(noDefault, f.DefValue) {
		usage += "; default " + f.DefValue
	}
	return []string{"`" + spelling + "`", strings.NewReplacer("*", `\*`, "|", `\|`).Replace(usage)}
}
