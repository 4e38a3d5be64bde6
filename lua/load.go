package lua

import (
	"bytes"

	"github.com/tidewire/tidewire/internal/lua/code"
	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// A Chunk is compiled source. It is immutable, and many states may load it at the same time.
type Chunk struct {
	main *code.Prototype
	text []byte // the source behind its head: functions can be dumped
}

// Compile compiles a chunk. name is "@" and a file's name, "=" and a name to be shown as it is, or else source text. A
// byte order mark and a first line that begins with '#' are skipped. The error is a *syntax.Error. Safe for concurrent
// use.
func Compile(source []byte, name string) (*Chunk, error) {
	return compile(bytes.Clone(syntax.SkipHead(source)), name, 1, nil)
}

// compile keeps source, which begins on a line.
func compile(source []byte, name string, line int, charge func(bytes int) error) (*Chunk, error) {
	tree, err := syntax.Parse(source, shortName(name), syntax.Options{Charge: charge, FirstLine: line})
	if err != nil {
		return nil, err
	}
	main, err := code.Compile(tree, code.Options{Source: name, Charge: charge})
	if err != nil {
		return nil, err
	}
	return &Chunk{main, source}, nil
}

// Load makes a function of a chunk, whose environment is the globals.
func (s *State) Load(chunk *Chunk) (Value, error) {
	text, err := s.loadText(chunk.text)
	if err != nil {
		return Nil, err
	}
	p, err := s.load(chunk.main, text)
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
	if err := s.charge(len(source)); err != nil {
		return Nil, err
	}
	chunk, err := compile(syntax.SkipHead([]byte(source)), name, 1, s.chargeWork)
	if err != nil {
		return Nil, err
	}
	return s.Load(chunk)
}

// chargeWork counts bytes that are about to be taken, and the work that fills them.
func (s *State) chargeWork(bytes int) error {
	if err := s.Step(bytes / bytesPerStep); err != nil {
		return err
	}
	return s.charge(bytes)
}

// Run compiles source and calls it with arguments.
func (s *State) Run(source []byte, name string, args ...Value) ([]Value, error) {
	s.checkOwner()
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
