package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tidewire/tidewire/permission"
)

// maxPath is the longest path in bytes that is looked at. Linux takes no longer ones, and
// resolving a path takes time that grows with the square of its length.
const maxPath = 4096

// rules are the paths that one permission covers, resolved when the Box was made.
type rules struct {
	permission permission.Permission
	all        bool
	paths      []string // absolute, without symbolic links
}

func newRules(g Grant, p permission.Permission) rules {
	r := rules{permission: p, all: g.All}
	if g.All {
		return r
	}
	for _, path := range g.Only {
		if path != "" { // or an empty item, left by a slip, would open the working directory
			r.paths = append(r.paths, realPath(path))
		}
	}
	return r
}

// A place is a path as a script gave it, and its target.
type place struct {
	given string
	real  string // absolute, without symbolic links as far as it exists
}

// resolve finds the place of a path. Without a rule nothing can match, so the system is
// not even asked.
func (r rules) resolve(path string, real func(string) string) (place, error) {
	switch {
	case !r.all && len(r.paths) == 0:
		return place{}, r.refuse(path)
	case len(path) > maxPath:
		return place{}, syscall.ENAMETOOLONG
	}
	return place{path, real(path)}, nil
}

func (r rules) refuse(path string) error {
	return &permission.Refusal{Permission: r.permission, Item: path}
}

// cover returns the narrowest rule that a place falls under, "" if all do.
func (r rules) cover(p place) (rule string, err error) {
	if r.all {
		return "", nil
	}
	found := false
	for _, path := range r.paths {
		if isUnder(p.real, path) && (!found || len(path) > len(rule)) {
			rule, found = path, true
		}
	}
	if !found {
		return "", r.refuse(p.given)
	}
	return rule, nil
}

// find returns the place of a path, and the rule that covers it.
func (r rules) find(path string, real func(string) string) (p place, rule string, err error) {
	if r.all {
		return place{given: path}, "", nil
	}
	if p, err = r.resolve(path, real); err == nil {
		rule, err = r.cover(p)
	}
	return p, rule, err
}

// isUnder reports whether a resolved path is another one, or below it.
func isUnder(path, parent string) bool {
	relative, err := filepath.Rel(parent, path)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}

// realPath returns a path without symbolic links, as far as it exists, relative to the
// working directory. The part that does not exist, or cannot be looked at, is taken as it
// is.
func realPath(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path // no working directory: it is then relative, and no rule covers it
	}
	root := len(filepath.VolumeName(absolute)) + 1
	for end := len(absolute); ; {
		if _, err := os.Lstat(absolute[:end]); err == nil {
			if resolved, err := filepath.EvalSymlinks(absolute[:end]); err == nil {
				return filepath.Join(resolved, absolute[end:])
			}
		}
		if end <= root {
			return absolute
		}
		end = max(strings.LastIndexByte(absolute[:end], filepath.Separator), root)
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
