package lua

// Stress makes a state look at everything, walk and move its stacks at each step.
func (s *State) Stress() {
	s.stress = true
	s.recount()
}
