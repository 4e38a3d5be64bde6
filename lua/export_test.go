package lua

import "reflect"

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

// ChargedSizes returns the structs that are charged by constants of their own, by their
// names: their size, and the charge without what is in allocations of its own.
func ChargedSizes() map[string][2]int {
	return map[string][2]int{
		"Thread":                {sizeClass(size[Thread]()), threadBytes - continuationBytes},
		"Task":                  {size[Task](), taskBytes - continuationBytes}, // it may be a part of something
		"Userdata":              {sizeClass(size[Userdata]()), userdataBytes},
		"room":                  {pointerClass(size[threadRoom]()), roomBytes},
		"list of continuations": {size[continuation](), continuationBytes},
	}
}

func size[T any]() int { return int(reflect.TypeFor[T]().Size()) }
