package measure

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// slowest is the longest time that a histogram distinguishes from a longer one.
const slowest = 10 * time.Second

// NewHistogram returns a histogram of times from 1 ns, with three digits.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(slowest), 3)
}

// Record counts a time.
func Record(h *hdrhistogram.Histogram, t time.Duration) {
	// The value is in range, so there is no error.
	_ = h.RecordValue(int64(min(max(t, 1), slowest)))
}

// Bounds are those of Counts: a time counts for the first one that it does not exceed.
var Bounds = [...]time.Duration{
	62500 * time.Nanosecond, 125 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 4 * time.Millisecond, 8 * time.Millisecond, 16 * time.Millisecond,
}

// Counts say how many times of a histogram are up to each of Bounds and above the one
// before; the last one counts those above all.
type Counts [len(Bounds) + 1]int64

// CountsOf reads them. A time within a thousandth of a bound may count on its other side.
func CountsOf(h *hdrhistogram.Histogram) (c Counts) {
	for _, bar := range h.Distribution() {
		i := 0
		for i < len(Bounds) && bar.From > int64(Bounds[i]) {
			i++
		}
		c[i] += bar.Count
	}
	return c
}

// Quantiles are the figures of a histogram. All are 0 without a Count.
type Quantiles struct {
	Count               int64
	P50, P90, P99, P999 time.Duration
	Most                time.Duration
}

// QuantilesOf reads them.
func QuantilesOf(h *hdrhistogram.Histogram) Quantiles {
	at := func(q float64) time.Duration { return time.Duration(h.ValueAtQuantile(q)) }
	return Quantiles{
		Count: h.TotalCount(),
		P50:   at(50), P90: at(90), P99: at(99), P999: at(99.9),
		Most: time.Duration(h.Max()),
	}
}
