package client

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/bench/ws/measure"
)

// Each frame is measured from its own due time, those that a delay has held up, too.
func TestFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &Frames{Every: 10 * time.Millisecond}
		f.Begin(4)
		time.Sleep(9 * time.Millisecond)
		if f.Run(); f.count != 0 || f.Until() != time.Millisecond {
			t.Errorf("%d frames before the first is due, which is in %v", f.count, f.Until())
		}
		time.Sleep(26 * time.Millisecond) // frames were due at 10, 20 and 30 ms
		f.Run()
		if f.count != 3 || f.Done() {
			t.Errorf("%d frames after 35 ms, done %v, want 3", f.count, f.Done())
		}
		q := measure.QuantilesOf(f.Delays)
		if near := func(got, want time.Duration) bool { return (got - want).Abs() <= want/500 }; q.Count != 3 ||
			!near(q.P50, 15*time.Millisecond) || !near(q.Most, 25*time.Millisecond) {
			t.Errorf("%+v, want delays of 25, 15 and 5 ms", q)
		}
		time.Sleep(5 * time.Millisecond)
		if f.Run(); !f.Done() {
			t.Error("not done after four frames")
		}
	})
}
