package baselib

import (
	"errors"
	"fmt"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std/internal/source"
)

// load is load and loadstring, which are one in LuaJIT: source from a string or a
// function, a name, a mode, an environment.
func load(c *lua.Call) error {
	name, mode := c.OptString(2, ""), c.OptString(3, "bt")
	hasName, env := !c.Arg(2).IsNil(), c.Arg(4)
	text := ""
	if isText(c.Arg(1)) {
		text = c.String(1)
		if !hasName {
			name = text
		}
	} else {
		f := c.Function(1)
		if err := c.Err(); err != nil {
			return err
		}
		if !hasName {
			name = "=(load)"
		}
		var err error
		if text, err = read(c, f); err != nil {
			return failure(c, err)
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	f, err := source.Compile(c.State(), text, name, mode)
	if err != nil {
		return failure(c, err)
	}
	if table, isTable := env.AsTable(); isTable {
		c.State().SetEnv(f, table)
	}
	return c.Return(f)
}

// read calls a reader function until it returns nothing more.
func read(c *lua.Call, f lua.Value) (string, error) {
	b := c.State().NewBuilder()
	defer b.Reset()
	for {
		if err := c.State().Step(1); err != nil {
			return "", err
		}
		results, err := c.Call(f)
		if err != nil {
			return "", err
		}
		if len(results) == 0 || results[0].IsNil() {
			return source.Text(b)
		}
		piece, isText := lua.ToText(results[0])
		if !isText {
			return "", c.Errorf("reader function must return a string")
		}
		if piece == "" {
			return source.Text(b)
		}
		if !b.WriteString(piece) {
			return "", b.Err()
		}
	}
}

// failure returns nil and the message of an error that LuaJIT's load catches, and raises
// any other.
func failure(c *lua.Call, err error) error {
	var raised *lua.Error
	if errors.As(err, &raised) {
		if !raised.Catchable() {
			return err
		}
		return c.Return(lua.Nil, raised.Value)
	}
	message, err := c.State().String(err.Error())
	if err != nil {
		return err
	}
	return c.Return(lua.Nil, message)
}

// files is dofile and loadfile.
type files struct{ from Files }

// load reads and compiles the file that argument 1 names, or the standard input.
func (f *files) load(c *lua.Call, mode string) (lua.Value, error) {
	s, name, shown := c.State(), "", "=stdin"
	if !c.Arg(1).IsNil() {
		if name = c.String(1); name == "" {
			return lua.Nil, errors.New("cannot open : No such file or directory")
		}
	}
	if f.from == nil {
		return lua.Nil, errors.New("cannot open files: there are none")
	}
	file, err := f.from.Open(name)
	if err != nil {
		return lua.Nil, fmt.Errorf("cannot open %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	if name != "" {
		shown = "@" + name // no longer than a path may be
	}
	text, err := source.Read(s, file)
	var raised *lua.Error
	switch {
	case errors.As(err, &raised):
		return lua.Nil, err
	case err != nil:
		return lua.Nil, fmt.Errorf("cannot read %w", err)
	}
	return source.Compile(s, text, shown, mode)
}

func (f *files) loadfile(c *lua.Call) error {
	c.OptString(1, "")
	mode := c.OptString(2, "bt")
	if err := c.Err(); err != nil {
		return err
	}
	env := c.Arg(3)
	chunk, err := f.load(c, mode)
	if err != nil {
		return failure(c, err)
	}
	if table, isTable := env.AsTable(); isTable {
		c.State().SetEnv(chunk, table)
	}
	return c.Return(chunk)
}

// dofile calls the chunk so that it may yield.
func (f *files) dofile(c *lua.Call) error {
	c.OptString(1, "")
	if err := c.Err(); err != nil {
		return err
	}
	chunk, err := f.load(c, "bt")
	if err != nil {
		var raised *lua.Error
		if errors.As(err, &raised) {
			return err
		}
		message, failed := c.State().String(err.Error()) // without a position, as in LuaJIT
		if failed != nil {
			return failed
		}
		return c.State().Raise(message)
	}
	return c.CallThen(func(c *lua.Call) error { return c.ReturnArgs(1) }, false, chunk)
}
