package lua

// A Finalizer is a Go value in a userdata that holds something of the system, such as an
// open file. Finalize is called, after __gc if that is set, by the first walk that does
// not find the userdata, and by Close. Unlike __gc it causes no walks. Only userdata with
// a metatable are looked at. Finalize must not call Lua.
type Finalizer interface{ Finalize() }

// SetFinalizer sets __gc in a metatable to a function of Go. Unlike one that a script
// sets it causes no walks.
func (s *State) SetFinalizer(meta *Table, f GoFunction) error {
	weak := s.weak
	s.weak = true // nothing is to be noted of the key
	err := meta.SetString("__gc", s.NewFunction("__gc", f))
	s.weak = weak
	return err
}

// mayHaveFinalizer reports whether a userdata with a metatable has a finalizer, or may get
// one. Scripts reach no metatable with __metatable, unless it is of their own newproxy: it
// does not get a __gc later.
func (s *State) mayHaveFinalizer(u *Userdata) bool {
	if _, isScripts := u.data.(Proxy); isScripts {
		return true
	}
	return u.meta.metamethod(s, eventMetatable).IsNil() || s.hasFinalizer(u)
}

// hasFinalizer reports whether a userdata has a finalizer of either kind.
func (s *State) hasFinalizer(u *Userdata) bool {
	if _, ok := u.data.(Finalizer); ok {
		return true
	}
	return u.meta != nil && !u.meta.getString(s.names.events[eventGC]).IsNil()
}

// finalizeOne runs the finalizers of a userdata.
func (s *State) finalizeOne(u *Userdata) (err error) {
	if u.meta != nil {
		if handler := u.meta.getString(s.names.events[eventGC]); handler.IsFunction() {
			_, err = s.call1Within(handler, userdataValue(u))
		}
	}
	if f, ok := u.data.(Finalizer); ok {
		f.Finalize()
	}
	return err
}
