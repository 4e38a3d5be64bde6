package lua

// NewClosure is NewFunction for a function that goes on with a Lua value of its own, as
// an iterator does with its file: the value lives as long as the function. f has the
// value from its Go closure, which a walk cannot look into. The charge of the function
// covers a small Go closure.
func (s *State) NewClosure(name string, f GoFunction, held Value) Value {
	v := s.NewFunction(name, f)
	v.gofn().held = held
	s.found(held)
	return v
}
