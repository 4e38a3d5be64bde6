package lua

// Discard ends the state as Close does, but runs no finalizers, for programs that end at
// once as os.exit does.
func (s *State) Discard() {
	s.checkOwner()
	if s.closed {
		return
	}
	s.closed = true
	s.runClosers()
}
