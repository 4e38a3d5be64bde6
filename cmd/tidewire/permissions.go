package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/lua/std/sandbox"
)

// everything is the value of a permission's flag that is given without one. Nobody can
// write it.
const everything = "*\x00"

// grant is the value of a flag such as --allow-read: nothing for everything, or a list
// with commas. Given twice, the lists add up. It implements pflag.Value.
type grant struct {
	sandbox.Grant
	kind  string             // the value's name in --help
	check func(string) error // refuses an item that would match nothing
}

func (g *grant) String() string { return strings.Join(g.Only, ",") }

// Type is the value's name in --help.
func (g *grant) Type() string { return g.kind }

// Set implements pflag.Value.
func (g *grant) Set(text string) error {
	if text == everything {
		g.All = true
		return nil
	}
	for item := range strings.SplitSeq(text, ",") {
		if item == "" { // as from --allow-read=$UNSET, which must not open everything, nor pass in silence
			return errors.New("an empty name: to allow everything leave the = out")
		}
		if err := g.check(item); err != nil {
			return err
		}
		g.Only = append(g.Only, item)
	}
	return nil
}

// checkPath refuses a bare *, and a ~ that the shell has not expanded: most do not after
// a =.
func checkPath(path string) error {
	if path == "*" {
		return errors.New("a * stands for nothing here: write each path, or, to allow everything, leave the = out")
	}
	first, _, _ := strings.Cut(filepath.ToSlash(path), "/")
	if first != "~" {
		return nil
	}
	if _, err := os.Lstat(first); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.New(`no folder is called ~ here, and the shell did not expand it: write "$HOME" for it`)
}

// checkName refuses a pattern or a pair in place of a variable's name.
func checkName(name string) error {
	switch {
	case strings.Contains(name, "="):
		return errors.New("a variable's name expected, without = and value: a script gets the value that is set")
	case strings.Contains(name, "*"):
		return errors.New("a * stands for nothing here: write each name, or, to allow everything, leave the = out")
	}
	return nil
}

// permissionFlags are the flags of tidewire run that open the sandbox.
type permissionFlags struct {
	read, write, env grant
	run              bool
}

func (p *permissionFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	p.read.kind, p.write.kind, p.env.kind = "PATHS", "PATHS", "NAMES"
	p.read.check, p.write.check, p.env.check = checkPath, checkPath, checkName
	for _, flag := range []struct {
		value       *grant
		name, usage string
	}{
		{&p.read, "allow-read", "allow reading files: these and all below them, or every file"},
		{&p.write, "allow-write", "allow creating, writing, renaming and removing files: these and all below them, " +
			"or every file"},
		{&p.env, "allow-env", "allow reading environment variables: these, or all"},
	} {
		flags.Var(flag.value, flag.name, flag.usage)
		flags.Lookup(flag.name).NoOptDefVal = everything
	}
	defineToggle(cmd, &p.run, "allow-run", "allow running programs, which may do anything that you may",
		"it takes no list, as programs may run others: to allow all of them leave the = out")
}

// grants reports whether flag is a word that allows everything of a kind, and with a = a
// list.
func grants(flag string) bool {
	return slices.Contains([]string{"--allow-read", "--allow-write", "--allow-env"}, flag)
}

// listBehindBlank refuses args, a script and its arguments, if they come right after a
// flag such as --allow-read and the second is a Lua file: the first was meant as the list
// then, and must not run with everything allowed.
func listBehindBlank(flag string, args []string) error {
	if !grants(flag) || len(args) < 2 || filepath.Ext(args[1]) != ".lua" || !isFile(args[0]) || !isFile(args[1]) {
		return nil // a folder fails by itself
	}
	list, bot := args[0], args[1]
	return fmt.Errorf("%s takes its list right after a =: to allow %s alone and run %s, write %s=%s %s; to run %s "+
		"with everything allowed, write %s -- %s %s", flag, list, bot, flag, list, bot, list, flag, list, bot)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func (p *permissionFlags) permissions() sandbox.Permissions {
	return sandbox.Permissions{Read: p.read.Grant, Write: p.write.Grant, Env: p.env.Grant, Run: p.run}
}
