// Package spelling guesses which known name a misspelt one was meant to be. It is pure
// and safe for concurrent use.
package spelling

import (
	"slices"
	"strings"
)

// Meant returns the member of known that name misspells, or "" if there is none or name
// is right. A misspelling differs in case, "_" and "-" alone, or in addition one letter
// is too many, missing or swapped with the next. The first three letters must be right,
// and no letter may be replaced by another: onLose, onOven, onClone and onReopen are
// words of their own, not misspelt callbacks.
func Meant(name string, known []string) string {
	if slices.Contains(known, name) {
		return ""
	}
	bare := plain(name)
	for _, candidate := range known {
		want := plain(candidate)
		if bare == want || strings.HasPrefix(bare, want[:min(3, len(want))]) && oneSlip(bare, want) {
			return candidate
		}
	}
	return ""
}

// closest returns the one of known that takes the fewest changes of a letter to become,
// case apart.
func closest(name string, known []string) string {
	best, fewest := "", 0
	for _, candidate := range known {
		if changes := distance(strings.ToLower(name), strings.ToLower(candidate)); best == "" || changes < fewest {
			best, fewest = candidate, changes
		}
	}
	return best
}

// Near returns the one of known that a name is close to. Somebody may also have made up
// the name. Near returns "" unless only case, "_" and "-" are different, one letter is
// too many, missing or swapped with the next, or at most two letters and a third of them
// would have to change. Shorter than three letters anything would be near.
func Near(name string, known []string) string {
	if len(name) < 3 {
		return ""
	}
	if i := slices.IndexFunc(known, func(candidate string) bool {
		bare, want := plain(name), plain(candidate)
		return bare == want || oneSlip(bare, want)
	}); i >= 0 {
		return known[i]
	}
	best := closest(name, known)
	if distance(strings.ToLower(name), strings.ToLower(best)) > min(2, len(name)/3) {
		return ""
	}
	return best
}

// Module returns the module that a name which is none was probably meant to be: the Near
// one of known, or the one that has the name behind a prefix, as tide.ws for ws.
func Module(name string, known []string) string {
	if meant := Near(name, known); meant != "" {
		return meant
	}
	i := slices.IndexFunc(known, func(candidate string) bool { return strings.HasSuffix(candidate, "."+name) })
	if i < 0 {
		return ""
	}
	return known[i]
}

// OptionHint is the end of a complaint about an unknown option: the Near one of known,
// else all of them if they are those within another option, else where to find them: under
// a heading of the manual. within is the text before both names, such as "tls.".
func OptionHint(within, name string, known []string, heading string) string {
	if meant := Near(name, known); meant != "" {
		return "did you mean '" + within + meant + "'?"
	}
	if outer := strings.TrimSuffix(within, "."); outer != "" {
		return "'" + outer + "' takes " + OneOf(known)
	}
	return "those that exist are under \"" + heading + "\" in the manual"
}

// OneOf lists words: 'a', 'b' or 'c'.
func OneOf(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "'" + word + "'"
	}
	last := len(quoted) - 1
	if last == 0 {
		return quoted[0]
	}
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// plain removes the differences between spellings of one name.
func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// oneSlip reports whether a becomes b when one letter is added, dropped or swapped with
// its neighbour.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	same := 0
	for same < len(a) && a[same] == b[same] {
		same++
	}
	restA, restB := a[same:], b[same:]
	switch {
	case len(b) == len(a)+1:
		return restA == restB[1:]
	case len(b) == len(a) && len(restA) >= 2:
		return restA[0] == restB[1] && restA[1] == restB[0] && restA[2:] == restB[2:]
	}
	return false
}

// distance is Levenshtein's: how many letters have to be added, dropped or replaced to
// make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1) // row[j]: from the part of a seen so far to b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changes := diagonal
			if a[i] != b[j] {
				changes = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], changes
		}
	}
	return row[len(b)]
}
