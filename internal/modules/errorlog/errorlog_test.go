package errorlog_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/modules/errorlog"
)

// newErrorLog returns a log, and a function that returns the log's lines, without time
// and level.
func newErrorLog() (*errorlog.Log, func() []string) {
	var output bytes.Buffer
	handler := slog.NewTextHandler(&output, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}})
	return errorlog.New(slog.New(handler)), func() []string {
		defer output.Reset()
		return strings.Split(strings.TrimSuffix(output.String(), "\n"), "\n")
	}
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("logged\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestErrorLogShowsAnErrorOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newErrorLog()
		for range 60 * 2 { // two seconds of a failing tick
			log.Report("onUpdate", errors.New("boom"))
			time.Sleep(time.Second / 60)
		}
		log.Report("onMessage", errors.New("other"), "id", 3)
		wantLines(t, lines(), `msg="onUpdate: boom"`, `msg="onUpdate: boom" left_out=60`, `msg="onMessage: other" id=3`)
		log.Flush()
		wantLines(t, lines(), `msg="onUpdate: boom (and 58 more like it)"`)
		log.Flush()
		wantLines(t, lines(), "")
		if log.Count() != 121 {
			t.Errorf("count %d, want 121", log.Count())
		}
	})
}

func TestErrorLogSpeaksOfWhatWasLeftOutWhenItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newErrorLog()
		log.Report("timer", errors.New("first\nstack traceback:"))
		log.Report("timer", errors.New("first\nstack traceback:"))
		time.Sleep(time.Second)
		log.Report("timer", errors.New("second"))
		wantLines(t, lines(), `msg="timer: first\nstack traceback:"`, `msg="timer: first (and 1 more like it)"`,
			`msg="timer: second"`)
	})
}

// One error's summary is prompted by another, and does not make room for a further line
// in the same second.
func TestErrorLogShowsSeveralErrorsOnceASecondEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newErrorLog()
		for range 60 * 3 {
			log.Report("onUpdate", errors.New("tick"))
			time.Sleep(time.Second / 180)
			log.Report("timer", errors.New("boom"))
			time.Sleep(time.Second / 90)
		}
		all := strings.Join(lines(), "\n")
		if ticks, booms := strings.Count(all, "tick"), strings.Count(all, "boom"); ticks != 3 || booms != 3 {
			t.Errorf("in three seconds two errors were shown %d and %d times, want 3 times each:\n%s", ticks,
				booms, all)
		}
	})
}

func TestErrorLogIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newErrorLog()
		for i := range 1000 {
			log.Report("timer", fmt.Errorf("number %d", i))
		}
		if got := len(lines()); got != 1000 || log.Count() != 1000 {
			t.Errorf("%d lines, count %d, want 1000 of both", got, log.Count())
		}
	})
}
