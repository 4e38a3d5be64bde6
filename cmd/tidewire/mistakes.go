package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tidewire/tidewire/internal/api/spelling"
)

// refuseUnknownCommand knows the slip of leaving "run" out, and misspelt commands.
func refuseUnknownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if isFile(args[0]) || filepath.Ext(args[0]) == ".lua" {
		return fmt.Errorf("unknown command %q: to run a script, write tidewire run %s", args[0], args[0])
	}
	return fmt.Errorf("unknown command %q%s", args[0], didYouMean(spelling.Near(args[0], commandNames(root))))
}

// commandNames are the commands of tidewire.
func commandNames(root *cobra.Command) (names []string) {
	for _, cmd := range root.Commands() {
		if !cmd.Hidden {
			names = append(names, cmd.Name())
		}
	}
	return names
}

// noArguments is for commands that take flags alone.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, it got %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// flagMistake words an error of pflag for the person at the command line.
func flagMistake(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var valueless *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &valueless):
		flag := valueless.GetFlag()
		value, _ := pflag.UnquoteUsage(flag)
		if valueless.GetSpecifiedShortnames() != "" {
			return fmt.Errorf("-%s needs a value: write -%s %s", flag.Shorthand, flag.Shorthand, value)
		}
		return fmt.Errorf("--%s needs a value: write --%s=%s", flag.Name, flag.Name, value)
	}
	if errors.Is(err, errListMissing) && errors.As(err, &invalid) {
		flag := "--" + invalid.GetFlag().Name
		return fmt.Errorf("%s needs its list right after a =, as in %s=example.com,10.0.0.0/8; where no list is "+
			"given a script may connect anywhere", flag, flag)
	}
	return err
}

// unknownFlag guesses which flag was meant.
func unknownFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if letters := err.GetSpecifiedShortnames(); letters != "" { // pflag reads -fps as -f -p -s
		written, _, _ := strings.Cut(letters, "=")
		meant := written
		if !slices.Contains(names, meant) {
			meant = spelling.Near(written, names)
		}
		if meant != "" {
			return fmt.Errorf("unknown flag -%s: did you mean --%s?", written, meant)
		}
		return fmt.Errorf("unknown flag -%s", err.GetSpecifiedName())
	}
	name := err.GetSpecifiedName()
	if meant := spelling.Near(name, names); meant != "" {
		return fmt.Errorf("unknown flag --%s: did you mean --%s?", name, meant)
	}
	for _, other := range cmd.Root().Commands() {
		if other.Flags().Lookup(name) != nil && other != cmd && !other.Hidden {
			if cmd == cmd.Root() {
				return fmt.Errorf("unknown flag --%s: it comes after the command, as in tidewire %s --%s",
					name, other.Name(), name)
			}
			return fmt.Errorf("unknown flag --%s: tidewire %s has it, not tidewire %s", name, other.Name(), cmd.Name())
		}
	}
	return fmt.Errorf("unknown flag --%s", name)
}

// oneDash finds a long flag that was written with one dash: -echo is -e with the code
// "cho".
func oneDash(cmd *cobra.Command, code []string) error {
	for _, piece := range code {
		if name := "e" + piece; cmd.Flags().Lookup(name) != nil {
			return fmt.Errorf("-%s has one dash: write --%s", name, name)
		}
	}
	return nil
}

func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", name)
}
