package main

import (
	"bufio"
	"os"

	"github.com/tidewire/tidewire/internal/runner/collector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// run runs a script on the VM as the runner sets it up: with all libraries, and Go's
// collector at the runner's pace.
func run(path string, args []string) error {
	collector.Pace()
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	s := lua.NewState(lua.Options{Tracebacks: true})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdin: os.Stdin, Stdout: out, Stderr: os.Stderr}); err != nil {
		return err
	}
	values := make([]lua.Value, len(args))
	for i, arg := range args {
		if values[i], err = s.String(arg); err != nil {
			return err
		}
	}
	if _, err := s.Run(source, "@"+path, values...); err != nil {
		return err
	}
	return out.Flush()
}
