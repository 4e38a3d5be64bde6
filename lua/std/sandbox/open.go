package sandbox

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tidewire/tidewire/permission"
)

const (
	// createAttempts bounds the turns between "it is not there" and "it is there now"
	// when a file is created while somebody else creates and removes it.
	createAttempts = 4

	// maxNamedFile is the most that ReadFile reads, as the engine does.
	maxNamedFile = 1 << 20

	// moduleSuffix is the required ending of a file's name in a module directory. Without
	// it a script could run, and so read, every other file beside it, with a package.path
	// such as "./?".
	moduleSuffix = ".lua"
)

// OpenFile opens a file as os.OpenFile does, with permissions 0666, if the access in flag
// is allowed: reading for os.O_RDONLY, writing for os.O_WRONLY, both for os.O_RDWR.
func (b *Box) OpenFile(path string, flag int) (*os.File, error) {
	if path == "" {
		return nil, fs.ErrNotExist
	}
	access := flag & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
	switch {
	case access == os.O_RDONLY:
		return openUnder(path, flag, b.read)
	case access == os.O_WRONLY:
		return openUnder(path, flag, b.write)
	}
	return openUnder(path, flag, b.read, b.write)
}

// OpenModule opens a Lua file for reading: in the module directories one whose name,
// after symbolic links, ends in ".lua"; elsewhere any that may be read. Directories,
// pipes and devices do not exist for it.
func (b *Box) OpenModule(path string) (*os.File, error) {
	if path == "" {
		return nil, fs.ErrNotExist
	}
	if b.read.all {
		return regular(os.OpenFile(path, os.O_RDONLY|nonblocking, 0))
	}
	if len(b.modules.paths) == 0 {
		return regular(openUnder(path, os.O_RDONLY|nonblocking, b.read))
	}
	p, err := b.modules.resolve(path, realPath)
	if err != nil {
		return nil, err
	}
	rule, err := b.modules.cover(p)
	if err != nil || !strings.HasSuffix(p.real, moduleSuffix) {
		if rule, err = b.read.cover(p); err != nil {
			return nil, err
		}
	}
	return regular(p.open(rule, os.O_RDONLY|nonblocking, b.read))
}

// regular returns a regular file; it closes any other, and reports it as missing.
func regular(f *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close() // nothing was read
		return nil, fs.ErrNotExist
	}
	return f, nil
}

// ReadFile reads a regular file of at most 1 MiB, if reading is allowed. It fits
// engine.Options.ReadFile, which reads the files that a script names in options.tls. The
// error does not repeat the path; that of a refusal wraps the *permission.Refusal.
func (b *Box) ReadFile(path string) ([]byte, error) {
	f, err := openUnder(path, os.O_RDONLY|nonblocking, b.read)
	var refused *permission.Refusal
	if errors.As(err, &refused) {
		return nil, &wordedError{refused, b.Word(refused, permission.Bare)}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	content, err := io.ReadAll(io.LimitReader(f, maxNamedFile+1))
	if len(content) > maxNamedFile {
		return nil, errors.New("larger than 1048576 bytes")
	}
	return content, err
}

// CreateTemp creates a file with a new name in the system's directory for such files, if
// it may be written to.
func (b *Box) CreateTemp() (*os.File, error) {
	if _, _, err := b.write.find(os.TempDir(), realPath); err != nil {
		return nil, err
	}
	return os.CreateTemp("", "lua_")
}

// Remove removes a file, a symbolic link or an empty directory, if it may be written.
func (b *Box) Remove(path string) error {
	if b.write.all {
		return os.Remove(path)
	}
	p, rule, err := b.write.find(path, realEntry)
	if err != nil {
		return err
	}
	root, name, err := p.enter(rule, b.write)
	if err != nil {
		return err
	}
	defer root.Close()
	return root.Remove(name)
}

// openUnder opens a path that all of the permissions must cover. They are checked against
// the file that is really opened: the resolved path is opened below the directory of the
// narrowest rule, which no symbolic link leaves, even if somebody puts one there in the
// meantime.
func openUnder(path string, flag int, permissions ...rules) (*os.File, error) {
	var p place
	narrowest, by := "", rules{}
	for _, r := range permissions {
		if r.all {
			continue
		}
		var err error
		if p.real == "" {
			if p, err = r.resolve(path, realPath); err != nil {
				return nil, err
			}
		}
		rule, err := r.cover(p)
		if err != nil {
			return nil, err
		}
		if len(rule) >= len(narrowest) {
			narrowest, by = rule, r
		}
	}
	if p.real == "" {
		return os.OpenFile(path, flag, 0o666)
	}
	return p.open(narrowest, flag, by)
}

// open opens a place below a rule that covers it.
func (p place) open(rule string, flag int, by rules) (*os.File, error) {
	root, name, err := p.enter(rule, by)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := openOrCreate(root, name, flag)
	var errno syscall.Errno
	switch {
	case err != nil && !errors.As(err, &errno) && !errors.Is(err, fs.ErrNotExist): // a link leads out of root
		return nil, by.refuse(p.given)
	case err != nil:
		return nil, err
	}
	if err := p.accept(root, name, f, flag, by); err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return f, nil
}

// enter opens the directory that a place is to be reached from, and returns the rest of
// the path. For a rule that is a directory it is the rule itself, for one that is a file
// the directory that holds it.
func (p place) enter(rule string, by rules) (root *os.Root, name string, err error) {
	if rule == p.real {
		rule = filepath.Dir(rule)
	}
	if name, err = filepath.Rel(rule, p.real); err != nil {
		return nil, "", err
	}
	if root, err = os.OpenRoot(rule); err != nil {
		var errno syscall.Errno
		if !errors.As(err, &errno) && !errors.Is(err, fs.ErrNotExist) {
			err = syscall.ENOTDIR // package os has a text of its own for it
		}
		return nil, "", err
	}
	// A rule's directory may have been swapped for a link since it was resolved.
	inside, err := root.Stat(".")
	if err == nil {
		var outside fs.FileInfo
		if outside, err = os.Lstat(rule); err == nil && !os.SameFile(inside, outside) {
			err = by.refuse(p.given)
		}
	}
	if err != nil {
		_ = root.Close()
		return nil, "", err
	}
	return root, name, nil
}

// openOrCreate opens a file below root without truncating it. One that is to be created
// is created as new, so that a symbolic link to nowhere creates nothing.
func openOrCreate(root *os.Root, name string, flag int) (*os.File, error) {
	existing := flag &^ (os.O_CREATE | os.O_TRUNC | os.O_EXCL)
	for range createAttempts {
		if flag&os.O_EXCL == 0 {
			f, err := root.OpenFile(name, existing, 0)
			if flag&os.O_CREATE == 0 || !errors.Is(err, fs.ErrNotExist) {
				return f, err
			}
		}
		f, err := root.OpenFile(name, existing|os.O_CREATE|os.O_EXCL, 0o666)
		if flag&os.O_EXCL != 0 || !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, fs.ErrNotExist
}

// accept refuses a file that was reached through a symbolic link, which the resolved path
// no longer had: it may be beside the rule, in the same directory. Only then may it be
// truncated.
func (p place) accept(root *os.Root, name string, f *os.File, flag int, by rules) error {
	opened, err := f.Stat()
	if err != nil {
		return err
	}
	entry, err := root.Lstat(name)
	if err != nil {
		return err
	}
	if !os.SameFile(opened, entry) {
		return by.refuse(p.given)
	}
	if flag&os.O_TRUNC != 0 && opened.Mode().IsRegular() {
		return f.Truncate(0)
	}
	return nil
}
