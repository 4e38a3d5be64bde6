// Package crypto gives Lua scripts the module tide.crypto: hashes, HMAC, random bytes and
// signatures, all of Go's standard library. It knows no sockets and calls no Lua code.
package crypto

import (
	"hash"

	"github.com/tidewire/tidewire/internal/modules/offer"
	"github.com/tidewire/tidewire/lua"
)

const (
	// name is the module's name for require.
	name = "tide.crypto"

	// piece is how many bytes are worked on between two looks at the state's limits.
	piece = 8 << 10

	// bytesPerStep is how many bytes that are read or written count as a step.
	bytesPerStep = 64
)

// module is the module of one state. It belongs to the goroutine that owns the state.
type module struct {
	s   *lua.State
	out *lua.Builder

	hashes          [len(algorithms)]hash.Hash // at rest, as far as they were used
	private, public keyMemory

	buffer, other [piece]byte
}

// Open lets require find the module.
func Open(s *lua.State) error {
	return offer.Module(s, func() (lua.Value, error) { return newTable(s) }, name)
}

func newTable(s *lua.State) (lua.Value, error) {
	m := &module{s: s, out: s.NewBuilder()}
	library, err := s.NewTable(0, 7)
	if err != nil {
		return lua.Nil, err
	}
	return library.Value(), s.SetFuncs(library,
		lua.Func{Name: "hash", Call: m.hash},
		lua.Func{Name: "hmac", Call: m.hmac},
		lua.Func{Name: "random", Call: m.random},
		lua.Func{Name: "uuid", Call: m.uuid},
		lua.Func{Name: "equal", Call: m.equal},
		lua.Func{Name: "sign", Call: m.sign},
		lua.Func{Name: "verify", Call: m.verify},
	)
}

// pieces gives f the text piece by piece, in the module's buffer.
func (m *module) pieces(text string, f func(part []byte)) error {
	for len(text) > 0 {
		part := m.buffer[:copy(m.buffer[:], text)]
		if err := m.s.Step(len(part) / bytesPerStep); err != nil {
			return err
		}
		f(part)
		text = text[len(part):]
	}
	return nil
}
