package lua

// This file has the operations on tables that move many values at once. The caller counts steps for them: see State.Step.

// InsertAt stores a value under a key from 1 to Len() + 1, and moves what was there, and all up to Len(), by one. Another
// key panics.
func (t *Table) InsertAt(i int, value Value) error {
	n := t.length()
	if i < 1 || i > n+1 {
		panic("lua: InsertAt: the key is outside of the table's length")
	}
	if i == n+1 {
		return t.setInt(i, value)
	}
	t.barrier(value)
	if err := t.append(t.array[n]); err != nil {
		return err
	}
	copy(t.array[i+1:n+1], t.array[i:n])
	t.array[i] = value
	return nil
}

// RemoveAt removes and returns the value under a key from 1 to Len(), and moves all behind it, up to Len(), by one. Another
// key panics.
func (t *Table) RemoveAt(i int) Value {
	n := t.length()
	if i < 1 || i > n {
		panic("lua: RemoveAt: the key is outside of the table's length")
	}
	value := t.array[i]
	copy(t.array[i:n], t.array[i+1:n+1])
	t.slid(i)
	t.array[n] = Nil
	t.shrink()
	return value
}
