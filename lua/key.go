package lua

// Key makes a string that is to be a key. A short one is mostly the state's own copy,
// which costs no memory and which instructions find fastest.
func (s *State) Key(text string) (Value, error) {
	if err := s.checkLength(len(text)); err != nil {
		return Nil, err
	}
	key, err := s.canonicalText(text)
	if err != nil {
		return Nil, err
	}
	return stringValue(key), nil
}
