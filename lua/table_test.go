package lua_test

import (
	"math/rand/v2"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// Tables behave as a map does, whatever keys come and go in whatever order, and their
// length is a border.
func TestTablesAreMaps(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	random := rand.New(rand.NewPCG(1, 2))
	for range detector.Part(3000) {
		m := newMapped(t, s)
		keys := 1 + random.IntN(40)
		for range random.IntN(120) {
			m.set(random.IntN(keys)-2, random.IntN(3))
			switch random.IntN(8) {
			case 0, 1:
				m.set(1000*random.IntN(10), random.IntN(2))
			case 2:
				m.insertAt(1+random.IntN(m.table.Len()+1), random.IntN(3))
			case 3:
				if n := m.table.Len(); n > 0 {
					m.removeAt(1 + random.IntN(n))
				}
			}
			m.check()
		}
	}
}

// A table that is a queue, a stack, or both, behaves as a map does, and keeps no place for
// what has left it.
func TestQueues(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	random := rand.New(rand.NewPCG(3, 4))
	for range detector.Part(200) {
		m := newMapped(t, s)
		head, tail := 1, random.IntN(3)
		for range 30 {
			grows := random.IntN(5)
			for range random.IntN(100) {
				switch n := random.IntN(8); {
				case n <= grows:
					tail++
					m.set(tail, tail)
				case n == 7 && head < tail:
					m.set(tail, 0)
					tail--
				case head < tail:
					m.set(head, 0)
					head++
				}
			}
			if random.IntN(4) == 0 {
				m.set(random.IntN(2*tail+1), random.IntN(2))
			}
			m.check()
		}
	}
}

// A queue needs memory for what is in it, not for all that ever was.
func TestMemoryOfAQueue(t *testing.T) {
	s := lua.NewState(lua.Options{MaxMemory: 1 << 20})
	defer s.Close()
	for _, length := range []int{1, 10, 100, 3000} {
		queue, err := s.NewTable(0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 200_000 {
			if err := queue.SetInt(i+1, lua.Int(i)); err != nil {
				t.Fatalf("%d in the queue, after %d: %v", length, i, err)
			}
			if i >= length {
				queue.SetInt(i-length+1, lua.Nil)
			}
		}
		for i := 200_000 - length; i < 200_000; i++ {
			if got := queue.GetInt(i + 1); got != lua.Int(i) {
				t.Fatalf("%d in the queue: value %d is %v", length, i, got)
			}
		}
	}
}

// mapped is a table with the map that it should be.
type mapped struct {
	t     *testing.T
	table *lua.Table
	want  map[int]lua.Value
}

func newMapped(t *testing.T, s *lua.State) *mapped {
	table, err := s.NewTable(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return &mapped{t, table, map[int]lua.Value{}}
}

// numbered returns a number, or nil for 0.
func numbered(number int) lua.Value {
	if number == 0 {
		return lua.Nil
	}
	return lua.Int(number)
}

func (m *mapped) set(key, number int) {
	value := numbered(number)
	if err := m.table.SetInt(key, value); err != nil {
		m.t.Fatal(err)
	}
	m.want[key] = value
}

func (m *mapped) insertAt(i, number int) {
	for k := m.table.Len(); k >= i; k-- {
		m.want[k+1] = m.want[k]
	}
	m.want[i] = numbered(number)
	if err := m.table.InsertAt(i, m.want[i]); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mapped) removeAt(i int) {
	removed, n := m.want[i], m.table.Len()
	for k := i; k < n; k++ {
		m.want[k] = m.want[k+1]
	}
	m.want[n] = lua.Nil
	if got := m.table.RemoveAt(i); got != removed {
		m.t.Fatalf("removed %#v, want %#v", got, removed)
	}
}

func (m *mapped) check() {
	m.t.Helper()
	count := 0
	for key, value := range m.want {
		if got := m.table.GetInt(key); got != value {
			m.t.Fatalf("[%d] is %#v, want %#v", key, got, value)
		}
		if !value.IsNil() {
			count++
		}
	}
	for range m.table.All {
		count--
	}
	if count != 0 {
		m.t.Fatalf("All yields %d keys too few", count)
	}
	if n := m.table.Len(); n > 0 && m.table.GetInt(n).IsNil() || !m.table.GetInt(n+1).IsNil() {
		m.t.Fatalf("the length %d is no border", n)
	}
}
