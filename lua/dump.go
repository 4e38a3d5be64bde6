package lua

import (
	"fmt"
	"strconv"
	"strings"
)

// A dumped function is a text: the head of Lua 5.1's binary chunks with a format number
// of our own, then a line that describes the rest, and the rest: the chunk's name, the
// names of the upvalues, and the function's own source.
//
//	ESC "LuaQT" kind " " line " " length of the name " " length of the upvalues' names LF
//
// kind is one of the kinds below, line where the source begins. Loading it compiles the
// source: there is nothing in it that must be trusted.
const (
	dumpHead = "\x1bLuaQT"

	dumpedChunk    = "chunk"
	dumpedFunction = "function"
	dumpedMethod   = "method" // its source lacks the parameter self
)

// Dump returns a Lua function as a string that Undump takes back, as string.dump does.
// Its upvalues are not part of it, only their names. strip leaves out the chunk's name.
// The error is one of Lua's: a function of Go cannot be dumped.
func (s *State) Dump(f Value, strip bool) (Value, error) {
	if !f.is(KindFunction) {
		return Nil, s.raisef("unable to dump given function")
	}
	p := f.fn().proto
	kind, source, line := dumpedChunk, p.text.bytes, 1
	if from := p.source; from.TextEnd > 0 {
		kind, source, line = dumpedFunction, source[from.TextStart:from.TextEnd], from.TextLine
		if from.IsMethod {
			kind = dumpedMethod
		}
	}
	name := p.source.Source
	if strip {
		name = ""
	}
	names, b := s.NewBuilder(), s.NewBuilder()
	defer b.Reset()
	for i, u := range p.source.Upvalues {
		if i > 0 {
			names.AddByte(',')
		}
		names.WriteString(u.Name)
	}
	b.WriteString(dumpHead)
	b.WriteString(fmt.Sprintf("%s %d %d %d\n", kind, line, len(name), names.Len()))
	b.WriteString(name)
	b.WriteBytes(names.Bytes())
	b.WriteBytes(source)
	err := names.Err()
	names.Reset()
	if err != nil {
		return Nil, err
	}
	return b.Value()
}

// Undump makes a function of Dump's text. Its upvalues are nil, its environment is the
// globals. name is the chunk's if Dump has left that out. Any other text that begins with
// ESC is refused as byte code of another Lua.
func (s *State) Undump(dumped, name string) (Value, error) {
	d, ok := parseDump(dumped)
	if !ok {
		return Nil, s.badDump(name)
	}
	if d.name != "" {
		name = d.name
	}
	prefix := ""
	if d.upvalues != "" {
		prefix = "local " + d.upvalues + " "
	}
	switch d.kind {
	case dumpedFunction:
		prefix += "return function"
	case dumpedMethod:
		prefix += "function t:f" // t is a global, and never assigned: the chunk does not run
	}
	chunk, err := s.compile(name, d.line, prefix, d.source)
	if err != nil {
		return Nil, err
	}
	defer s.loaded()
	if d.kind == dumpedChunk {
		return s.Load(chunk)
	}
	if len(chunk.main.Prototypes) != 1 {
		return Nil, s.badDump(name)
	}
	text, err := s.loadText(chunk.text)
	if err != nil {
		return Nil, err
	}
	p, err := s.load(chunk.main.Prototypes[0], text)
	if err != nil {
		return Nil, err
	}
	f, err := s.newFunction(p, s.globals)
	if err != nil {
		return Nil, err
	}
	for i := range f.ups {
		if p.source.Upvalues[i].Cell {
			if err := s.charge(cellBytes); err != nil {
				return Nil, err
			}
			f.ups[i] = cellValue(&cell{})
		}
	}
	return functionValue(f), nil
}

func (s *State) badDump(name string) error {
	switch {
	case strings.HasPrefix(name, "\x1b"):
		name = "(binary)"
	case strings.HasPrefix(name, "@"), strings.HasPrefix(name, "="):
		name = name[1:]
	}
	e := s.raise(name + ": cannot load incompatible bytecode")
	if e.Kind == KindRuntime {
		e.Kind = KindSyntax
	}
	return e
}

// dump is a dumped function taken apart.
type dump struct {
	kind                   string
	line                   int
	name, upvalues, source string
}

func parseDump(text string) (d dump, ok bool) {
	rest, found := strings.CutPrefix(text, dumpHead)
	if !found {
		return dump{}, false
	}
	const longest = 64
	end := strings.IndexByte(rest[:min(len(rest), longest)], '\n')
	if end < 0 {
		return dump{}, false
	}
	fields := strings.Split(rest[:end], " ")
	rest = rest[end+1:]
	if len(fields) != 4 {
		return dump{}, false
	}
	var numbers [3]int
	for i := range numbers {
		n, err := strconv.ParseUint(fields[i+1], 10, 31)
		if err != nil {
			return dump{}, false
		}
		numbers[i] = int(n)
	}
	d.kind, d.line = fields[0], numbers[0]
	if d.name, rest, ok = cutAt(rest, numbers[1]); !ok {
		return dump{}, false
	}
	if d.upvalues, d.source, ok = cutAt(rest, numbers[2]); !ok {
		return dump{}, false
	}
	switch d.kind {
	case dumpedChunk:
		return d, d.upvalues == ""
	case dumpedFunction, dumpedMethod:
		return d, true
	}
	return dump{}, false
}

// cutAt cuts text after its first n bytes.
func cutAt(text string, n int) (before, after string, ok bool) {
	if n > len(text) {
		return "", "", false
	}
	return text[:n], text[n:], true
}
