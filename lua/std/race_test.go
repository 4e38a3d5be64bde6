//go:build race

package std_test

func init() { underRace = true }
