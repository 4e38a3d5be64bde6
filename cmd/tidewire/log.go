package main

import (
	"bytes"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tidewire/tidewire/internal/outlet"
	"github.com/tidewire/tidewire/internal/runner/logging"
)

// stderr is the process's standard error. Log lines that nobody reads in time are
// dropped: they hold up nothing. Other output waits for its reader, as usual, until the
// process ends.
var stderr = outlet.New(os.Stderr, func(lines int) string {
	return logLine(fmt.Sprintf("%d lines of the log are missing here: nobody read standard error in time", lines))
})

// logLevel is the lowest level of the log's lines.
var logLevel slog.LevelVar

// logFormats are the words of --log-format.
var logFormats = []string{"text", "json"}

// logFormat is one of logFormats; constant once the command line is read.
var logFormat = logFormats[0]

// log writes to stderr; constant once the command line is read.
var log = newLog()

// newLog makes the log: for programs with --log-format json, else coloured on a terminal,
// with the date elsewhere.
func newLog() *logging.Handler {
	format := time.DateTime + ".000"
	onTerminal := term.IsTerminal(int(os.Stderr.Fd()))
	if onTerminal {
		format = time.TimeOnly
	}
	// NO_COLOR is a convention of many tools. The console of Windows shows colours only
	// to programs that ask it first.
	colour := onTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && runtime.GOOS != "windows"
	return logging.New(logging.Options{
		Output: stderr.Offer, Level: &logLevel, Colour: colour, TimeFormat: format, JSON: logFormat == "json",
	})
}

// newLogger also takes the lines of Go's standard logger, at level debug: package net/http
// has a line for each server that sends bytes unasked.
func newLogger() *slog.Logger {
	stdlog.SetFlags(0)
	stdlog.SetOutput(withoutAnswers{slog.NewLogLogger(log, slog.LevelDebug).Writer()})
	return slog.New(log)
}

// withoutAnswers takes the bytes that a server has sent unasked out of net/http's line: it
// does not say for which request the connection was, so nobody could hide that one's secrets.
type withoutAnswers struct{ io.Writer }

func (w withoutAnswers) Write(line []byte) (int, error) {
	words, _, unasked := bytes.Cut(line, []byte(" starting with "))
	if !unasked {
		return w.Writer.Write(line)
	}
	_, err := w.Writer.Write(append(words, '\n'))
	return len(line), err
}

// complain says why the process ends without having run anything.
func complain(lines ...string) {
	fmt.Fprint(stderr, logLine(lines...))
}

// logLine is an entry about the runner itself, in the log's format. Each of lines is shown
// on one line, also where it has the name of a file, or a word of the command line, that
// would act on a terminal.
func logLine(lines ...string) string {
	var b bytes.Buffer
	if logFormat == "json" {
		object := logging.New(logging.Options{Output: func(entry []byte) { b.Write(entry) }, JSON: true})
		slog.New(object).Error(strings.Join(lines, "\n"))
		return b.String()
	}
	b.WriteString("tidewire: ")
	for _, line := range lines {
		b.WriteString(logging.Escape(line) + "\n")
	}
	return b.String()
}

// defineLogFlags defines the flags of commands that have a log.
func defineLogFlags(cmd *cobra.Command) {
	cmd.Flags().Var(
		levelFlag{&logLevel},
		"log-level",
		"log lines from `LEVEL` on: debug, info, warn or error; debug has a line for each step of a connection",
	)
	cmd.Flags().Var(formatFlag{}, "log-format", "log lines as text for people, or as json, one object a line")
	completeFlags(cmd, map[string][]string{"log-level": levels(), "log-format": logFormats})
}

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
	for _, level := range logLevels {
		if strings.EqualFold(text, level.String()) {
			f.level.Set(level)
			return nil
		}
	}
	return notOneOf(text, levels())
}

var logLevels = []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}

// levels are the words of --log-level.
func levels() (words []string) {
	for _, level := range logLevels {
		words = append(words, strings.ToLower(level.String()))
	}
	return words
}

// formatFlag is the value of --log-format. It implements pflag.Value.
type formatFlag struct{}

func (formatFlag) String() string { return logFormat }

// Type is the value's name in --help.
func (formatFlag) Type() string { return "FORMAT" }

// Set implements pflag.Value.
func (formatFlag) Set(text string) error {
	for _, format := range logFormats {
		if strings.EqualFold(text, format) {
			logFormat = format
			log = newLog()
			return nil
		}
	}
	return notOneOf(text, logFormats)
}
