package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/runner/logging"
)

// stubsFolder is where the type definitions go; luarc.json names it.
const stubsFolder = ".tidewire"

var (
	//go:embed template/main.lua
	exampleScript string

	//go:embed template/luarc.json
	editorSettings string
)

// initFlags are the flags of tidewire init.
type initFlags struct {
	force bool
	types bool
}

func newInitCommand() *cobra.Command {
	var flags initFlags
	cmd := &cobra.Command{
		Use:   "init [flags] [DIR]",
		Short: "Begin a script: an example, and type definitions for editors",
		Long: `Begin a script in DIR, or right here:

  main.lua     an example to start from
  .luarc.json  settings for editors that use the Lua language server
  .tidewire/   type definitions for it: completion, documentation, warnings

A file that is there and different is left alone: then nothing is written, and the exit code is 1. Type definitions that an
earlier version wrote are written anew.`,
		Example: `  tidewire init bot
  tidewire init --types   # after an update, or in a project that has a script`,
		Args:                  oneFolder,
		ValidArgsFunction:     completeFolder,
		DisableFlagsInUseLine: true,
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return initialize(dir, flags)
		},
	}
	defineToggle(cmd, &flags.force, "force", "overwrite files that are there and different", noValue)
	defineToggle(cmd, &flags.types, "types", "write the type definitions alone", noValue)
	return cmd
}

// oneFolder wants one folder at most.
func oneFolder(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("one folder expected, %d are given", len(args))
	}
	return nil
}

// project returns the files of tidewire init. Names have slashes.
func project(flags initFlags) (files []plannedFile) {
	if !flags.types {
		files = append(files, plannedFile{name: "main.lua", text: exampleScript},
			plannedFile{name: ".luarc.json", text: editorSettings})
	}
	for _, stub := range luaapi.Stubs() {
		files = append(files, plannedFile{name: stubsFolder + "/" + stub.Name, text: stub.Text})
	}
	return files
}

// plannedFile is a file to be written.
type plannedFile struct {
	name string // below the folder, with slashes
	text string
	path string // as messages show it
	now  fileState
}

// fileState is the relation of a planned file to the file on disk.
type fileState int

const (
	absent    fileState = iota
	same                // there, with this very text
	outdated            // there, written by tidewire init before, not meant to be edited
	different           // there, and somebody's own
)

// initialize is the body of tidewire init. It looks at everything before it writes
// anything. Links lead nowhere outside of dir: whoever made it may be a stranger.
func initialize(dir string, flags initFlags) error {
	root, err := openFolder(dir)
	if err != nil {
		return &startError{err}
	}
	defer root.Close()
	files := project(flags)
	var inTheWay []string
	for i := range files {
		files[i].path = logging.Escape(filepath.Join(dir, filepath.FromSlash(files[i].name)))
		if err := files[i].compare(root); err != nil {
			return &startError{fmt.Errorf("look at what is there: %w", err)}
		}
		if files[i].now == different && !flags.force {
			inTheWay = append(inTheWay, files[i].path)
		}
	}
	if len(inTheWay) > 0 {
		fmt.Fprintf(stderr, "tidewire: nothing was written, since these files are there and different:\n  %s\n"+
			"--force overwrites them, --types writes the type definitions alone.\n", strings.Join(inTheWay, "\n  "))
		return exitWith(1)
	}
	for _, file := range files {
		if err := file.write(root); err != nil {
			return &startError{err}
		}
	}
	if !flags.types {
		fmt.Printf("Next: tidewire run --echo %s\n", logging.Escape(filepath.Join(dir, "main.lua")))
	}
	return nil
}

// openFolder opens a folder, which is made if it is not there.
func openFolder(dir string) (*os.Root, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	return os.OpenRoot(dir)
}

// compare looks at the file on disk.
func (f *plannedFile) compare(root *os.Root) error {
	info, err := root.Stat(f.name)
	if _, linkErr := root.Lstat(f.name); errors.Is(linkErr, fs.ErrNotExist) {
		f.now = absent
		return nil
	}
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", f.path, err)
	case !info.Mode().IsRegular(): // reading a pipe may take for ever
		return fmt.Errorf("%s is not a regular file", f.path)
	}
	there, err := f.read(root)
	switch {
	case err != nil:
		return err
	case string(there) == f.text:
		f.now = same
	case bytes.HasPrefix(there, []byte(luaapi.StubHead)):
		f.now = outdated
	default:
		f.now = different
	}
	return nil
}

// read reads as much of the file as shows whether it is the planned one.
func (f *plannedFile) read(root *os.Root) ([]byte, error) {
	file, err := root.Open(f.name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, int64(len(f.text))+1))
}

// write brings a file about and says so.
func (f *plannedFile) write(root *os.Root) error {
	flag := os.O_TRUNC
	switch f.now {
	case same:
		fmt.Printf("left as it is  %s\n", f.path)
		return nil
	case absent:
		flag = os.O_CREATE | os.O_EXCL
	}
	if err := root.MkdirAll(path.Dir(f.name), 0o777); err != nil {
		return err
	}
	file, err := root.OpenFile(f.name, os.O_WRONLY|flag, 0o666)
	if err != nil {
		return err
	}
	_, err = file.WriteString(f.text)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	done := map[fileState]string{absent: "wrote", outdated: "wrote anew", different: "overwrote"}
	fmt.Printf("%-13s  %s\n", done[f.now], f.path)
	return nil
}
