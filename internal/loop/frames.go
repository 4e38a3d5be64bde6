package loop

import "time"

// frames is a grid of instants, rate to the second. Each is computed from the epoch, so
// that rounding does not add up.
type frames struct {
	epoch time.Time
	rate  int64
	next  int64 // the number of the next frame
}

func (f *frames) nextDue() time.Time { return f.due(f.next) }

func (f *frames) due(n int64) time.Time {
	return f.epoch.Add(time.Duration(n/f.rate)*time.Second + time.Duration(n%f.rate)*time.Second/time.Duration(f.rate))
}

// skipTo makes the next frame the first one after now.
func (f *frames) skipTo(now time.Time) {
	since := now.Sub(f.epoch)
	f.next = int64(since/time.Second)*f.rate + int64(since%time.Second)*f.rate/int64(time.Second)
	for !f.due(f.next).After(now) {
		f.next++
	}
}
