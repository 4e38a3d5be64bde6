package lua

// Reserve counts bytes that Go code holds for the state, such as a library's buffer,
// until Unreserve gives them back. A walk, which finds values only, leaves them counted;
// for memory that lives on with a value Charge is right. Over the limit the error is one
// that Lua can catch, and nothing is counted.
func (s *State) Reserve(bytes int) error {
	if err := s.charge(bytes); err != nil {
		return err
	}
	s.held += int64(bytes)
	return nil
}

// Unreserve gives back bytes that Reserve has counted.
func (s *State) Unreserve(bytes int) {
	s.held -= int64(bytes)
	s.used -= int64(bytes)
}
