package lua

import (
	"github.com/tidewire/tidewire/lua/code"
	"github.com/tidewire/tidewire/lua/syntax"
)

// A Chunk is compiled source. It is immutable, and many states may load it at the same time.
type Chunk struct{ main *code.Prototype }

// Compile compiles a chunk. name is "@" and a file's name, "=" and a name to be shown as it is, or else source text. A
// byte order mark and a first line that begins with '#' are skipped. The error is a *syntax.Error. Safe for concurrent
// use.
func Compile(source []byte, name string) (*Chunk, error) {
	return compile(syntax.SkipHead(source), name, nil)
}

func compile(source []byte, name string, charge func(bytes int) error) (*Chunk, error) {
	tree, err := syntax.Parse(source, shortName(name), syntax.Options{Charge: charge})
	if err != nil {
		return nil, err
	}
	main, err := code.Compile(tree, code.Options{Source: name, Charge: charge})
	if err != nil {
		return nil, err
	}
	return &Chunk{main}, nil
}

// Load makes a function of a chunk, whose environment is the globals.
func (s *State) Load(chunk *Chunk) (Value, error) {
	p, err := s.load(chunk.main)
	if err != nil {
		return Nil, err
	}
	f, err := s.newFunction(p, s.globals)
	if err != nil {
		return Nil, err
	}
	return functionValue(f), nil
}

// LoadString compiles source and makes a function of it. The memory that compiling takes is charged to the state; a script
// cannot use this to get around its limits.
func (s *State) LoadString(source, name string) (Value, error) {
	if err := s.Step(len(source)/bytesPerStep + 1); err != nil {
		return Nil, err
	}
	chunk, err := compile(syntax.SkipHead([]byte(source)), name, func(bytes int) error {
		if err := s.Step(bytes / bytesPerStep); err != nil {
			return err
		}
		return s.charge(bytes)
	})
	if err != nil {
		return Nil, err
	}
	return s.Load(chunk)
}

// Run compiles source and calls it with arguments.
func (s *State) Run(source []byte, name string, args ...Value) ([]Value, error) {
	chunk, err := Compile(source, name)
	if err != nil {
		return nil, s.lift(err)
	}
	f, err := s.Load(chunk)
	if err != nil {
		return nil, err
	}
	return s.Call(f, args...)
}
