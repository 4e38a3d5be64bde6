package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	// maxGrace bounds --grace and --callback-timeout. A day is as good as no end.
	maxGrace = 24 * time.Hour

	// maxFor bounds --for: ten years.
	maxFor = 10 * 365 * 24 * time.Hour
)

// duration is the value of a flag such as --grace: a duration in Go's syntax, or plain
// seconds, from 0 to most. It implements pflag.Value.
type duration struct{ value, most time.Duration }

func (d *duration) String() string { return d.value.String() }

// Type is the value's name in --help.
func (d *duration) Type() string { return "DURATION" }

// Set implements pflag.Value.
func (d *duration) Set(text string) error {
	value, err := time.ParseDuration(text)
	if seconds, notNumber := strconv.ParseFloat(text, 64); notNumber == nil {
		if !(seconds >= 0 && seconds <= d.most.Seconds()) { // NaN, too
			return d.expected()
		}
		value, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || value < 0 || value > d.most {
		return d.expected()
	}
	d.value = value
	return nil
}

func (d *duration) expected() error {
	most, _ := strings.CutSuffix(d.most.String(), "0m0s")
	return fmt.Errorf("a duration from 0 to %s expected, such as 500ms, 1m or 2.5 (seconds)", most)
}

// option is the value for an option where 0 means the default and a negative value no
// time at all.
func (d *duration) option() time.Duration {
	if d.value == 0 {
		return -1
	}
	return d.value
}
