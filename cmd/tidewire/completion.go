package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// shells are those that completion knows.
var shells = []string{"bash", "fish", "powershell", "zsh"}

func newCompletionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes commands and flags in a shell",
		Long: `Print a script that completes the commands, flags, values and files of tidewire in a shell. For the shell that runs:

  bash        source <(tidewire completion bash)        needs the package bash-completion
  zsh         source <(tidewire completion zsh)         after compinit
  fish        tidewire completion fish | source
  powershell  tidewire completion powershell | Out-String | Invoke-Expression

For every shell to come, put that line into ~/.bashrc, ~/.zshrc, ~/.config/fish/config.fish or the file that $PROFILE
names.`,
		Example: "  tidewire completion bash >/etc/bash_completion.d/tidewire",
		Args:    oneShell,
		RunE: func(cmd *cobra.Command, args []string) error {
			root, w := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(w, true)
			case "zsh":
				return root.GenZshCompletion(w)
			case "fish":
				return root.GenFishCompletion(w, true)
			}
			return root.GenPowerShellCompletionWithDesc(w)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return shells, cobra.ShellCompDirectiveNoFileComp
		},
		DisableFlagsInUseLine: true,
	}
}

// oneShell wants one of shells.
func oneShell(_ *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return fmt.Errorf("name the shell: %s", strings.Join(shells, ", "))
	case len(args) > 1:
		return fmt.Errorf("one shell expected, %d are given", len(args))
	case !slices.Contains(shells, args[0]):
		return fmt.Errorf("unknown shell %q: %w", args[0], notOneOf(args[0], shells))
	}
	return nil
}

// completeScript completes SCRIPT; the arguments after it may be anything.
func completeScript(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return []string{"lua"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeScripts completes Lua files, and folders on the way.
func completeScripts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"lua"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeFolder completes one folder.
func completeFolder(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeFlags sets the values of flags. Those that are not named complete files.
func completeFlags(cmd *cobra.Command, words map[string][]string) {
	for name, known := range words {
		if err := cmd.RegisterFlagCompletionFunc(name,
			cobra.FixedCompletions(known, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // no such flag, or it has a function: a mistake here
		}
	}
}
