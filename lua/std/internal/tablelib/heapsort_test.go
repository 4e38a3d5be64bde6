package tablelib

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// heapsort sorts any part of a table, and leaves the rest alone.
func TestHeapsort(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		want := make([]int, random.IntN(40))
		table, err := s.NewTable(len(want), 0)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			want[i] = random.IntN(20)
			if err := table.SetInt(i+1, lua.Int(want[i])); err != nil {
				t.Fatal(err)
			}
		}
		low := random.IntN(len(want) + 1)
		high := low + random.IntN(len(want)-low+1)
		slices.Sort(want[low:high])
		o := order{s: s, t: table}
		if err := o.heapsort(low+1, high); err != nil {
			t.Fatal(err)
		}
		for i, number := range want {
			if got := table.GetInt(i + 1); got != lua.Int(number) {
				t.Fatalf("sorted from %d to %d: [%d] is %#v, want %d", low+1, high, i+1, got, number)
			}
		}
	}
}
