package collector

import "testing"

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
