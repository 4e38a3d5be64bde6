package client

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/tidewire/tidewire/bench/ws/measure"
)

// Frames is the clock of an App that also does something at a fixed rate, as a game does.
// It belongs to Play's goroutine.
type Frames struct {
	Every  time.Duration
	Target int // Play ends after so many frames

	// Delays has the time from each frame's due time to its beginning.
	Delays *hdrhistogram.Histogram

	count int
	due   time.Time
}

// Begin makes the first frame due after Every.
func (f *Frames) Begin(target int) {
	f.Target, f.count, f.due = target, 0, time.Now().Add(f.Every)
	f.Delays = measure.NewHistogram()
}

// Until is the time to the next frame; negative if it is due.
func (f *Frames) Until() time.Duration { return time.Until(f.due) }

// Run runs the frames that are due.
func (f *Frames) Run() {
	for now := time.Now(); !now.Before(f.due); f.due = f.due.Add(f.Every) {
		measure.Record(f.Delays, now.Sub(f.due))
		f.count++
	}
}

// Done reports whether there were enough frames.
func (f *Frames) Done() bool { return f.count >= f.Target }
