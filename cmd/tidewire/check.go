package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/internal/api/check"
	"github.com/tidewire/tidewire/script"
)

func newCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE...",
		Short: "Look for mistakes in Lua scripts without running them",
		Long: `Look for mistakes in Lua scripts without running them: syntax errors, misspelt callbacks, options, events and
functions, and globals that nobody sets. Each is printed as file:line: message.

The files of one script belong together: name them all, so that a global which one of them sets is known in the others.
- is standard input. What a script only asks for, as in "if bit32 then", may be missing.

Exit codes:
  0  nothing was found
  1  something was found
  2  a file cannot be read, or bad flags`,
		Example:               "  tidewire check main.lua lib/*.lua",
		Args:                  someScript,
		RunE:                  func(_ *cobra.Command, args []string) error { return runCheck(args) },
		ValidArgsFunction:     completeScripts,
		DisableFlagsInUseLine: true,
	}
}

// someScript wants one script at least.
func someScript(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("nothing to check: name a script, or - for standard input")
	}
	return nil
}

// runCheck is the body of tidewire check.
func runCheck(names []string) error {
	var files []check.File
	for _, name := range names {
		source, err := script.ReadSource(name, os.Stdin)
		if err != nil {
			return &startError{err}
		}
		files = append(files, check.File{Name: source.Name, Source: source.Text})
	}
	findings := check.Files(files)
	for _, finding := range findings {
		fmt.Println(finding)
	}
	if len(findings) > 0 {
		return exitWith(1)
	}
	return nil
}
