package pace_test

import (
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/ws/pace"
)

func TestControl(t *testing.T) {
	var c pace.Control
	now := time.Now()
	for _, step := range []struct {
		name  string
		after time.Duration // since the last step
		n     int
		want  time.Duration
	}{
		{"a second's worth at once", 0, 10_000, 0},
		{"one more", 0, 1, 100 * time.Microsecond},
		{"as many as two seconds' pace, after a second", time.Second, 20_000, time.Second + 100*time.Microsecond},
		{"after exactly that pause", time.Second + 100*time.Microsecond, 0, 0},
		{"the pace itself", time.Second, 10_000, 0},
		{"the pace itself again", time.Second, 10_000, 0},
		{"nothing is saved up over an hour", time.Hour, 10_001, 100 * time.Microsecond},
		{"a block full of the shortest frames", time.Hour, 32 << 10, 2276800 * time.Microsecond},
	} {
		now = now.Add(step.after)
		if got := c.Read(step.n, now); got != step.want {
			t.Errorf("%s: %v, want %v", step.name, got, step.want)
		}
	}
}
