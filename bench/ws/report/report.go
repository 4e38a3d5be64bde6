// Package report writes the figures of a run of the bench: tables in Markdown and a plot.
package report

import (
	"time"

	"github.com/tidewire/tidewire/bench/ws/contestants"
	"github.com/tidewire/tidewire/bench/ws/measure"
	"github.com/tidewire/tidewire/bench/ws/scenario"
)

// A Run is everything that was measured, and where.
type Run struct {
	Date                  time.Time
	Rounds                int
	Length                time.Duration // of each measured part
	Machine               string
	Go                    string // version and platform
	LoadBefore, LoadAfter string
	Settings              string
	Versions              []string

	Scenarios   []scenario.Scenario
	Contestants []contestants.Contestant
	Results     []scenario.Result
	Failures    []Failure
	Frames      []Frames
}

// Nothing marks the Frames of a script without a flood.
const Nothing = "nothing"

// Frames are the delays of our runner's frames in one run of Length, at a high rate.
type Frames struct {
	Beside   string // that goes on meanwhile
	Rate     int    // frames a second; the same in all runs, as Length is
	Length   time.Duration
	Messages int64
	Delays   measure.Quantiles
}

// A Failure is a measurement without figures.
type Failure struct{ Scenario, Contestant, Text string }
