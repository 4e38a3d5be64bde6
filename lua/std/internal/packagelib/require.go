package packagelib

import (
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std/internal/source"
)

// require is require(name).
func (p *library) require(c *lua.Call) error {
	name := c.StringValue(1)
	if err := c.Err(); err != nil {
		return err
	}
	s := c.State()
	loaded := s.Loaded().Value()
	value, err := s.Index(loaded, name)
	switch {
	case err != nil:
		return err
	case s.RawEqual(value, p.loading):
		return fail(c, "loop or previous error loading module '", name, "'")
	case value.Truth():
		return c.Return(value)
	}
	loader, err := p.findLoader(c, name)
	if err != nil {
		return err
	}
	if err := s.SetIndex(loaded, name, p.loading); err != nil {
		return err
	}
	result, err := s.Call1(loader, name)
	if err != nil {
		return err
	}
	if !result.IsNil() {
		if err := s.SetIndex(loaded, name, result); err != nil {
			return err
		}
	}
	if value, err = s.Index(loaded, name); err != nil {
		return err
	}
	if s.RawEqual(value, p.loading) { // the module has set none
		value = lua.True
		if err := s.SetIndex(loaded, name, value); err != nil {
			return err
		}
	}
	return c.Return(value)
}

// findLoader asks package.loaders one after the other.
func (p *library) findLoader(c *lua.Call, name lua.Value) (lua.Value, error) {
	s := c.State()
	field, err := s.Field(p.table.Value(), "loaders")
	if err != nil {
		return lua.Nil, err
	}
	loaders, isTable := field.AsTable()
	if !isTable {
		return lua.Nil, c.Errorf("'package.loaders' must be a table")
	}
	tried := s.NewBuilder()
	defer tried.Reset()
	for i := 1; ; i++ {
		loader := loaders.GetInt(i)
		if loader.IsNil() {
			list, err := tried.Value()
			if err != nil {
				return lua.Nil, err
			}
			return lua.Nil, fail(c, "module '", name, "' not found:", list, p.hintFor(name))
		}
		found, err := s.Call1(loader, name)
		if err != nil {
			return lua.Nil, err
		}
		if found.IsFunction() {
			return found, nil
		}
		if text, isText := lua.ToText(found); isText {
			tried.WriteString(text)
		}
	}
}

// longestHinted is the longest name that a Hint is asked about, in bytes.
const longestHinted = 64

// hintFor returns the last line of the error for a module that nothing finds, or "".
func (p *library) hintFor(name lua.Value) string {
	text, isText := name.AsString()
	if p.hint == nil || !isText || len(text) > longestHinted {
		return ""
	}
	hint := p.hint(text)
	if hint == "" {
		return ""
	}
	return "\n\t" + hint
}

// loadPreloaded is the first loader: package.preload[name].
func (p *library) loadPreloaded(c *lua.Call) error {
	name := c.StringValue(1)
	if err := c.Err(); err != nil {
		return err
	}
	s := c.State()
	preload, err := s.Field(p.table.Value(), "preload")
	if err != nil {
		return err
	}
	if preload.Kind() != lua.KindTable {
		return c.Errorf("'package.preload' must be a table")
	}
	loader, err := s.Index(preload, name)
	switch {
	case err != nil:
		return err
	case !loader.IsNil():
		return c.Return(loader)
	}
	message, err := join(s, "\n\tno field package.preload['", name, "']")
	if err != nil {
		return err
	}
	return c.Return(message)
}

// loadFile is the second loader: a Lua file along package.path.
func (p *library) loadFile(c *lua.Call) error {
	name := c.StringValue(1)
	if err := c.Err(); err != nil {
		return err
	}
	s := c.State()
	field, err := s.Field(p.table.Value(), "path")
	if err != nil {
		return err
	}
	path, isText := lua.ToText(field)
	if !isText {
		return c.Errorf("'package.path' must be a string")
	}
	text, _ := name.AsString()
	file, found, err := p.search(s, text, path, ".", separator)
	switch {
	case err != nil:
		return err
	case file == nil:
		return c.Return(found)
	}
	chunk, err := p.load(s, file, found)
	if err != nil {
		var raised *lua.Error
		if errors.As(err, &raised) && !raised.Catchable() {
			return err
		}
		return fail(c, "error loading module '", name, "' from file '", found, "':\n\t", err.Error())
	}
	return c.Return(chunk)
}

// loadNative is the third loader. It looks for no library, and says so to a script that
// wants one: one that has set package.cpath, which is empty at first.
func (p *library) loadNative(c *lua.Call) error {
	c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	field, err := c.State().Field(p.table.Value(), "cpath")
	if err != nil {
		return err
	}
	path, isText := lua.ToText(field)
	switch {
	case !isText:
		return c.Errorf("'package.cpath' must be a string")
	case path == "":
		return c.ReturnString("")
	}
	return c.ReturnString("\n\tpackage.cpath is not searched: " + noLibraries)
}

