package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/internal/check"
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
		Args:                  cobra.MinimumNArgs(1),
		RunE:                  func(_ *cobra.Command, args []string) error { return runCheck(args) },
		DisableFlagsInUseLine: true,
	}
}

// runCheck is the body of tidewire check.
func runCheck(names []string) error {
	var files []check.File
	for _, name := range names {
		file, err := readScript(name)
		if err != nil {
			return &startError{err}
		}
		files = append(files, file)
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

func readScript(name string) (check.File, error) {
	if name == script.FromStdin {
		source, err := io.ReadAll(os.Stdin)
		if err != nil {
			return check.File{}, fmt.Errorf("read a script from standard input: %w", err)
		}
		return check.File{Name: "stdin", Source: source}, nil
	}
	source, err := os.ReadFile(name)
	if err != nil {
		return check.File{}, fmt.Errorf("read a script: %w", err)
	}
	return check.File{Name: name, Source: source}, nil
}
