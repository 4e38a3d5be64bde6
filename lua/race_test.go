//go:build race

package lua_test

func init() { underRace = true }
