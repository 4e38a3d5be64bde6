package main

import (
	"context"
	"fmt"

	"github.com/tidewire/tidewire/script"
)

// run runs a script as the runner does.
func run(path string, args []string) error {
	result, err := script.Run(context.Background(), script.Options{Path: path, Args: args})
	if err == nil && result.ExitCode != 0 {
		err = fmt.Errorf("%s: exit code %d: %w", path, result.ExitCode, result.Err)
	}
	return err
}
