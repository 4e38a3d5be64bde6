package scripts

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/tidewire/tidewire/bench/ws/measure"
)

// FrameRate is the rate of the frames whose delay FrameDelays measures, in frames a second.
const FrameRate = 1000

// FrameDelays runs our runner, from the folder of Prepare, at FrameRate, and returns how
// late its frames began: each counted from its due time, those that were left out, too.
// Meanwhile messages from url flood it; with an empty one it is idle. A frame before its
// due time is an error: then frames.lua has the due times wrong. P90 stays 0.
func FrameDelays(folder, url string, length time.Duration) (q measure.Quantiles, messages int64, err error) {
	argv := []string{filepath.Join(folder, runnerName), "run", "--fps", fmt.Sprint(FrameRate),
		filepath.Join(folder, "frames.lua"), fmt.Sprint(FrameRate), fmt.Sprint(length.Seconds())}
	if url != "" {
		argv = append(argv, url)
	}
	out, err := output(argv...)
	if err != nil {
		return q, 0, err
	}
	var p50, p99, p999, most float64 // microseconds
	if _, err := fmt.Sscan(out, &q.Count, &messages, &p50, &p99, &p999, &most); err != nil {
		return q, 0, fmt.Errorf("the frames of our runner: it printed %q: %w", out, err)
	}
	if want := int64(length.Seconds() * FrameRate); q.Count != want {
		return q, 0, fmt.Errorf("the frames of our runner: %d were counted in %v, want %d", q.Count, length, want)
	}
	if url != "" && messages == 0 {
		return q, 0, fmt.Errorf("the frames of our runner: no message has come in %v", length)
	}
	for at, microseconds := range map[*time.Duration]float64{&q.P50: p50, &q.P99: p99, &q.P999: p999, &q.Most: most} {
		*at = time.Duration(microseconds * float64(time.Microsecond))
	}
	return q, messages, nil
}
