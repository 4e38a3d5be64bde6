package script

import "github.com/tidewire/tidewire/lua"

// chunk is a piece of source that Lua runs.
type chunk struct {
	Source
	luaName string // of the chunk, as Lua marks names of files and others
	args    []string
}

// chunks reads everything that is to be run, so that a script that cannot be read keeps
// the Code from running, too. The last one is the script, which gets the arguments.
func (o Options) chunks() ([]chunk, error) {
	var chunks []chunk
	if o.Code != "" {
		const name = "(command line)"
		chunks = append(chunks, chunk{Source: Source{Name: name, Text: []byte(o.Code)}, luaName: "=" + name})
	}
	if o.Path != "" {
		source, err := ReadSource(o.Path, o.Stdin)
		if err != nil {
			return nil, err
		}
		mark := "@"
		if o.Path == FromStdin {
			mark = "="
		}
		chunks = append(chunks, chunk{Source: source, luaName: mark + source.Name})
	}
	if len(chunks) > 0 {
		chunks[len(chunks)-1].args = o.Args
	}
	return chunks, nil
}

// setArgs fills the global arg as lua does: the script at 0, its arguments above, the
// words before it below. Without a script the program is at 0, and nothing is below.
func setArgs(s *lua.State, opts Options) error {
	line := append([]string(nil), opts.Command...)
	if opts.Path != "" {
		line = append(line, opts.Path)
	} else {
		line = line[:min(1, len(line))]
	}
	table, err := s.NewTable(len(opts.Args), len(line))
	if err != nil {
		return err
	}
	for i, text := range append(line, opts.Args...) {
		value, err := s.String(text)
		if err != nil {
			return err
		}
		if err := table.SetInt(i+1-len(line), value); err != nil {
			return err
		}
	}
	return s.SetGlobal("arg", table.Value())
}
