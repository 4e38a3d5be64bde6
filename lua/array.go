package lua

// NewArray makes a table of values under the keys 1, 2, 3 and so on. It allocates once.
func (s *State) NewArray(values ...Value) (*Table, error) {
	if len(values) == 0 {
		return s.newTable(0, 0)
	}
	t, err := s.newTable(len(values), 0)
	if err != nil {
		return nil, err
	}
	t.array = t.array[:len(values)+1]
	copy(t.array[1:], values)
	for _, v := range values {
		t.barrier(v)
	}
	t.shrink()
	return t, nil
}

// Slots returns how many places All and Next look at, those of removed keys included. It
// is the cost of going through the table.
func (t *Table) Slots() int { return len(t.array) + len(t.entries) }
