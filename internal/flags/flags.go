// Package flags words refusals for those who run the tidewire command: it names the flag that
// would allow what was refused.
package flags

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/lua/std/sandbox"
)

// names are the flags by permission.
var names = map[sandbox.Permission]string{
	sandbox.Read:  "--allow-read",
	sandbox.Write: "--allow-write",
	sandbox.Run:   "--allow-run",
	sandbox.Env:   "--allow-env",
}

// Refusal words a refusal as sandbox.Options.Word asks: "x: reading is not allowed: run again
// with --allow-read=x", without the first two words if named is set.
func Refusal(r sandbox.Refusal, named bool) string {
	if r.Permission == sandbox.Env {
		return environment(r.Item)
	}
	text, flag := sandbox.Plain(r, named), names[r.Permission]
	switch {
	case r.Permission == sandbox.Run: // which has no value: a shell runs anything
	case sandbox.Brief(r.Item) != r.Item: // no path is that long
		return text
	default:
		flag += "=" + shellWord(r.Item)
	}
	return text + ": run again with " + flag
}

// environment words the refusal of a variable as one line of a log, whatever the script asked
// for. A flag with the name is shown only where the runner would take it.
func environment(name string) string {
	const longest = 200
	switch {
	case len(name) > longest:
		return fmt.Sprintf("%q and %d bytes more is not in --allow-env", name[:longest], len(name)-longest)
	case name == "" || strings.ContainsAny(name, "=*,") || strconv.Quote(name) != `"`+name+`"`:
		return fmt.Sprintf("%q is not in --allow-env", name)
	}
	return sandbox.Plain(sandbox.Refusal{Permission: sandbox.Env, Item: name}, false) +
		": run again with --allow-env=" + shellWord(name)
}

// shellWord quotes a word if a shell needs it quoted.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@%\\", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
