package logging_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/tidewire/tidewire/internal/runner/logging"
)

// written collects the entries of a log, one string each, without the time. Summaries
// come from a timer, so it is read under a lock.
type written struct {
	mu      sync.Mutex
	entries []string
}

func (w *written) add(entry []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.entries = append(w.entries, strings.TrimPrefix(strings.ReplaceAll(string(entry), "\x1b[2m#\x1b[0m", "#"), "# "))
}

func (w *written) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.entries)
}

// newLog returns a logger, its handler and its output.
func newLog(colour bool) (*slog.Logger, *logging.Handler, *written) {
	w := &written{}
	h := logging.New(logging.Options{Colour: colour, TimeFormat: "#", Output: w.add})
	return slog.New(h), h, w
}

// Whatever a message or an attribute holds, it acts on no terminal, and no line of it
// looks like an entry.
func TestEntries(t *testing.T) {
	hostile := "\x1b[2J\x1b]0;title\a\u202eabc\u2066 \x9b31m\r\x00 \u0085 \\x1b[31m"
	for _, c := range []struct {
		message string
		attrs   []any
		want    string
	}{
		{"plain", nil, "ERR plain\n"},
		{"attributes", []any{"id", 1, "url", "ws://h/?a", "text", "a b", "empty", ""}, `ERR attributes id=1 ` +
			`url=ws://h/?a text="a b" empty=""` + "\n"},
		{"a.lua:1: boom\nstack traceback:\n\ta.lua:1: in f", []any{"id", 1}, "ERR a.lua:1: boom id=1\n  stack " +
			"traceback:\n  \ta.lua:1: in f\n"},
		{"boom\n2026-11-28 21:00:00.000 ERR faked", nil, "ERR boom\n  2026-11-28 21:00:00.000 ERR faked\n"},
		{"boom\r\nmore", nil, "ERR boom\n  more\n"},
		{hostile, nil, `ERR \x1b[2J\x1b]0;title\x07\u202eabc\u2066 \x9b31m\x0d\x00 \u0085 \x1b[31m` + "\n"},
		{"é ☃ 👩‍👩‍👧 שלום\t.", nil, "ERR é ☃ 👩‍👩‍👧 שלום\t.\n"},
		{"m", []any{"a", hostile, "e", errors.New("x\ny\x1b"), slog.Group("g", "k", "\x1b")},
			`ERR m a="\x1b[2J\x1b]0;title\a\u202eabc\u2066 \x9b31m\r\x00 \u0085 \\x1b[31m" e="x\ny\x1b" g.k="\x1b"` + "\n"},
		{strings.Repeat("é", 10_000), nil, "ERR " + strings.Repeat("é", 8<<10) + "… (3616 bytes more)\n"},
		{"m", []any{"a", strings.Repeat("x", 5000)},
			`ERR m a="` + strings.Repeat("x", 4<<10) + `… (904 bytes more)"` + "\n"},
	} {
		logger, _, entries := newLog(false)
		logger.Error(c.message, c.attrs...)
		if got := entries.all()[0]; got != c.want {
			t.Errorf("%.300q\n got %.300q\nwant %.300q", c.message, got, c.want)
		}
		logger.With("w", hostile).WithGroup("g").Error("with", "k", hostile)
		if strings.ContainsAny(entries.all()[1], "\x1b\r\a\x00\u202e") || strings.Count(entries.all()[1], "\n") != 1 {
			t.Errorf("%.300q", entries.all()[1])
		}
	}
}

// As JSON an entry is one line that any reader takes, has the whole text, and acts on no
// terminal that shows it.
func TestObjects(t *testing.T) {
	var lines written
	logger := slog.New(logging.New(logging.Options{JSON: true, Output: lines.add}))
	hostile := "\x1b[2J\a\u202eabc\u2066 \u009b31m\r\n\x00 \u0085 \u2028 \\x1b[31m é <&> \""
	for i, c := range []struct {
		attrs []any
		want  map[string]any // without the time, the level and the message
	}{
		{nil, map[string]any{}},
		{[]any{"id", 1, "url", "ws://h/?a=<b>", "wait", 1500 * time.Millisecond},
			map[string]any{"id": 1.0, "url": "ws://h/?a=<b>", "wait": "1.5s"}},
		{[]any{"a", hostile, "e", errors.New(hostile), "b", []byte("bytes"), slog.Group("g", "k", hostile)},
			map[string]any{"a": hostile, "e": hostile, "b": "[98 121 116 101 115]", "g": map[string]any{"k": hostile}}},
		{[]any{"a", strings.Repeat("x", 5000)}, map[string]any{"a": strings.Repeat("x", 4<<10) + "… (904 bytes more)"}},
	} {
		logger.Error(hostile, c.attrs...)
		line := lines.all()[i]
		if strings.Count(line, "\n") != 1 || strings.ContainsFunc(line, func(r rune) bool {
			return r != '\n' && (unicode.IsControl(r) || r >= '\u2028' && r <= '\u2066')
		}) {
			t.Errorf("%q", line)
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(got["time"])); err != nil {
			t.Error(err)
		}
		delete(got, "time")
		c.want["level"], c.want["msg"] = "ERROR", hostile
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got %v\nwant %v", line, got, c.want)
		}
	}
	logger.With("w", hostile).Info(strings.Repeat("é", 10_000) + "\xff")
	if line := lines.all()[4]; !strings.Contains(line, `… (3617 bytes more)","w":"\u001b[2J`) ||
		!json.Valid([]byte(line)) {
		t.Errorf("%.300q", line)
	}
}

