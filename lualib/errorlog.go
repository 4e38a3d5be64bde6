package lualib

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
)

const (
	// repeatInterval is how long the log stays silent about an error that it has just shown.
	repeatInterval = time.Second

	// maxRecentErrors bounds the different errors remembered at a time. Beyond it the oldest second is forgotten early:
	// nothing is lost but the chance to leave a repetition out.
	maxRecentErrors = 256
)

// ErrorLog shows a person what went wrong in Lua callbacks, and counts it. An error with the same text, traceback
// included, is shown at most once a second, with a count of those left out; whatever the callback was called for. It
// belongs to the goroutine that owns the Lua state.
type ErrorLog struct {
	logger *slog.Logger
	recent map[string]*shownError // by text
	count  int
}

// shownError is an error that was logged, and how often it came again since.
type shownError struct {
	where   string // with a colon, or empty
	at      time.Time
	leftOut int
}

// NewErrorLog returns a log that writes to logger at level error. nil discards the lines and still counts.
func NewErrorLog(logger *slog.Logger) *ErrorLog {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &ErrorLog{logger: logger, recent: make(map[string]*shownError)}
}

// Report logs err, which happened in where: the callback as the script's author calls it, such as "onMessage" or
// "timer"; empty for the main chunk. attrs are further slog attributes, such as a connection's id; they are shown and do not make an error a
// different one.
func (l *ErrorLog) Report(where string, err error, attrs ...any) {
	l.count++
	text, now := err.Error(), time.Now()
	if shown := l.recent[text]; shown != nil && now.Sub(shown.at) < repeatInterval {
		shown.leftOut++
		return
	}
	if shown := l.recent[text]; shown != nil && shown.leftOut > 0 {
		attrs = append(attrs, slog.Int("left_out", shown.leftOut))
	}
	delete(l.recent, text)
	l.sumUp(now)
	if len(l.recent) >= maxRecentErrors {
		l.Flush()
	}
	if where != "" {
		where += ": "
	}
	l.recent[text] = &shownError{where: where, at: now}
	l.logger.Error(where+text, attrs...)
}

// Count returns how many errors were reported, those left out included.
func (l *ErrorLog) Count() int { return l.count }

// Flush logs how many errors were left out and not yet spoken of. Call it at the end.
func (l *ErrorLog) Flush() {
	for text, shown := range l.recent {
		l.tell(text, shown)
	}
	clear(l.recent)
}

// sumUp says of the errors shown a while ago how often they were left out since. That line, too, was one about the error:
// the next one waits as long again. Those that did not come again are forgotten.
func (l *ErrorLog) sumUp(now time.Time) {
	for text, shown := range l.recent {
		switch {
		case now.Sub(shown.at) < repeatInterval:
		case shown.leftOut == 0:
			delete(l.recent, text)
		default:
			l.tell(text, shown)
			shown.at, shown.leftOut = now, 0
		}
	}
}

// tell logs how often an error was left out, if it was.
func (l *ErrorLog) tell(text string, shown *shownError) {
	if shown.leftOut > 0 {
		message, _, _ := strings.Cut(text, "\n")
		l.logger.Error(fmt.Sprintf("%s%s (and %d more like it)", shown.where, message, shown.leftOut))
	}
}
