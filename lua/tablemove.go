package lua

// This file has the operations on tables that move many values at once. The caller counts
// steps for them: see State.Step.

// InsertAt stores a value under a key from 1 to Len() + 1, and moves the values from
// there to Len() up by one. Another key is set as by SetInt: a weak table may have become
// shorter since the caller has asked for its length.
func (t *Table) InsertAt(i int, value Value) error {
	n := t.length()
	if i < 1 || i > n {
		return t.setInt(i, value)
	}
	t.barrier(value)
	if err := t.append(t.array[n]); err != nil {
		return err
	}
	end := min(n+1, len(t.array)) // it may have become shorter just now, too
	if i >= end {
		return t.setInt(i, value)
	}
	copy(t.array[i+1:end], t.array[i:end-1])
	t.array[i] = value
	return nil
}

// RemoveAt removes and returns the value under a key from 1 to Len(), and moves all after
// it, up to Len(), by one. Another key is set to nil: see InsertAt.
func (t *Table) RemoveAt(i int) Value {
	n := t.length()
	if i < 1 || i > n {
		value := t.getInt(i)
		_ = t.setInt(i, Nil) // takes no memory
		return value
	}
	value := t.array[i]
	copy(t.array[i:n], t.array[i+1:n+1])
	t.slid(i)
	t.array[n] = Nil
	t.shrink()
	return value
}
