package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/internal/api/check"
	"github.com/tidewire/tidewire/internal/runner/logging"
	"github.com/tidewire/tidewire/script"
)

func newCheckCommand() *cobra.Command {
	var moduleDirs folders
	cmd := &cobra.Command{
		Use:   "check [flags] FILE|DIR|-...",
		Short: "Look for mistakes in Lua scripts without running them",
		Long: `Look for mistakes in Lua scripts without running them: syntax errors, misspelt callbacks, options, events, functions and
modules, arguments that are missing, swapped or of the wrong type, and globals that nobody sets. Each is printed as
file:line:column: message, with columns in bytes; the count is on standard error.

The files of one script belong together: name them all, so that a global which one of them sets is known in the others.
Of a folder all files that end in .lua are looked at, those in folders below it included, but for names that begin with
a dot, pipes and devices. - is standard input. What a script only asks for, as in "if bit32 then", may be missing.

Exit codes:
  0  nothing was found
  1  something was found
  2  a file cannot be read, a folder has no Lua files, or bad flags`,
		Example: `  tidewire check main.lua lib/*.lua
  tidewire check .`,
		Args:                  someScript,
		RunE:                  func(_ *cobra.Command, args []string) error { return runCheck(args, moduleDirs) },
		ValidArgsFunction:     completeScripts,
		DisableFlagsInUseLine: true,
	}
	cmd.Flags().VarP(&moduleDirs, "include", "I", "let require find Lua files in `DIR`, too, as run does; may be given "+
		"several times")
	if err := cmd.MarkFlagDirname("include"); err != nil {
		panic(err) // no such flag: a mistake here
	}
	return cmd
}

// someScript wants one script at least.
func someScript(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("nothing to check: name a script, a folder, or - for standard input")
	}
	return nil
}

// runCheck is the body of tidewire check.
func runCheck(args []string, moduleDirs []string) error {
	names, folder, err := scriptsIn(args)
	if err != nil {
		return &startError{err}
	}
	var files []check.File
	for _, name := range names {
		source, err := script.ReadSource(name, os.Stdin)
		if err != nil {
			return &startError{err}
		}
		files = append(files, check.File{Name: source.Name, Source: source.Text})
	}
	findings := check.Files(files, check.Options{Find: finder(names, moduleDirs)})
	for _, finding := range findings {
		fmt.Println(logging.Escape(finding.String())) // it repeats words of the script and the file's name
	}
	if folder || len(findings) > 0 {
		fmt.Fprintf(stderr, "tidewire: %s\n", tally(findings, len(files)))
	}
	if len(findings) > 0 {
		return exitWith(1)
	}
	return nil
}

// tally is the last line of a check.
func tally(findings []check.Finding, files int) string {
	in := make(map[string]bool)
	for _, finding := range findings {
		in[finding.File] = true
	}
	count := func(n int, noun string) string {
		if n == 1 {
			return "1 " + noun
		}
		return fmt.Sprintf("%d %ss", n, noun)
	}
	if len(findings) == 0 {
		return fmt.Sprintf("no mistakes in %s", count(files, "file"))
	}
	return fmt.Sprintf("%s in %d of %s", count(len(findings), "mistake"), len(in), count(files, "file"))
}

// scriptsIn replaces the folders in args by the Lua files in them, in the order of their
// names, and leaves out what was named before.
func scriptsIn(args []string) (names []string, folder bool, err error) {
	seen := make(map[string]bool)
	add := func(name string) {
		if clean := filepath.Clean(name); !seen[clean] {
			seen[clean] = true
			names = append(names, name)
		}
	}
	for _, arg := range args {
		if info, err := os.Stat(arg); arg == script.FromStdin || err != nil || !info.IsDir() {
			add(arg) // what cannot be read is said when it is read
			continue
		}
		folder = true
		found := false
		err := filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return fmt.Errorf("look for scripts: %w", err)
			case path != arg && strings.HasPrefix(entry.Name(), "."):
				if entry.IsDir() {
					return filepath.SkipDir
				}
			case filepath.Ext(path) == ".lua" && mayBeScript(path):
				found = true
				add(path)
			}
			return nil
		})
		if err != nil {
			return nil, false, err
		}
		if !found {
			return nil, false, fmt.Errorf("no file in %s ends in .lua", arg)
		}
	}
	return names, folder, nil
}

// mayBeScript reports whether path in a folder is to be read: whoever made the folder may
// have put pipes and devices into it, or links to them, which hold up a reader for ever.
// What cannot be looked at is said when it is read.
func mayBeScript(path string) bool {
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}

// finder looks for modules as require does, in moduleDirs and beside the script. Any file
// may be the script, or be in a folder below that of the script.
func finder(names, moduleDirs []string) func(module string) bool {
	dirs := append([]string(nil), moduleDirs...)
	for _, name := range names {
		if name == script.FromStdin { // nobody knows where it will be
			return nil
		}
		for dir := filepath.Dir(name); ; dir = filepath.Dir(dir) {
			dirs = append(dirs, dir)
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return func(module string) bool {
		path := strings.ReplaceAll(module, ".", string(filepath.Separator))
		for _, dir := range dirs {
			for _, name := range []string{path + ".lua", filepath.Join(path, "init.lua")} {
				if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
					return true
				}
			}
		}
		return false
	}
}
