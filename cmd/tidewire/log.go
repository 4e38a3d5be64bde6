package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"
)

// newLogger returns a logger on standard error: coloured on a terminal, with the date elsewhere.
func newLogger() *slog.Logger {
	format := time.DateTime + ".000"
	onTerminal := term.IsTerminal(int(os.Stderr.Fd()))
	if onTerminal {
		format = time.TimeOnly
	}
	// NO_COLOR is a convention of many tools. The console of Windows shows colours only to programs that ask it first.
	colour := onTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && runtime.GOOS != "windows"
	return slog.New(&lineHandler{
		Handler: tint.NewTextHandler(os.Stderr, &tint.Options{TimeFormat: format, NoColor: !colour}),
		output:  os.Stderr,
		mu:      new(sync.Mutex),
	})
}

// lineHandler keeps a message of several lines, such as an error with its traceback, readable: the attributes go with
// the first line, and the others follow.
type lineHandler struct {
	slog.Handler
	output io.Writer
	mu     *sync.Mutex // held across writes: it keeps the lines of a message together
}

// Handle implements slog.Handler.
func (h *lineHandler) Handle(ctx context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	first, rest, several := strings.Cut(r.Message, "\n")
	if !several {
		return h.Handler.Handle(ctx, r)
	}
	line := slog.NewRecord(r.Time, r.Level, first, r.PC)
	r.Attrs(func(a slog.Attr) bool { line.AddAttrs(a); return true })
	if err := h.Handler.Handle(ctx, line); err != nil {
		return err
	}
	_, err := io.WriteString(h.output, rest+"\n")
	return err
}

// WithAttrs implements slog.Handler.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lineHandler{h.Handler.WithAttrs(attrs), h.output, h.mu}
}

// WithGroup implements slog.Handler.
func (h *lineHandler) WithGroup(name string) slog.Handler {
	return &lineHandler{h.Handler.WithGroup(name), h.output, h.mu}
}
