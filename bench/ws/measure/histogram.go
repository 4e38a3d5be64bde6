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
