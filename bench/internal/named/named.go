// Package named finds what the flags of a command name.
package named

import (
	"fmt"
	"slices"
	"strings"
)

// Of returns those of a list with these names, separated by commas, each once; all for "".
// kind is what one of them is called.
func Of[T any](kind string, list []T, name func(T) string, names string) ([]T, error) {
	if names == "" {
		return list, nil
	}
	var found []T
	var seen []string
	for wanted := range strings.SplitSeq(names, ",") {
		wanted = strings.TrimSpace(wanted)
		i := slices.IndexFunc(list, func(x T) bool { return name(x) == wanted })
		if i < 0 {
			return nil, fmt.Errorf("no %s is named %q: -list shows their names", kind, wanted)
		}
		if !slices.Contains(seen, wanted) {
			seen = append(seen, wanted)
			found = append(found, list[i])
		}
	}
	return found, nil
}
