// Package logging writes the log that a person or a program reads: one entry a line, none that looks
// like another, and no more of them than a person can read, whatever scripts and peers
// put into them.
package logging

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/lmittmann/tint"
)

// Options configures a Handler.
type Options struct {
	// Output takes an entry, one or several whole lines. It must not wait for anybody,
	// and not keep the bytes.
	Output func(entry []byte)

	// Level is the lowest level that is written. nil means Info.
	Level slog.Leveler

	Colour     bool
	TimeFormat string // of package time

	// JSON writes each entry as one object on one line, as slog.JSONHandler does, with
	// as much of the message in it as the text has. Colour and TimeFormat then mean nothing.
	JSON bool
}

// Handler is a slog.Handler. An entry is a line of time, level, the message's first line
// and the attributes; further lines of the message, such as a traceback, follow indented;
// or it is a line of JSON. Control characters are shown as escapes. An entry has a bounded
// number of lines and bytes; entries above level Debug are limited as limit.go says. Safe for concurrent use.
type Handler struct {
	slog.Handler // writes to log.entry
	log          *log
}

// log is the data that the handlers of WithAttrs and WithGroup share.
type log struct {
	output func([]byte) // constant
	json   bool         // constant

	mu     sync.Mutex // leaf except for output, which does not wait; guards the fields below
	entry  bytes.Buffer
	limits limits
	plain  slog.Handler // without attributes, for summaries; writes to entry
	timer  *time.Timer  // for the next summary; nil before the first
	armed  bool
}

// New returns a Handler.
func New(opts Options) *Handler {
	l := &log{output: opts.Output, json: opts.JSON, limits: newLimits()}
	if opts.JSON {
		l.plain = slog.NewJSONHandler(&l.entry, &slog.HandlerOptions{Level: opts.Level})
	} else {
		l.plain = tint.NewTextHandler(
			&l.entry,
			&tint.Options{Level: opts.Level, TimeFormat: opts.TimeFormat, NoColor: !opts.Colour},
		)
	}
	return &Handler{Handler: l.plain, log: l}
}

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	h.log.mu.Lock()
	defer h.log.mu.Unlock()
	if r.Level > slog.LevelDebug && !h.log.limits.allow(r, time.Now()) {
		h.log.armLocked()
		return nil
	}
	return h.log.writeLocked(ctx, h.Handler, r)
}

// WithAttrs implements slog.Handler.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	safe := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		safe[i] = h.log.safe(a)
	}
	return &Handler{h.Handler.WithAttrs(safe), h.log}
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{h.Handler.WithGroup(name), h.log}
}

// Flush writes how many entries were left out and not yet spoken of. Call it at the end.
func (h *Handler) Flush() {
	h.log.mu.Lock()
	defer h.log.mu.Unlock()
	h.log.sumUpLocked(time.Now())
}

// writeLocked writes an entry.
func (l *log) writeLocked(ctx context.Context, to slog.Handler, r slog.Record) error {
	if l.json {
		return l.writeObjectLocked(ctx, to, r)
	}
	first, rest, several := strings.Cut(shorten(r.Message), "\n")
	line := slog.NewRecord(r.Time, r.Level, Escape(first), r.PC)
	r.Attrs(func(a slog.Attr) bool { line.AddAttrs(safeAttr(a)); return true })
	l.entry.Reset()
	if err := to.Handle(ctx, line); err != nil {
		return err
	}
	for several {
		first, rest, several = strings.Cut(rest, "\n")
		l.entry.WriteString(indent + Escape(first) + "\n")
	}
	l.output(l.entry.Bytes())
	return nil
}

// writeObjectLocked writes an entry as JSON.
func (l *log) writeObjectLocked(ctx context.Context, to slog.Handler, r slog.Record) error {
	object := slog.NewRecord(r.Time, r.Level, shorten(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool { object.AddAttrs(l.safe(a)); return true })
	l.entry.Reset()
	if err := to.Handle(ctx, object); err != nil {
		return err
	}
	l.output(escapeObject(l.entry.Bytes()))
	return nil
}

// safe returns an attribute that cannot disturb the log.
func (l *log) safe(a slog.Attr) slog.Attr {
	if l.json {
		return shortAttr(a)
	}
	return safeAttr(a)
}

// armLocked makes sure that the entries left out are summed up, also if nothing more is
// logged.
func (l *log) armLocked() {
	if l.armed {
		return
	}
	l.armed = true
	if l.timer == nil {
		l.timer = time.AfterFunc(summaryInterval, l.summaryDue)
	} else {
		l.timer.Reset(summaryInterval)
	}
}

func (l *log) summaryDue() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sumUpLocked(time.Now())
}

// sumUpLocked writes one line for each kind of entry that was left out.
func (l *log) sumUpLocked(now time.Time) {
	l.armed = false
	for _, left := range l.limits.takeLeftOut() {
		r := slog.NewRecord(now, left.level, fmt.Sprintf("%d more lines like this were left out: %s",
			left.count, cut(firstLine(left.message), maxSummary)), 0)
		_ = l.writeLocked(context.Background(), l.plain, r) // to memory: it cannot fail
	}
}

func firstLine(message string) string {
	first, _, _ := strings.Cut(message, "\n")
	return first
}
