package lua

import (
	"bytes"

	"github.com/tidewire/tidewire/internal/lua/code"
	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// A Chunk is compiled source. It is immutable, and many states may load it at the same
// time.
type Chunk struct {
	main *code.Prototype
	text []byte // the source after its head: functions can be dumped
}

// Compile compiles a chunk. name is "@" and a file's name, "=" and a name to be shown as
// it is, or else source text. A byte order mark and a first line that begins with '#' are
// skipped. The error is a *syntax.Error. Safe for concurrent use.
func Compile(source []byte, name string) (*Chunk, error) {
	return compile(bytes.Clone(syntax.SkipHead(source)), name, 1, nil, nil)
}

// compile keeps source, whose first line has the number line.
func compile(source []byte, name string, line int, charge, step func(int) error) (*Chunk, error) {
	tree, err := syntax.Parse(source, shortName(name), syntax.Options{Charge: charge, Step: step, FirstLine: line})
	if err != nil {
		return nil, err
	}
	main, err := code.Compile(tree, code.Options{Source: name, Charge: charge, Step: step})
	if err != nil {
		return nil, err
	}
	return &Chunk{main, source}, nil
}

// Load makes a function of a chunk, whose environment is the globals.
func (s *State) Load(chunk *Chunk) (Value, error) {
	defer s.loaded()
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

// LoadString compiles source into a function. The memory that compiling takes is charged
// to the state; a script cannot use this to get around its limits.
func (s *State) LoadString(source, name string) (Value, error) {
	chunk, err := s.compile(name, 1, syntax.SkipHeadOf(source))
	if err != nil {
		return Nil, err
	}
	return s.Load(chunk)
}

// compile compiles source, which is in parts. All memory that this takes is reserved
// meanwhile: a walk would not find it.
func (s *State) compile(name string, line int, parts ...string) (*Chunk, error) {
	reserved := 0
	defer func() { s.Unreserve(reserved) }()
	reserve := func(bytes int) error { // counts the work that fills them, too
		if err := s.Step(bytes / bytesPerStep); err != nil {
			return err
		}
		if err := s.Reserve(bytes); err != nil {
			return err
		}
		reserved += bytes
		return nil
	}
	if err := s.Step(1); err != nil {
		return nil, err
	}
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	if err := reserve(size); err != nil {
		return nil, err
	}
	source := make([]byte, size)
	at := 0
	for _, part := range parts {
		if err := s.fill(source[at:], part); err != nil {
			return nil, err
		}
		at += len(part)
	}
	return compile(source, name, line, reserve, s.Step)
}

// loading is the function that is being loaded: walks find it, and so keep its charge.
type loading struct {
	text  *chunkText
	proto *proto
}

// loaded ends the loading.
func (s *State) loaded() { s.loading = loading{} }

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
