// Package lua is a Lua for Go programs: LuaJIT 2.1's dialect of Lua 5.1, in pure Go, on
// the standard library alone.
//
//	s := lua.NewState(lua.Options{MaxMemory: 64 << 20})
//	defer s.Close()
//	results, err := s.Run([]byte(`return 1 + 1`), "=example")
//
// A new State has no library at all: package lua/std has the standard ones. A State
// belongs to one goroutine at a time; any number of states run in parallel, and share
// compiled Chunks.
//
// Lua code cannot crash the program that runs it, whatever it does: errors come out of
// Call as an *Error, recursion of any kind ends in an error, memory and steps are limited
// per state (Options), and Interrupt stops it from outside. A panic in a registered Go
// function ends the call with an error that has its stack.
package lua
