// Package zlib gives Lua scripts the module tide.zlib: deflate, inflate, and inflater for
// streams that span messages. It knows no sockets and calls no Lua code.
package zlib

import (
	"github.com/tidewire/tidewire/internal/modules/inflate"
	"github.com/tidewire/tidewire/internal/modules/offer"
	"github.com/tidewire/tidewire/lua"
)

const (
	// name is the module's name for require.
	name = "tide.zlib"

	// piece is how many bytes are inflated from between two looks at the state's limits.
	piece = 16 << 10

	// bytesPerStep is how many bytes that are read or written count as a step.
	bytesPerStep = 64

	// defaultLimit is the default of the option limit, in bytes.
	defaultLimit = 32_000_000
)

// module is the module of one state. It belongs to the goroutine that owns the state.
type module struct {
	s         *lua.State
	out       *lua.Builder
	inflaters *lua.Table // the metatable of inflaters

	stream   *inflate.Stream // of inflate, at rest; its memory is reserved
	deflater *deflater       // at rest; its memory is reserved

	buffer [piece]byte
}

// Open lets require find the module.
func Open(s *lua.State) error {
	return offer.Module(s, func() (lua.Value, error) { return newTable(s) }, name)
}

func newTable(s *lua.State) (lua.Value, error) {
	m := &module{s: s, out: s.NewBuilder()}
	if err := m.newInflaters(); err != nil {
		return lua.Nil, err
	}
	library, err := s.NewTable(0, 3)
	if err != nil {
		return lua.Nil, err
	}
	return library.Value(), s.SetFuncs(library,
		lua.Func{Name: "deflate", Call: m.deflate},
		lua.Func{Name: "inflate", Call: m.inflate},
		lua.Func{Name: "inflater", Call: m.inflater},
	)
}

// finish returns the text in m.out, or raises err or the builder's error. A problem of
// the data is nil and a message instead.
func (m *module) finish(c *lua.Call, err error) error {
	if err != nil {
		m.out.Reset()
		if story, isProblem := problem(err); isProblem {
			return m.refuse(c, story)
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
