package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/tidewire/tidewire/internal/outlet"
)

// stderrPatience is how long the end of the process waits for a reader of standard error.
const stderrPatience = 250 * time.Millisecond

// stderr is the process's standard error. Log lines that nobody reads in time are dropped: they hold up nothing. What
// else is written waits for its reader, as usual, until the process ends.
var stderr = outlet.New(os.Stderr, func(lines int) string {
	return fmt.Sprintf("tidewire: %d lines of the log are missing here: nobody read standard error in time\n", lines)
})

// exit ends the process. Nothing else that may end it while a script runs does so by itself.
func exit(code int) {
	stderr.Flush(stderrPatience) //nolint:errcheck // nobody is left to tell
	os.Exit(code)
}

// newLogger returns a logger on standard error: coloured on a terminal, with the date elsewhere.
func newLogger() *slog.Logger {
	format := time.DateTime + ".000"
	onTerminal := term.IsTerminal(int(os.Stderr.Fd()))
	if onTerminal {
		format = time.TimeOnly
	}
	// NO_COLOR is a convention of many tools. The console of Windows shows colours only to programs that ask it first.
	colour := onTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && runtime.GOOS != "windows"
	lines := &lineBuffer{output: stderr}
	return slog.New(&lineHandler{
		Handler: tint.NewTextHandler(&lines.text, &tint.Options{TimeFormat: format, NoColor: !colour}),
		lines:   lines,
	})
}

// lineHandler keeps a message of several lines, such as an error with its traceback, readable: the attributes go with
// the first line, and the others follow. It never waits for a reader.
type lineHandler struct {
	slog.Handler // writes to lines.text
	lines        *lineBuffer
}

// lineBuffer holds one message while it is put together.
type lineBuffer struct {
	output *outlet.Outlet
	mu     sync.Mutex // held from a message's begin until it is handed to output
	text   bytes.Buffer
}

// Handle implements slog.Handler.
func (h *lineHandler) Handle(ctx context.Context, r slog.Record) error {
	h.lines.mu.Lock()
	defer h.lines.mu.Unlock()
	first, rest, several := strings.Cut(r.Message, "\n")
	line := slog.NewRecord(r.Time, r.Level, first, r.PC)
	r.Attrs(func(a slog.Attr) bool { line.AddAttrs(a); return true })
	h.lines.text.Reset()
	if err := h.Handler.Handle(ctx, line); err != nil {
		return err
	}
	if several {
		h.lines.text.WriteString(rest + "\n")
	}
	h.lines.output.Offer(h.lines.text.Bytes())
	return nil
}

// WithAttrs implements slog.Handler.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lineHandler{h.Handler.WithAttrs(attrs), h.lines}
}

// WithGroup implements slog.Handler.
func (h *lineHandler) WithGroup(name string) slog.Handler {
	return &lineHandler{h.Handler.WithGroup(name), h.lines}
}
