// Package json gives Lua scripts the module json, also known as tide.json: encode,
// decode, array and null. It knows no sockets and calls no Lua code.
package json

import (
	"github.com/tidewire/tidewire/internal/modules/offer"
	"github.com/tidewire/tidewire/lua"
)

const (
	// name and longName are the module's names for require.
	name     = "json"
	longName = "tide.json"

	// maxDepth is how deep arrays and objects may be nested in either direction, so that
	// a text from a peer cannot exhaust the stack.
	maxDepth = 1000

	// piece is how many bytes are looked at between two looks at the state's limits.
	piece = 64 << 10

	// bytesPerStep is how many bytes that are read or written count as a step.
	bytesPerStep = 64
)

// module is the module of one state. It belongs to the goroutine that owns the state.
type module struct {
	s *lua.State

	// table is the result of require.
	table lua.Value

	// null represents JSON's null. Lua's nil cannot: a table does not hold nil.
	null lua.Value

	// array is the metatable of the tables that are arrays even when they are empty. It
	// has no methods and is not locked: a script may give a decoded table a metatable of
	// its own.
	array *lua.Table

	decoders []*decoder // at work, the innermost last: a metamethod of options may decode in the middle of another one
	decoder  *decoder   // at rest, or nil
	encoder  *encoder   // at rest, or nil
}

// Open lets require find the module, which is made when it is first asked for. A script
// that has a module json of its own takes package.preload.json away. In a state without
// the library package it is a loaded module at once.
func Open(s *lua.State) error {
	return offer.Module(s, (&module{s: s}).open, name, longName)
}

// open returns the module's table, always the same one.
func (m *module) open() (lua.Value, error) {
	if !m.table.IsNil() {
		return m.table, nil
	}
	library, err := m.newTable()
	if err != nil {
		return lua.Nil, err
	}
	m.table = library.Value()
	m.s.Ref(m.s.NewUserdata(m, nil)) // walks find the module's values
	return m.table, nil
}

func (m *module) newTable() (*lua.Table, error) {
	s := m.s
	meta, err := s.NewTable(0, 2)
	if err != nil {
		return nil, err
	}
	text, err := s.String("null")
	if err != nil {
		return nil, err
	}
	shown := s.NewFunction("__tostring", func(c *lua.Call) error { return c.Return(text) })
	if err := meta.SetString("__tostring", shown); err != nil {
		return nil, err
	}
	if err := meta.SetString("__metatable", lua.False); err != nil {
		return nil, err
	}
	if m.array, err = s.NewTable(0, 0); err != nil {
		return nil, err
	}
	library, err := s.NewTable(0, 4)
	if err != nil {
		return nil, err
	}
	m.null = s.NewUserdata(null{text}, meta)
	if err := library.SetString("null", m.null); err != nil {
		return nil, err
	}
	return library, s.SetFuncs(library,
		lua.Func{Name: "encode", Call: m.encode},
		lua.Func{Name: "decode", Call: m.decode},
		lua.Func{Name: "array", Call: m.markArray},
	)
}

// null is the Go value of json.null: its text.
type null struct{ text lua.Value }

// Mark implements lua.Marker.
func (n null) Mark(mark func(lua.Value)) { mark(n.text) }

// Mark implements lua.Marker: it shows walks all that the module and the decoders at work
// hold.
func (m *module) Mark(mark func(lua.Value)) {
	mark(m.table)
	mark(m.null)
	if m.array != nil {
		mark(m.array.Value())
	}
	for _, d := range m.decoders {
		for _, v := range d.pile {
			mark(v)
		}
		mark(d.pushing)
	}
}

// markArray is json.array([table]): the table, or a new one, which is an array from now
// on even when it is empty.
func (m *module) markArray(c *lua.Call) error {
	table := c.OptTable(1)
	if err := c.Err(); err != nil {
		return err
	}
	if table == nil {
		made, err := m.s.NewTable(0, 0)
		if err != nil {
			return err
		}
		table = made
	}
	if meta := table.Metatable(); meta != nil && meta != m.array {
		return c.ArgError(1, "table without a metatable expected")
	}
	table.SetMetatable(m.array)
	return c.Return(table.Value())
}
