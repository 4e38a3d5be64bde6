package measure

import (
	"testing"
	"time"
)

// Each time counts once: up to the bound that it does not exceed.
func TestCounts(t *testing.T) {
	h := NewHistogram()
	for _, late := range []time.Duration{
		0, 60 * time.Microsecond, 100 * time.Microsecond, 900 * time.Microsecond, 1100 * time.Microsecond,
		15 * time.Millisecond, 17 * time.Millisecond, time.Minute,
	} {
		Record(h, late)
	}
	if got, want := CountsOf(h), (Counts{0: 2, 1: 1, 4: 1, 5: 1, 8: 1, 9: 2}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
