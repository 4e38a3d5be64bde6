package sandbox

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Rename renames a file or a directory. Both names must be under one rule of Write: from
// one rule to another it fails like a move to another file system, as both directories
// cannot be held open at once. Under another name a file may be one that may be read, so
// reading the old one must be allowed, too.
func (b *Box) Rename(from, to string) error {
	if b.read.all && b.write.all {
		return os.Rename(from, to)
	}
	source, rule, err := b.read.find(from, realPath)
	if err != nil {
		return err
	}
	m, err := b.write.newMove(from, to)
	if err != nil {
		return err
	}
	defer m.close()
	if b.read.all {
		return m.there()
	}
	readable, err := source.look(rule, b.read)
	if err != nil {
		return err
	}
	if err := m.there(); err != nil {
		return err
	}
	// Somebody may have put another file there after it was looked at, or another
	// directory on the way. A link may be moved: where it leads is looked at when it is
	// opened.
	moved, err := m.moved()
	if err == nil && moved.Mode()&fs.ModeSymlink == 0 && !os.SameFile(moved, readable) {
		_ = m.back() // without an effect if somebody has taken it away
		return b.read.refuse(from)
	}
	return nil
}

// A move is a renaming that the rules of Write allow. On Linux it holds both directories,
// so that moving those does not change where back leads; elsewhere package os has only
// paths for it.
type move struct {
	there func() error
	back  func() error
	moved func() (fs.FileInfo, error) // the file under its new name
	close func()
}

func (r rules) newMove(from, to string) (*move, error) {
	if r.all {
		return newMoveAnywhere(from, to)
	}
	target, _, err := r.find(to, realEntry)
	if err != nil {
		return nil, err
	}
	source, rule, err := r.find(from, realEntry)
	if err != nil {
		return nil, err
	}
	for _, path := range r.paths { // a rule that covers both, if there is one
		if isUnder(source.real, path) && isUnder(target.real, path) {
			rule = path
		}
	}
	root, name, err := source.enter(rule, r)
	if err != nil {
		return nil, err
	}
	newName, err := filepath.Rel(root.Name(), target.real)
	if err != nil || !filepath.IsLocal(newName) {
		_ = root.Close()
		return nil, syscall.EXDEV
	}
	return newMoveBelow(root, name, newName)
}

// look describes the file at a place, below a rule that covers it.
func (p place) look(rule string, by rules) (fs.FileInfo, error) {
	root, name, err := p.enter(rule, by)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Lstat(name)
}
