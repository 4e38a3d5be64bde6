// Package errorlog shows the errors of a script's callbacks to a person without flooding
// the log. It knows no VM.
package errorlog

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// repeatInterval is how long the log stays silent about an error that it has just
	// shown.
	repeatInterval = time.Second

	// maxRecentErrors bounds the different errors remembered at a time. Beyond it the
	// oldest second is forgotten early: only the chance to leave a repetition out is
	// lost.
	maxRecentErrors = 256
)

// Log shows the errors of Lua callbacks and counts them. An error with the same text,
// traceback included, is shown at most once a second, with a count of those left out,
// whatever the callback was called for. A Log belongs to the goroutine that owns the Lua
// state.
type Log struct {
	logger *slog.Logger
	recent map[string]*shown // by text
	count  atomic.Int64
}

// shown is an error that was logged, and how often it came again since.
type shown struct {
	where   string // with a colon, or empty
	at      time.Time
	leftOut int
}

// New returns a Log that writes to logger at level error. A nil logger discards the
// lines; errors are counted all the same.
func New(logger *slog.Logger) *Log {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Log{logger: logger, recent: make(map[string]*shown)}
}

// Report logs err, which happened in where: the callback as the script's author calls it,
// such as "onMessage" or "timer"; empty for the main chunk. attrs are further slog
// attributes, such as a connection's id: they are shown and do not make an error a
// different one.
func (l *Log) Report(where string, err error, attrs ...any) {
	l.count.Add(1)
	text, now := err.Error(), time.Now()
	if last := l.recent[text]; last != nil && now.Sub(last.at) < repeatInterval {
		last.leftOut++
		return
	}
	if last := l.recent[text]; last != nil && last.leftOut > 0 {
		attrs = append(attrs, slog.Int("left_out", last.leftOut))
	}
	delete(l.recent, text)
	l.sumUp(now)
	if len(l.recent) >= maxRecentErrors {
		l.Flush()
	}
	if where != "" {
		where += ": "
	}
	l.recent[text] = &shown{where: where, at: now}
	l.logger.Error(where+text, attrs...)
}

// Count returns how many errors were reported, those left out included. It may be called
// from any goroutine.
func (l *Log) Count() int { return int(l.count.Load()) }

// Flush logs how many errors were left out and not yet mentioned. Call it at the end.
func (l *Log) Flush() {
	for text, last := range l.recent {
		l.mention(text, last)
	}
	clear(l.recent)
}

// sumUp mentions how often the errors shown a while ago were left out since. That line
// counts as one about the error: the next one waits as long again. Errors that did not
// come again are forgotten.
func (l *Log) sumUp(now time.Time) {
	for text, last := range l.recent {
		switch {
		case now.Sub(last.at) < repeatInterval:
		case last.leftOut == 0:
			delete(l.recent, text)
		default:
			l.mention(text, last)
			last.at, last.leftOut = now, 0
		}
	}
}

// mention logs how often an error was left out, if it was.
func (l *Log) mention(text string, last *shown) {
	if last.leftOut > 0 {
		message, _, _ := strings.Cut(text, "\n")
		l.logger.Error(fmt.Sprintf("%s%s (and %d more like it)", last.where, message, last.leftOut))
	}
}