// loadNativeRoot is the fourth loader, for modules within a library: loadNative has said
// all there is to say.
func (p *library) loadNativeRoot(c *lua.Call) error {
	c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	return c.Return()
}

// load reads, closes and compiles a module's file.
func (p *library) load(s *lua.State, file io.ReadCloser, found lua.Value) (lua.Value, error) {
	defer file.Close() //nolint:errcheck // it was only read
	text, err := source.Read(s, file)
	if err != nil {
		return lua.Nil, err
	}
	name, err := join(s, "@", found)
	if err != nil {
		return lua.Nil, err
	}
	shown, _ := name.AsString()
	return source.Compile(s, text, shown, "bt")
}

// searchpath is package.searchpath(name, path [, separator [, replacement]]).
func (p *library) searchpath(c *lua.Call) error {
	name, path, from, to := c.String(1), c.String(2), c.OptString(3, "."), c.OptString(4, separator)
	if err := c.Err(); err != nil {
		return err
	}
	file, found, err := p.search(c.State(), name, path, from, to)
	switch {
	case err != nil:
		return err
	case file == nil:
		return c.Return(lua.Nil, found)
	}
	file.Close() //nolint:errcheck // nothing was written
	return c.Return(found)
}

// search opens the first file along a path that exists and may be read, and returns its
// name; else it returns the names that were tried.
func (p *library) search(s *lua.State, name, path, from, to string) (file io.ReadCloser, found lua.Value, err error) {
	if from != "" {
		if name, err = p.replace(s, name, from, to); err != nil {
			return nil, lua.Nil, err
		}
	}
	tried := s.NewBuilder()
	defer tried.Reset()
	for path != "" {
		template := ""
		if template, path, _, err = cut(s, path, ';'); err != nil {
			return nil, lua.Nil, err
		}
		if template == "" {
			continue
		}
		candidate, err := p.replace(s, template, "?", name)
		if err != nil {
			return nil, lua.Nil, err
		}
		file, err := p.open(candidate)
		if err == nil {
			found, err := s.String(candidate)
			if err != nil {
				file.Close() //nolint:errcheck // nothing was written
			}
			return file, found, err
		}
		tried.WriteString("\n\tno file '")
		tried.WriteString(candidate)
		tried.WriteString("'")
		if !errors.Is(err, fs.ErrNotExist) {
			tried.WriteString(" (" + err.Error() + ")")
		}
		if err := tried.Err(); err != nil {
			return nil, lua.Nil, err
		}
		if err := s.Step(filesPerStep); err != nil {
			return nil, lua.Nil, err
		}
	}
	list, err := tried.Value()
	return nil, list, err
}

// filesPerStep is the cost of a look for a file in steps: it asks the system.
const filesPerStep = 100

// maxFileName is the length of the longest name that is looked for: no system has longer
// ones.
const maxFileName = 1 << 16

func (p *library) open(path string) (io.ReadCloser, error) {
	if p.files == nil || len(path) > maxFileName {
		return nil, fs.ErrNotExist
	}
	return p.files.OpenModule(path)
}

// piece is how much is looked through at once.
const piece = 1 << 16

// cut cuts text around the first separator, as strings.Cut does.
func cut(s *lua.State, text string, separator byte) (before, after string, found bool, err error) {
	for from := 0; from < len(text); from += piece {
		part := text[from:min(len(text), from+piece)]
		if err := s.Step(1 + len(part)/64); err != nil {
			return "", "", false, err
		}
		if at := strings.IndexByte(part, separator); at >= 0 {
			return text[:from+at], text[from+at+1:], true, nil
		}
	}
	return text, "", false, nil
}

// replace replaces each from in text.
func (p *library) replace(s *lua.State, text, from, to string) (string, error) {
	b := s.NewBuilder()
	defer b.Reset()
	for at := 0; ; {
		next, err := p.finder.Index(text, from, at)
		if err != nil {
			return "", err
		}
		if next < 0 {
			b.WriteString(text[at:])
			return source.Text(b)
		}
		b.WriteString(text[at:next])
		b.WriteString(to)
		if b.Err() != nil {
			return "", b.Err()
		}
		at = next + len(from)
		if err := s.Step(1); err != nil {
			return "", err
		}
	}
}

// join makes a string of parts, each a Go string or a Lua string.
func join(s *lua.State, parts ...any) (lua.Value, error) {
	b := s.NewBuilder()
	defer b.Reset()
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			b.WriteString(part)
		case lua.Value:
			text, _ := lua.ToText(part)
			b.WriteString(text)
		}
	}
	return b.Value()
}

// fail raises a text with the position of the caller.
func fail(c *lua.Call, parts ...any) error {
	s := c.State()
	message, err := join(s, append([]any{s.Where(1)}, parts...)...)
	if err != nil {
		return err
	}
	return s.Raise(message)
}
