package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tidewire/tidewire/internal/api/spelling"
)

// helpWidth is where help texts are wrapped, in characters.
const helpWidth = 120

// defineHelp gives a command and those below it the flag --help. The one that cobra would
// define answers --help=x with an error of package strconv.
func defineHelp(cmd *cobra.Command) {
	help := &toggle{new(bool), noValue}
	cmd.Flags().VarPF(help, "help", "h", "print this help").NoOptDefVal = "true"
	for _, sub := range cmd.Commands() {
		defineHelp(sub)
	}
}

// newHelpCommand is cobra's, but a command that does not exist is an error.
func newHelpCommand() *cobra.Command {
	help := &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about := cmd.Root()
			for _, sub := range about.Commands() {
				if len(args) > 0 && sub.Name() == args[0] {
					about = sub
				}
			}
			if len(args) > 0 && about == cmd.Root() {
				return fmt.Errorf("unknown command %q%s", args[0],
					didYouMean(spelling.Near(args[0], commandNames(about))))
			}
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return commandNames(cmd.Root()), cobra.ShellCompDirectiveNoFileComp
		},
		DisableFlagsInUseLine: true,
	}
	defineHelp(help)
	return help
}

// printUsage prints the part of a help text that follows the description: how to write
// the command, examples, commands, flags.
func printUsage(cmd *cobra.Command) error {
	w := cmd.OutOrStderr()
	fmt.Fprintf(w, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "  %s COMMAND\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		var rows [][2]string
		for _, sub := range cmd.Commands() {
			if !sub.Hidden {
				rows = append(rows, [2]string{"  " + sub.Name(), sub.Short})
			}
		}
		fmt.Fprintf(w, "\nCommands:\n%s", columns(rows))
	}
	var rows [][2]string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		spelled, usage := describe(f)
		if f.Shorthand == "" {
			spelled = "    " + spelled
		}
		rows = append(rows, [2]string{"  " + spelled, usage})
	})
	fmt.Fprintf(w, "\nFlags:\n%s", columns(rows))
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nRun '%s COMMAND --help' for the help of a command.\n", cmd.CommandPath())
	}
	return nil
}

// noDefault are defaults that need no word.
var noDefault = []string{"", "0", "0s", "[]", "false"}

// describe returns how a flag is written, as in "-I, --include DIR", and its words with
// the default.
func describe(f *pflag.Flag) (spelled, usage string) {
	value, usage := pflag.UnquoteUsage(f)
	spelled = "--" + f.Name
	if f.Shorthand != "" {
		spelled = "-" + f.Shorthand + ", " + spelled
	}
	switch {
	case value == "":
	case f.NoOptDefVal == listMissing:
		spelled += "=" + value
	case f.NoOptDefVal != "":
		spelled += "[=" + value + "]"
	default:
		spelled += " " + value
	}
	if !slices.Contains(noDefault, f.DefValue) {
		usage += "; default " + f.DefValue
	}
	return spelled, usage
}

// columns writes rows with their second column below each other, wrapped.
func columns(rows [][2]string) string {
	const gap = 3
	first := 0
	for _, row := range rows {
		first = max(first, len(row[0])+gap)
	}
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(row[0])
		at, indent := len(row[0]), first-1 // a space comes before each word
		for word := range strings.FieldsSeq(row[1]) {
			width := utf8.RuneCountInString(word)
			if at > indent && at+1+width > helpWidth {
				b.WriteString("\n")
				at = 0
			}
			pad := max(indent-at, 0) + 1
			b.WriteString(strings.Repeat(" ", pad) + word)
			at += pad + width
		}
		b.WriteString("\n")
	}
	return b.String()
}
