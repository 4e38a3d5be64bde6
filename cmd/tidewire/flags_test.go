package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
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

func flagRow(f *pflag.Flag) []string {
	spelled, usage := describe(f)
	return []string{"`" + spelled + "`", strings.NewReplacer("*", `\*`, "|", `\|`).Replace(usage)}
}

// A value that no flag takes is refused in words for a person, without those of Go's own
// packages, and every flag is described.
func TestErrorsOfFlagsAreForPeople(t *testing.T) {
	refused := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s has no words", cmd.CommandPath(), f.Name)
			}
			err := cmd.Flags().Set(f.Name, "\x01=*")
			if err == nil {
				return // it takes any text
			}
			refused++
			for _, word := range []string{"strconv", "parse", "syntax", "time:", "%!", "pflag"} {
				if strings.Contains(strings.ToLower(err.Error()), word) {
					t.Errorf("%s --%s: %v", cmd.CommandPath(), f.Name, err)
				}
			}
		})
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(newRootCommand())
	if refused < 20 {
		t.Errorf("%d flags refuse a value", refused)
	}
}

// A shell offers files as the value of a flag where files are right, and nowhere else.
func TestFlagsThatCompleteFiles(t *testing.T) {
	var files []string
	for _, cmd := range newRootCommand().Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			_, known := cmd.GetFlagCompletionFunc(f.Name)
			if value, _ := pflag.UnquoteUsage(f); value != "" && !known {
				files = append(files, cmd.Name()+" --"+f.Name)
			}
		})
	}
	const want = "check --include, run --allow-read, run --allow-write, run --include"
	if got := strings.Join(files, ", "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
