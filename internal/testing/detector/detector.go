// Package detector makes tests do less under the race detector. It makes code about ten
// times slower, and finds nothing in code that one goroutine runs by itself. The tests of
// such code, and repetition in others, do about a tenth there, which is chosen at random:
// many runs still see everything. Without the detector nothing is left out.
package detector

import (
	"math/rand/v2"
	"slices"
)

// Part returns n, or a tenth of it, rounded up, under the race detector.
func Part(n int) int {
	if Race {
		return tenth(n)
	}
	return n
}

// Some returns all, or under the race detector Part(len(all)) of them, chosen at random
// and in their order.
func Some[T any](all []T) []T {
	if Race {
		return choose(all)
	}
	return all
}

// SomeOf is Some for the entries of a map.
func SomeOf[K comparable, V any](all map[K]V) map[K]V {
	if !Race {
		return all
	}
	keys := make([]K, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	some := make(map[K]V)
	for _, k := range choose(keys) {
		some[k] = all[k]
	}
	return some
}

func choose[T any](all []T) []T {
	places := rand.Perm(len(all))[:tenth(len(all))]
	slices.Sort(places)
	some := make([]T, len(places))
	for i, at := range places {
		some[i] = all[at]
	}
	return some
}

func tenth(n int) int { return (n + 9) / 10 }
