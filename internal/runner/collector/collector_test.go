package collector

import (
	"runtime/debug"
	"testing"
)

func TestBound(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	Bound(64 << 20)
	if got, want := debug.SetMemoryLimit(-1), int64((64+16+24)<<20); got != want {
		t.Errorf("the limit is %d, want %d", got, want)
	}
}

func TestPercentFor(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{
		{0, 400}, {4 << 20, 400}, {4<<20 + 1, 200}, {8 << 20, 200}, {8<<20 + 1, 100}, {1 << 30, 100},
	} {
		if got := percentFor(c.live); got != c.want {
			t.Errorf("percentFor(%d) = %d, want %d", c.live, got, c.want)
		}
	}
}
