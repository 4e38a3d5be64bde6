package lualib

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// createAttempts bounds the turns between "it is not there" and "it is there now" when a file is created while somebody
// else creates and removes it.
const createAttempts = 4

// maxNamedFile is the most that ReadFile reads, as the engine does.
const maxNamedFile = 1 << 20

// rules are the paths that one permission covers, resolved when the state was made. Constant, safe for concurrent use.
type rules struct {
	all   bool
	paths []string // absolute, without symbolic links
	doing string   // such as "reading"
	flag  string   // such as "--allow-read"
}

func newRules(g Grant, doing, flag string) rules {
	r := rules{all: g.All, doing: doing, flag: flag}
	if !g.All {
		for _, path := range g.Only {
			if path != "" { // or a slip such as --allow-read=$UNSET would open the working directory
				r.paths = append(r.paths, realPath(path))
			}
		}
	}
	return r
}

// realPath returns a path without symbolic links, as far as it exists, relative to the working directory. What does not
// exist, or cannot be looked at, is taken as it is.
func realPath(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path // no working directory: it is then relative, and no rule covers it
	}
	rest := ""
	for {
		if resolved, err := filepath.EvalSymlinks(absolute); err == nil {
			return filepath.Join(resolved, rest)
		}
		parent := filepath.Dir(absolute)
		if parent == absolute {
			return filepath.Join(absolute, rest)
		}
		rest = filepath.Join(filepath.Base(absolute), rest)
		absolute = parent
	}
}

// realEntry is realPath for a directory's entry, which may itself be a symbolic link.
func realEntry(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return filepath.Join(realPath(filepath.Dir(absolute)), filepath.Base(absolute))
}

// cover returns the rule that a resolved path falls under.
func (r rules) cover(real string) (rule string, ok bool) {
	for _, rule := range r.paths {
		if isUnder(real, rule) {
			return rule, true
		}
	}
	return "", false
}

// isUnder reports whether a resolved path is another one, or below it.
func isUnder(path, parent string) bool {
	relative, err := filepath.Rel(parent, path)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}

// check refuses a path that no rule covers, whether or not it exists.
func (r rules) check(path string) error {
	if _, ok := r.cover(realPath(path)); ok || r.all {
		return nil
	}
	return refuse(r.doing, r.flag, path)
}

// open opens a file as os.OpenFile does, if a rule covers it; else the error is a *refusal. The rule is held against what
// is really opened: the resolved path is opened below the rule's own directory, which no symbolic link leaves, whatever
// anybody puts there in the meantime.
func (r rules) open(path string, flag int) (*os.File, error) {
	switch {
	case path == "":
		return nil, fs.ErrNotExist
	case r.all:
		return os.OpenFile(path, flag, 0o666)
	}
	root, name, err := r.enter(path, realPath(path))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := openOrCreate(root, name, flag)
	var errno syscall.Errno
	switch {
	case err != nil && !errors.As(err, &errno) && !errors.Is(err, fs.ErrNotExist): // a link leads out of root
		return nil, refuse(r.doing, r.flag, path)
	case err != nil:
		return nil, err
	}
	if err := r.accept(root, name, path, f, flag); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// enter opens the directory that a resolved path is to be reached from, and returns the rest of the path. For a rule that
// is a directory it is the rule itself, for one that is a file the directory that holds it.
func (r rules) enter(path, real string) (root *os.Root, name string, err error) {
	dir, ok := r.cover(real)
	if !ok {
		return nil, "", refuse(r.doing, r.flag, path)
	}
	if dir == real {
		dir = filepath.Dir(dir)
	}
	if name, err = filepath.Rel(dir, real); err != nil {
		return nil, "", err
	}
	if root, err = os.OpenRoot(dir); err != nil {
		return nil, "", err
	}
	// A rule's directory may have been swapped for a link since it was resolved.
	inside, err := root.Stat(".")
	if err == nil {
		var outside fs.FileInfo
		if outside, err = os.Lstat(dir); err == nil && !os.SameFile(inside, outside) {
			err = refuse(r.doing, r.flag, path)
		}
	}
	if err != nil {
		root.Close()
		return nil, "", err
	}
	return root, name, nil
}

// openOrCreate opens a file below root without truncating it. One that is to be created is created as new, so that a
// symbolic link to nowhere creates nothing.
func openOrCreate(root *os.Root, name string, flag int) (*os.File, error) {
	existing := flag &^ (os.O_CREATE | os.O_TRUNC)
	for range createAttempts {
		f, err := root.OpenFile(name, existing, 0)
		if flag&os.O_CREATE == 0 || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		f, err = root.OpenFile(name, existing|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, fs.ErrNotExist
}

// accept refuses a file that was reached through a symbolic link, which the resolved path no longer had: it may lie
// beside the rule, in the same directory. Only then may it be truncated.
func (r rules) accept(root *os.Root, name, path string, f *os.File, flag int) error {
	opened, err := f.Stat()
	if err != nil {
		return err
	}
	entry, err := root.Lstat(name)
	if err != nil {
		return err
	}
	if !os.SameFile(opened, entry) {
		return refuse(r.doing, r.flag, path)
	}
	if flag&os.O_TRUNC != 0 && opened.Mode().IsRegular() {
		return f.Truncate(0)
	}
	return nil
}

// remove removes a file, a symbolic link or an empty directory, if a rule covers it.
func (r rules) remove(path string) error {
	if r.all {
		return os.Remove(path)
	}
	root, name, err := r.enter(path, realEntry(path))
	if err != nil {
		return err
	}
	defer root.Close()
	return root.Remove(name)
}

// rename renames within what one rule covers. From one rule to another it fails like a move to another file system:
// there is no way to hold on to both directories at once.
func (r rules) rename(from, to string) error {
	if r.all {
		return os.Rename(from, to)
	}
	target := realEntry(to)
	if _, ok := r.cover(target); !ok {
		return refuse(r.doing, r.flag, to)
	}
	root, name, err := r.enter(from, realEntry(from))
	if err != nil {
		return err
	}
	defer root.Close()
	newName, err := filepath.Rel(root.Name(), target)
	if err != nil || !filepath.IsLocal(newName) {
		return syscall.EXDEV
	}
	return root.Rename(name, newName)
}

// ReadFile reads a regular file of at most 1 MiB if p.Read covers it. It fits engine.Options.ReadFile, which reads the
// files that a script names in options.tls, and may be called concurrently. The error does not repeat the path.
func (p Permissions) ReadFile(path string) ([]byte, error) {
	read := newRules(p.Read, "reading", "--allow-read")
	var refused *refusal
	if errors.As(read.check(path), &refused) {
		return nil, errors.New(refused.reason())
	}
	info, err := os.Stat(path) // before it is opened: opening a pipe waits for its writer
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, err
	}
	f, err := read.open(path, os.O_RDONLY)
	if errors.As(err, &refused) {
		return nil, errors.New(refused.reason())
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxNamedFile+1))
	if len(content) > maxNamedFile {
		return nil, fmt.Errorf("larger than %d bytes", maxNamedFile)
	}
	return content, err
}
