package wsapi

import (
	"maps"
	"slices"
)

// OptionReaders are the names that are read, by the option whose table they are in; those
// of the options themselves are under "".
var OptionReaders = map[string][]string{
	"":            namesOf(connectReaders),
	"timeout":     namesOf(timeoutReaders),
	"compression": namesOf(compressionReaders),
	"tls":         namesOf(tlsReaders),
}

func namesOf[T any](readers readers[T]) []string { return slices.Collect(maps.Keys(readers)) }

// KindWords are the words for kinds, sorted.
func KindWords() []string { return slices.Sorted(maps.Keys(kinds)) }
