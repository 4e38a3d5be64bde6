//go:build race

package detector

// Race says whether the race detector is at work.
const Race = true
