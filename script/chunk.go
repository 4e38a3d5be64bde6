package script

import lua "github.com/yuin/gopher-lua"

// chunk is a piece of source that Lua runs.
type chunk struct {
	Source
	args []string
}

// chunks reads everything that is to be run, so that a script that cannot be read keeps the Code from running, too. The
// last one is the script, which gets the arguments.
func (o Options) chunks() ([]chunk, error) {
	var chunks []chunk
	if o.Code != "" {
		chunks = append(chunks, chunk{Source: Source{Name: "(command line)", Text: []byte(o.Code)}})
	}
	if o.Path != "" {
		source, err := ReadSource(o.Path, o.Stdin)
		if err != nil {
			return nil, err
		}
		chunks = append(chunks, chunk{Source: source})
	}
	if len(chunks) > 0 {
		chunks[len(chunks)-1].args = o.Args
	}
	return chunks, nil
}

// setArgs fills the global arg as lua does: the script at 0, its arguments above, what stood before it below. Without a
// script the program is at 0, and below is nothing.
func setArgs(L *lua.LState, opts Options) {
	line := append([]string(nil), opts.Command...)
	if opts.Path != "" {
		line = append(line, opts.Path)
	} else {
		line = line[:min(1, len(line))]
	}
	table := L.NewTable()
	for i, value := range append(line, opts.Args...) {
		table.RawSetInt(i+1-len(line), lua.LString(value))
	}
	L.SetGlobal("arg", table)
}
