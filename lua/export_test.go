package lua

// Stress makes a state look at everything, walk and move its stacks at each step.
func (s *State) Stress() {
	s.stress = true
	s.recount()
}

// SmallSlices makes a state walk at all times, a few values at each of many checkpoints.
func (s *State) SmallSlices() {
	s.small = true
	s.recount()
}

// Walks returns how many walks have begun.
func (s *State) Walks() int { return int(s.epoch) }

// Continuations returns how many Go functions wait for Lua code in the running coroutine.
func (s *State) Continuations() int { return len(s.thread.continuations) }
