package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/script"
)

// Bounds of --max-memory: below the least the runner itself has no room, above the most
// there is no such machine.
const (
	minMemory = 32 << 20
	maxMemory = 1 << 50
)

// memory is the value of --max-memory, in bytes. It implements pflag.Value.
type memory int64

func (m *memory) String() string { return strconv.FormatInt(int64(*m)>>20, 10) + "M" }

// Type is the value's name in --help.
func (m *memory) Type() string { return "SIZE" }

// Set implements pflag.Value.
func (m *memory) Set(text string) error {
	digits, unit := text, int64(1)
	for at, suffix := range []string{"K", "M", "G", "T"} {
		if rest, found := strings.CutSuffix(strings.ToUpper(text), suffix); found {
			digits, unit = rest, 1<<(10*(at+1))
		}
	}
	number, err := strconv.ParseFloat(digits, 64)
	bytes := number * float64(unit)
	if err != nil || bytes != 0 && !(bytes >= minMemory && bytes <= maxMemory) {
		return errors.New("a size expected, such as 512M or 2G, at least 32M, or 0 for no limit")
	}
	*m = memory(bytes)
	return nil
}

// option is the value as script.Options has it, where 0 means the default and a negative
// value no limit.
func (m memory) option() int64 {
	if m == 0 {
		return -1
	}
	return int64(m)
}

// limitFlags are the flags of tidewire run that bound a script's memory, time and
// connections.
type limitFlags struct {
	memory      memory
	callback    duration
	connections int
	dialRate    int // 0 means no limit
}

func (l *limitFlags) define(cmd *cobra.Command) {
	l.memory = script.DefaultMaxMemory
	l.callback.most = maxGrace
	flags := cmd.Flags()
	flags.Var(
		&l.memory,
		"max-memory",
		"stop a script that takes more than `SIZE` of memory, such as 512M or 2G; 0 for no limit",
	)
	flags.Var(
		&l.callback,
		"callback-timeout",
		"stop a script when its main chunk or a callback takes longer, such as 500ms or 10 (seconds); 0 "+
			"for no limit",
	)
	l.connections = 10_000
	flags.Var(
		&wholeNumber{number: &l.connections, least: 1},
		"max-connections",
		"how many connections may be live at once",
	)
	l.dialRate = 10
	flags.Var(
		&wholeNumber{number: &l.dialRate},
		"dial-rate",
		"how many connections a second may start to a host and port where they fail; 0 for no limit",
	)
}

// dialsPerSecond is --dial-rate as engine.Options has it, where 0 means the default and a
// negative value no limit.
func (l *limitFlags) dialsPerSecond() int {
	if l.dialRate == 0 {
		return -1
	}
	return l.dialRate
}

func (l *limitFlags) timeout() time.Duration { return l.callback.value }
