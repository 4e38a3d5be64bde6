// Package packagelib is require, module and Lua's library package.
package packagelib

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/tidewire/tidewire/internal/lua/pattern"
	"github.com/tidewire/tidewire/lua"
)

// Options says where modules come from.
type Options struct {
	// Path is where files are looked for, as package.path: templates with "?" for the
	// module's name, with ";" between. A script may change it.
	Path string

	// Files opens the files. nil means that there are none.
	Files Files

	// Hint returns the last line of the error for a module that nothing finds, or "". It
	// is asked about names of at most 64 bytes. nil has no lines.
	Hint func(name string) string
}

// Files opens modules.
type Files interface {
	// OpenModule opens a Lua file for reading. An error that is fs.ErrNotExist says that
	// there is none; any other is shown after the file's name among those that were
	// tried.
	OpenModule(path string) (io.ReadCloser, error)
}

// Path returns a package.path that looks into directories for "?.lua" and "?/init.lua".
func Path(dirs []string) string {
	var templates []string
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		dir = strings.TrimSuffix(filepath.Clean(dir), separator)
		templates = append(templates, dir+separator+"?.lua", dir+separator+"?"+separator+"init.lua")
	}
	return strings.Join(templates, ";")
}

const separator = string(filepath.Separator)

// library has the state that the functions share.
type library struct {
	files   Files
	hint    func(name string) string
	table   *lua.Table // package
	loading lua.Value  // is in package.loaded for a module whose loader runs
	finder  pattern.Matcher
}

// workPerStep is how much of a Matcher's work counts as a step.
const workPerStep = 64

// Open sets the globals require, module and package.
func Open(s *lua.State, opts Options) error {
	p := &library{files: opts.Files, hint: opts.Hint, loading: s.NewUserdata(nil, nil)}
	p.finder.Steps = func(work int) error { return s.Step(work / workPerStep) }
	var err error
	if p.table, err = s.NewModule("package",
		lua.Func{Name: "loadlib", Call: loadlib},
		lua.Func{Name: "searchpath", Call: p.searchpath},
		lua.Func{Name: "seeall", Call: seeall},
	); err != nil {
		return err
	}
	preload, err := s.NewTable(0, 0)
	if err != nil {
		return err
	}
	loaders, err := s.NewTable(4, 0)
	if err != nil {
		return err
	}
	for _, loader := range []lua.Func{
		{Name: "preload", Call: p.loadPreloaded}, {Name: "lua", Call: p.loadFile},
		{Name: "c", Call: p.loadNative}, {Name: "root", Call: p.loadNativeRoot},
	} {
		if err := loaders.Append(s.NewFunction(loader.Name, loader.Call)); err != nil {
			return err
		}
	}
	for _, field := range []struct { // in order, which pairs shows
		name string
		t    *lua.Table
	}{{"loaded", s.Loaded()}, {"preload", preload}, {"loaders", loaders}} {
		if err := p.table.SetString(field.name, field.t.Value()); err != nil {
			return err
		}
	}
	for _, field := range [][2]string{{"path", opts.Path}, {"cpath", ""}, {"config", separator + "\n;\n?\n!\n-\n"}} {
		v, err := s.String(field[1])
		if err != nil {
			return err
		}
		if err := p.table.SetString(field[0], v); err != nil {
			return err
		}
	}
	if err := s.Registry().SetString("_LOADING", p.loading); err != nil {
		return err
	}
	return s.SetFuncs(s.Globals(), lua.Func{Name: "require", Call: p.require}, lua.Func{Name: "module", Call: module})
}

const noLibraries = "native libraries are not supported"

// loadlib is package.loadlib, in the words of a Lua that was built without it.
func loadlib(c *lua.Call) error {
	c.String(1)
	c.String(2)
	if err := c.Err(); err != nil {
		return err
	}
	s := c.State()
	message, err := s.String(noLibraries)
	if err != nil {
		return err
	}
	kind, err := s.String("absent")
	if err != nil {
		return err
	}
	return c.Return(lua.Nil, message, kind)
}

// seeall is package.seeall: it makes the globals visible in a module, those of the
// coroutine's environment.
func seeall(c *lua.Call) error {
	t := c.Table(1)
	if err := c.Err(); err != nil {
		return err
	}
	s := c.State()
	meta := t.Metatable()
	if meta == nil {
		var err error
		if meta, err = s.NewTable(0, 1); err != nil {
			return err
		}
		t.SetMetatable(meta)
	}
	if err := s.SetField(meta.Value(), "__index", s.Env(s.Thread().Value()).Value()); err != nil {
		return err
	}
	return c.Return()
}
