package lua

// OnClose lets Close call f, after the finalizers. The function given last is called
// first. OnClose is for libraries that hold on to something of the system, such as open
// files. f must not use the state.
func (s *State) OnClose(f func()) { s.closers = append(s.closers, f) }

func (s *State) runClosers() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
	s.closers = nil
}
