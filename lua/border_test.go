package lua_test

import (
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// A table for which there is no memory left is as it was, or the value is stored: # is a
// border and no key is there twice.
func TestTablesWithoutMemoryStayWhole(t *testing.T) {
	failed := 0
	for n := 1; n <= 70; n++ {
		for beyond := 1; beyond <= 3; beyond++ {
			for _, first := range []int{1, 2, n} { // the array's keys are set upwards from there, then those below it
				failed += fillWithoutMemory(t, n, beyond, first)
			}
		}
	}
	if failed < 20 {
		t.Errorf("%d stores failed: too few to show anything", failed)
	}
}

func fillWithoutMemory(t *testing.T, n, beyond, first int) (failed int) {
	t.Helper()
	s := lua.NewState(lua.Options{MaxMemory: 1 << 20})
	table, err := s.NewTable(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetGlobal("t", table.Value()); err != nil { // a walk finds it
		t.Fatal(err)
	}
	set := func(i int) {
		if err := table.SetInt(i, lua.Int(i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := first; i < n; i++ {
		set(i)
	}
	for i := n + 1; i <= n+beyond; i++ { // so far these are not in the array
		set(i)
	}
	for i := 1; i < min(first, n); i++ {
		set(i)
	}
	used, err := s.Collect()
	if err != nil {
		t.Fatal(err)
	}
	left := int(1<<20 - used - 8)
	if err := s.Reserve(left); err != nil {
		t.Fatal(err)
	}
	if err := table.SetInt(n, lua.Int(n)); err != nil {
		failed++
		if table.GetInt(n) != lua.Nil {
			t.Errorf("%d, %d beyond: the value is stored in spite of %v", n, beyond, err)
		}
	}
	s.Unreserve(left)
	wantWhole(t, table, n, beyond)
	set(n)
	for i := n; i <= n+beyond; i++ {
		set(i)
	}
	wantWhole(t, table, n, beyond)
	if table.Len() != n+beyond {
		t.Errorf("%d, %d beyond: length %d", n, beyond, table.Len())
	}
	return failed
}

func wantWhole(t *testing.T, table *lua.Table, n, beyond int) {
	t.Helper()
	seen := map[lua.Value]bool{}
	for key := range table.All {
		if seen[key] {
			t.Fatalf("%d, %d beyond: key %#v is there twice", n, beyond, key)
		}
		seen[key] = true
	}
	border := table.Len()
	if border > 0 && table.GetInt(border) == lua.Nil || table.GetInt(border+1) != lua.Nil {
		t.Errorf("%d, %d beyond: %d is no border", n, beyond, border)
	}
}
