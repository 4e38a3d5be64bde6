package main

import (
	"errors"
	"strconv"
	"time"
)

// maxGrace bounds --grace. A day is as good as no end.
const maxGrace = 24 * time.Hour

// grace is the value of --grace: a duration in Go's syntax, or plain seconds. It
// implements pflag.Value.
type grace time.Duration

func (g *grace) String() string { return time.Duration(*g).String() }

// Type is the value's name in --help.
func (g *grace) Type() string { return "DURATION" }

// Set implements pflag.Value.
func (g *grace) Set(text string) error {
	d, err := time.ParseDuration(text)
	if seconds, notNumber := strconv.ParseFloat(text, 64); notNumber == nil {
		if !(seconds >= 0 && seconds <= maxGrace.Seconds()) { // NaN, too
			return errGrace
		}
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || d < 0 || d > maxGrace {
		return errGrace
	}
	*g = grace(d)
	return nil
}

var errGrace = errors.New("a duration from 0 to 24h expected, such as 500ms, 1m or 2.5 (seconds)")

// option is the value as script.Options has it, where 0 means the default and a negative
// value none.
func (g grace) option() time.Duration {
	if g == 0 {
		return -1
	}
	return time.Duration(g)
}
