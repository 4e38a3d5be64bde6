package embedding

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// Flag is the first argument with which a child measures its VM instead of running a
// script. The second one is the CPU time that each loop uses at least.
const Flag = "-embedding"

// Child is the main function of a child: it runs the script that the command line names,
// or measures vm and prints the figures as JSON.
func Child(vm VM, run func(path string, args []string) error) {
	if err := child(vm, run); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(vm VM, run func(path string, args []string) error) error {
	if len(os.Args) < 2 {
		return fmt.Errorf("usage: %s SCRIPT [ARG …] | %s DURATION", os.Args[0], Flag)
	}
	if os.Args[1] != Flag {
		return run(os.Args[1], os.Args[2:])
	}
	least, err := time.ParseDuration(strings.Join(os.Args[2:], " "))
	if err != nil {
		return err
	}
	figures, err := Measure(vm, least)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(figures)
}
