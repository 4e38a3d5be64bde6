package main

import (
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
)

func TestSignalCount(t *testing.T) {
	const ms = time.Millisecond
	type at struct {
		signal os.Signal
		after  time.Duration // the one before
	}
	interrupt, term, hup := os.Interrupt, os.Signal(syscall.SIGTERM), os.Signal(syscall.SIGHUP)
	for name, c := range map[string]struct {
		signals []at
		want    []reaction
	}{
		"ctrl-C twice":                {[]at{{interrupt, 0}, {interrupt, 301 * ms}}, []reaction{begin, atOnce}},
		"one ctrl-C that comes twice": {[]at{{interrupt, 0}, {interrupt, 299 * ms}}, []reaction{begin, ignore}},
		"the next one after that": {[]at{{interrupt, 0}, {interrupt, ms}, {interrupt, ms}},
			[]reaction{begin, ignore, atOnce}},
		"much later": {[]at{{interrupt, 0}, {interrupt, ms}, {interrupt, time.Hour}},
			[]reaction{begin, ignore, atOnce}},
		"SIGTERM again":        {[]at{{term, 0}, {term, ms}, {hup, time.Hour}}, []reaction{begin, ignore, ignore}},
		"SIGINT after SIGTERM": {[]at{{term, 0}, {interrupt, ms}}, []reaction{begin, atOnce}},
		"SIGINT after SIGHUP":  {[]at{{hup, 0}, {term, ms}, {interrupt, ms}}, []reaction{begin, ignore, atOnce}},
		"SIGTERM after SIGINT": {[]at{{interrupt, 0}, {term, ms}, {interrupt, ms}}, []reaction{begin, ignore, atOnce}},
	} {
		var count signalCount
		var got []reaction
		now := time.Now()
		for _, s := range c.signals {
			now = now.Add(s.after)
			got = append(got, count.react(s.signal, now))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
