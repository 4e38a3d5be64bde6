// Command tidewire runs Lua scripts that talk WebSocket.
package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/script"
)

// exitUnusable is the exit code when nothing could be run: bad flags, an unreadable
// script, an address in use.
const exitUnusable = 2

// exitCodes is for --help.
const exitCodes = `Exit codes:
  0    the script ended without a Lua error
  1    a Lua error: in the main chunk, which ends the run, or in a callback, task, timer or handler, which does not;
       or a connection failed before the ending, and no onError was there to see it (onError = false is one);
       or tasks were left that only wait for one another
  2    nothing was run: bad flags, a script that cannot be read, or an address in use
  129  ended by SIGHUP (its terminal was closed)
  130  ended by SIGINT (ctrl-C; a second one quits at once)
  143  ended by SIGTERM
  n    the script called host.Exit(n)
A connection that fails is no error by itself if the script's onError sees it.`

func main() { quit(execute()) }

// execute runs the command line and returns the exit code.
func execute() int {
	cmd, err := newRootCommand().ExecuteC()
	stderr.Hurry() // all that follows is the end
	var code script.ExitCode
	var start *startError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &start):
		complain(err.Error())
	default: // only mistakes on the command line are left
		complain(err.Error(), fmt.Sprintf("Run '%s --help' for usage.", cmd.CommandPath()))
	}
	return exitUnusable
}

// startError says why nothing was run, although the command line was in order.
type startError struct{ err error }

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

func newRootCommand() *cobra.Command {
	var wantVersion bool
	root := &cobra.Command{
		Use:     "tidewire",
		Short:   "Run Lua scripts that talk WebSocket",
		Long:    "tidewire runs Lua scripts that talk WebSocket.\n\n" + exitCodes,
		Example: "  tidewire run --echo examples/hello.lua",
		Args:    refuseUnknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if wantVersion {
				printVersion()
				return nil
			}
			return cmd.Help()
		},
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	defineToggle(root, &wantVersion, "version", "print the version", noValue)
	root.AddCommand(newRunCommand(), newCheckCommand(), newInitCommand(), newEchoCommand(), newVersionCommand(),
		newCompletionCommand())
	root.SetHelpCommand(newHelpCommand())
	root.SetUsageFunc(printUsage)
	root.SetFlagErrorFunc(flagMistake)
	defineHelp(root)
	return root
}