// An entry has few lines, whatever a message is made of, and a traceback at its end is whole.
func TestLines(t *testing.T) {
	lines := func(from, to int) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			fmt.Fprintf(&b, "\n%d", i)
		}
		return b.String()
	}
	traceback := "\nstack traceback:" + lines(1, 22)
	for _, c := range []struct{ message, want string }{
		{"m" + lines(2, 100), "m" + lines(2, 100)},
		{"m" + lines(2, 101), "m" + lines(2, 101)}, // a line for the one that is left out
		{"m" + lines(2, 102), "m" + lines(2, 60) + "\n… (2 lines left out)" + lines(63, 102)},
		{"m" + strings.Repeat("\n", 16_000) + traceback,
			"m" + strings.Repeat("\n", 60) + "… (15924 lines left out)" + strings.Repeat("\n", 17) + traceback},
		{"m" + strings.Repeat("\n", 200), "m" + strings.Repeat("\n", 60) + "… (101 lines left out)" +
			strings.Repeat("\n", 40)},
		{strings.Repeat("x", 300) + strings.Repeat("\n"+strings.Repeat("x", 299), 99), strings.Repeat("x", 300) +
			strings.Repeat("\n"+strings.Repeat("x", 299), 53) + "\n" + strings.Repeat("x", 183) + "… (13616 bytes more)"},
	} {
		logger, _, entries := newLog(false)
		logger.Error(c.message)
		if got, want := entries.all()[0], "ERR "+strings.ReplaceAll(c.want, "\n", "\n  ")+"\n"; got != want {
			t.Errorf("%.300q\n got %q\nwant %q", c.message, got, want)
		}
		var objects written
		slog.New(logging.New(logging.Options{JSON: true, Output: objects.add})).Error(c.message)
		var got struct{ Msg string }
		if err := json.Unmarshal([]byte(objects.all()[0]), &got); err != nil || got.Msg != c.want {
			t.Errorf("%.300q as JSON\n got %q, %v\nwant %q", c.message, got.Msg, err, c.want)
		}
	}
}

// On a terminal the colours are the only escapes.
func TestColours(t *testing.T) {
	logger, _, entries := newLog(true)
	logger.Error("a\x1b[7mb", "k", "\x1b[7m", "l", `\x1b[7m`, "m", `\x1b[7m and space`, `\x1b[7m`, 1)
	got := entries.all()[0]
	if strings.Contains(got, "\x1b[7m") || !strings.Contains(got, "\x1b[") {
		t.Errorf("%q", got)
	}
}

// A flood is cut to a few lines a second, and the log says how many there were.
func TestLimits(t *testing.T) {
	for name, message := range map[string]func(i int) string{
		"the same":       func(int) string { return "the peer did it again\nstack traceback" },
		"something new":  func(i int) string { return fmt.Sprintf("the peer said %d", i) },
		"a few, in turn": func(i int) string { return fmt.Sprintf("the peer said %d", i%3) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				logger, handler, entries := newLog(false)
				const seconds, rate = 60, 1000
				for i := range seconds * rate {
					logger.Warn(message(i), "id", i)
					time.Sleep(time.Second / rate)
				}
				synctest.Wait()
				handler.Flush()
				shown, left := 0, 0
				for _, entry := range entries.all() {
					var n int
					if _, err := fmt.Sscanf(entry, "WRN %d more lines like this were left out: ", &n); err == nil {
						left += n
						if !strings.Contains(entry, ": the peer ") || strings.Contains(entry, "traceback") {
							t.Errorf("summary %q", entry)
						}
					} else {
						shown++
					}
				}
				if shown+left != seconds*rate {
					t.Errorf("%d shown and %d left out of %d", shown, left, seconds*rate)
				}
				if len(entries.all()) < 100 || len(entries.all()) > 50+6*seconds+2 {
					t.Errorf("%d entries in %d s", len(entries.all()), seconds)
				}
			})
		})
	}
}

// A flood holds up no entries of others, nor those after it. A summary comes even if
// nothing follows.
func TestLimitsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logger, _, entries := newLog(false)
		flood := func() {
			for i := range 1000 {
				logger.Error(fmt.Sprintf("flood %d", i))
			}
		}
		flood()
		logger.Error("another place")
		if got := entries.all()[len(entries.all())-1]; len(entries.all()) != 51 || got != "ERR another place\n" {
			t.Errorf("%d entries, the last %q", len(entries.all()), got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := entries.all()[len(entries.all())-1]; len(entries.all()) != 52 || got != "ERR 950 more lines like "+
			"this were left out: flood 999\n" {
			t.Errorf("%d entries, the last %q", len(entries.all()), got)
		}
		time.Sleep(time.Hour)
		flood()
		if len(entries.all()) != 102 {
			t.Errorf("%d entries, want 50 more", len(entries.all()))
		}
	})
}

// The entry is not kept, and belongs to the next one after Output has returned.
func TestEntryIsOneOutput(t *testing.T) {
	var all bytes.Buffer
	calls := 0
	logger := slog.New(logging.New(logging.Options{TimeFormat: "#",
		Output: func(entry []byte) { calls++; all.Write(entry) }}))
	logger.Info("one\ntwo\nthree")
	logger.Info("four")
	if calls != 2 || all.String() != "# INF one\n  two\n  three\n# INF four\n" {
		t.Errorf("%d calls: %q", calls, all.String())
	}
}
