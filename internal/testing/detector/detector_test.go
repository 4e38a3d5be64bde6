package detector_test

import (
	"slices"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
)

// Under the detector a tenth is left, at least one; without it nothing is left out.
func TestParts(t *testing.T) {
	for n, under := range map[int]int{0: 0, 1: 1, 9: 1, 10: 1, 11: 2, 300: 30} {
		want := n
		if detector.Race {
			want = under
		}
		list, entries := make([]int, n), make(map[int]int)
		for i := range list {
			list[i], entries[i] = i, 2*i
		}
		some, of := detector.Some(list), detector.SomeOf(entries)
		if part := detector.Part(n); part != want || len(some) != want || len(of) != want {
			t.Errorf("of %d: %d, %d items and %d entries, want %d", n, part, len(some), len(of), want)
		}
		if !slices.IsSorted(some) || len(slices.Compact(some)) != want {
			t.Errorf("of %d: chose %v", n, some)
		}
		for k, v := range of {
			if v != 2*k {
				t.Errorf("entry %d is %d", k, v)
			}
		}
	}
}
