// Package named finds things by the names that a command's flags have.
package named

import (
	"fmt"
	"slices"
	"strings"
)

// Of returns the things of a list with these names, separated by commas, each once; all for
// "". Errors call one of them a kind.
func Of[T any](kind string, list []T, name func(T) string, names string) ([]T, error) {
	if names == "" {
		return list, nil
	}
	var found []T
	for wanted := range strings.SplitSeq(names, ",") {
		wanted = strings.TrimSpace(wanted)
		is := func(x T) bool { return name(x) == wanted }
		i := slices.IndexFunc(list, is)
		if i < 0 {
			return nil, fmt.Errorf("no %s is named %q: -list shows their names", kind, wanted)
		}
		if !slices.ContainsFunc(found, is) {
			found = append(found, list[i])
		}
	}
	return found, nil
}
