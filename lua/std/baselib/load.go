package baselib

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tidewire/tidewire/lua"
)

// load is load and loadstring, which are one in LuaJIT: source from a string or a function, a name, a mode, an
// environment.
func load(c *lua.Call) error {
	name, mode := c.OptString(2, ""), c.OptString(3, "bt")
	hasName, env := !c.Arg(2).IsNil(), c.Arg(4)
	source := ""
	if isText(c.Arg(1)) {
		source = c.String(1)
		if !hasName {
			name = source
		}
	} else {
		f := c.Function(1)
		if err := c.Err(); err != nil {
			return err
		}
		if !hasName {
			name = "=(load)"
		}
		b := c.State().NewBuilder()
		if err := read(c, b, f); err != nil {
			return failure(c, err)
		}
		source = string(b.Bytes())
		b.Reset()
	}
	if err := c.Err(); err != nil {
		return err
	}
	f, err := compile(c.State(), source, name, mode)
	if err != nil {
		return failure(c, err)
	}
	if table, isTable := env.AsTable(); isTable {
		c.State().SetEnv(f, table)
	}
	return c.Return(f)
}

// read calls a reader function until it returns nothing more.
func read(c *lua.Call, b *lua.Builder, f lua.Value) error {
	for {
		if err := c.State().Step(1); err != nil {
			return err
		}
		results, err := c.Call(f)
		if err != nil {
			return err
		}
		if len(results) == 0 || results[0].IsNil() {
			return nil
		}
		text, isText := lua.ToText(results[0])
		if !isText {
			return c.Errorf("reader function must return a string")
		}
		if text == "" {
			return nil
		}
		if !b.WriteString(text) {
			return b.Err()
		}
	}
}

// compile makes a function of source, which is of a kind that mode allows: "t" for text, "b" for what string.dump returns.
func compile(s *lua.State, source, name, mode string) (lua.Value, error) {
	kind := "t"
	if strings.HasPrefix(source, "\x1b") {
		kind = "b"
	}
	if !strings.Contains(mode, kind) {
		return lua.Nil, errors.New("attempt to load chunk with wrong mode")
	}
	if kind == "b" {
		return s.Undump(source, name)
	}
	return s.LoadString(source, name)
}

// failure returns nil and what went wrong: what LuaJIT's load catches. The rest it raises.
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
type files struct{ open Files }

// load reads and compiles a file.
func (f *files) load(c *lua.Call, name, mode string) (lua.Value, error) {
	shown := "@" + name
	if name == "" {
		shown = "=stdin"
	}
	if f.open == nil {
		return lua.Nil, fmt.Errorf("cannot open %s: there are no files", shown[1:])
	}
	file, err := f.open.Open(name)
	if err != nil {
		return lua.Nil, fmt.Errorf("cannot open %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	b := c.State().NewBuilder()
	if err := readAll(c.State(), b, file); err != nil {
		return lua.Nil, err
	}
	source := string(b.Bytes())
	b.Reset()
	return compile(c.State(), source, shown, mode)
}

// readAll reads a file within the state's limits.
func readAll(s *lua.State, b *lua.Builder, file io.Reader) error {
	buffer := make([]byte, 32<<10)
	for {
		n, err := file.Read(buffer)
		if !b.WriteBytes(buffer[:n]) {
			return b.Err()
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("cannot read %w", err)
		}
		if err := s.Step(1 + n/64); err != nil {
			return err
		}
	}
}

func (f *files) loadfile(c *lua.Call) error {
	name, mode := c.OptString(1, ""), c.OptString(2, "bt")
	if err := c.Err(); err != nil {
		return err
	}
	env := c.Arg(3)
	chunk, err := f.load(c, name, mode)
	if err != nil {
		return failure(c, err)
	}
	if table, isTable := env.AsTable(); isTable {
		c.State().SetEnv(chunk, table)
	}
	return c.Return(chunk)
}

func (f *files) dofile(c *lua.Call) error {
	name := c.OptString(1, "")
	if err := c.Err(); err != nil {
		return err
	}
	chunk, err := f.load(c, name, "bt")
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
	return c.TailCall(chunk)
}
