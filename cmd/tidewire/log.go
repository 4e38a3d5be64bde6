package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/tidewire/tidewire/internal/outlet"
	"github.com/tidewire/tidewire/internal/runner/logging"
)

// stderr is the process's standard error. Log lines that nobody reads in time are
// dropped: they hold up nothing. Other output waits for its reader, as usual, until the
// process ends.
var stderr = outlet.New(os.Stderr, func(lines int) string {
	return fmt.Sprintf("tidewire: %d lines of the log are missing here: nobody read standard error in time\n", lines)
})

// logLevel is the lowest level of the log's lines.
var logLevel slog.LevelVar

// log writes to stderr: coloured on a terminal, with the date elsewhere.
var log = newLog()

func newLog() *logging.Handler {
	format := time.DateTime + ".000"
	onTerminal := term.IsTerminal(int(os.Stderr.Fd()))
	if onTerminal {
		format = time.TimeOnly
	}
	// NO_COLOR is a convention of many tools. The console of Windows shows colours only
	// to programs that ask it first.
	colour := onTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && runtime.GOOS != "windows"
	return logging.New(logging.Options{Output: stderr.Offer, Level: &logLevel, Colour: colour, TimeFormat: format})
}

func newLogger() *slog.Logger { return slog.New(log) }

// levelFlag is the value of --log-level. It implements pflag.Value.
type levelFlag struct{ level *slog.LevelVar }

func (f levelFlag) String() string {
	if f.level == nil { // pflag asks the zero value
		return ""
	}
	return strings.ToLower(f.level.Level().String())
}

// Type is how --help names the value.
func (f levelFlag) Type() string { return "level" }

// Set implements pflag.Value.
func (f levelFlag) Set(text string) error {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.EqualFold(text, level.String()) {
			f.level.Set(level)
			return nil
		}
	}
	return errors.New("debug, info, warn or error expected")
}
