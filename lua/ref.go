package lua

// A Ref keeps a value that Go holds between calls: it is a root of the state's walks, so
// that its finalizer does not run and weak tables keep it. Release ends that. It belongs
// to the state's goroutine.
type Ref struct {
	s     *State
	value Value
	at    int
}

type refs struct{ list []*Ref }

// Ref makes a reference to a value.
func (s *State) Ref(value Value) *Ref {
	r := &Ref{s: s, value: value, at: len(s.refs.list)}
	s.found(value)
	s.refs.list = append(s.refs.list, r)
	return r
}

// Value returns the value; nil after Release.
func (r *Ref) Value() Value { return r.value }

// Release drops the value. Later calls do nothing.
func (r *Ref) Release() {
	if r.s == nil {
		return
	}
	list := r.s.refs.list
	last := len(list) - 1
	list[r.at] = list[last]
	list[r.at].at = r.at
	list[last] = nil
	r.s.refs.list = list[:last]
	r.s, r.value = nil, Nil
}
