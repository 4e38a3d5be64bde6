// Package encoding gives Lua scripts the module tide.encoding: base64, hex and url for
// bytes as text, pack and unpack for numbers as bytes. It knows no sockets.
package encoding

import (
	"github.com/tidewire/tidewire/internal/modules/offer"
	"github.com/tidewire/tidewire/lua"
)

const (
	// name is the module's name for require.
	name = "tide.encoding"

	// piece is how many bytes are worked on between two looks at the state's limits. It
	// is a whole number of base64's groups, of three bytes as of four characters.
	piece = 12 << 10

	// bytesPerStep is how many bytes that are read or written count as a step.
	bytesPerStep = 64
)

// module is the module of one state. It belongs to the goroutine that owns the state.
type module struct {
	s   *lua.State
	out *lua.Builder

	// results are those of unpack so far. Their memory is reserved.
	results []lua.Value

	buffer [piece]byte
}

// Open lets require find the module.
func Open(s *lua.State) error {
	return offer.Module(s, func() (lua.Value, error) { return newTable(s) }, name)
}

func newTable(s *lua.State) (lua.Value, error) {
	m := &module{s: s, out: s.NewBuilder()}
	s.Ref(s.NewUserdata(m, nil)) // walks find the module's values
	library, err := s.NewTable(0, 6)
	if err != nil {
		return lua.Nil, err
	}
	for _, part := range []struct {
		name      string
		functions []lua.Func
	}{
		{"base64", []lua.Func{{Name: "encode", Call: m.encodeBase64}, {Name: "decode", Call: m.decodeBase64}}},
		{"hex", []lua.Func{{Name: "encode", Call: m.encodeHex}, {Name: "decode", Call: m.decodeHex}}},
		{"url", []lua.Func{{Name: "encode", Call: m.encodeURL}, {Name: "decode", Call: m.decodeURL},
			{Name: "query", Call: m.query}}},
	} {
		table, err := s.NewTable(0, len(part.functions))
		if err != nil {
			return lua.Nil, err
		}
		if err := s.SetFuncs(table, part.functions...); err != nil {
			return lua.Nil, err
		}
		if err := library.SetString(part.name, table.Value()); err != nil {
			return lua.Nil, err
		}
	}
	return library.Value(), s.SetFuncs(library,
		lua.Func{Name: "pack", Call: m.pack},
		lua.Func{Name: "packsize", Call: m.packSize},
		lua.Func{Name: "unpack", Call: m.unpack},
	)
}

// Mark implements lua.Marker.
func (m *module) Mark(mark func(lua.Value)) {
	for _, v := range m.results {
		mark(v)
	}
}

// pieces gives f the text piece by piece, in the module's buffer.
func (m *module) pieces(text string, f func(part []byte) error) error {
	return m.parts(text, func(part string) error { return f(m.buffer[:copy(m.buffer[:], part)]) })
}

// parts gives f the text piece by piece.
func (m *module) parts(text string, f func(part string) error) error {
	for len(text) > 0 {
		part := text[:min(len(text), piece)]
		if err := m.s.Step(len(part) / bytesPerStep); err != nil {
			return err
		}
		if err := f(part); err != nil {
			return err
		}
		text = text[len(part):]
	}
	return nil
}

// write is for what a function has written to m.out: it returns that text, or raises err
// or the builder's error. A *mistake is a result of the function instead.
func (m *module) write(c *lua.Call, err error) error {
	if err != nil {
		m.out.Reset()
		if found, isMistake := err.(*mistake); isMistake {
			return m.refuse(c, found.Error())
		}
		return err
	}
	text, err := m.out.Value()
	if err != nil {
		return err
	}
	return c.Return(text)
}

// refuse returns nil and a message.
func (m *module) refuse(c *lua.Call, message string) error {
	text, err := m.s.String(message)
	if err != nil {
		return err
	}
	return c.Return(lua.Nil, text)
}
