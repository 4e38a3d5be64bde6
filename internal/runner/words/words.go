// Package words words facts for those who run the tidewire command: it names the flag
// that would lift a refusal, or that cannot be read.
package words

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/policy"
	"github.com/tidewire/tidewire/permission"
)

// names are the flags that allow, by permission.
var names = map[permission.Permission]string{
	permission.Read:  "--allow-read",
	permission.Write: "--allow-write",
	permission.Run:   "--allow-run",
	permission.Env:   "--allow-env",
	permission.Net:   "--allow-net",
}

// denyNet is the flag that forbids.
const denyNet = "--deny-net"

// Refusal words a refusal as permission.Words asks: "x: reading is not allowed: run again
// with --allow-read=x".
func Refusal(r permission.Refusal, form permission.Form) string {
	switch {
	case form == permission.RuleAlone:
		return denyNet + "=" + r.Rule
	case r.Permission == permission.Option: // no flag sets permission.Limits
		return permission.Plain(r, form)
	case r.Permission == permission.Env:
		return environment(r.Item)
	case r.Permission == permission.Net:
		return network(r)
	}
	text, flag := permission.Plain(r, form), names[r.Permission]
	switch {
	case r.Permission == permission.Run: // which has no value: a shell runs anything
	case permission.Brief(r.Item) != r.Item: // no path is that long
		return text
	default:
		flag += "=" + shellWord(r.Item)
	}
	return text + ": run again with " + flag
}

// network words the refusal of a connection.
func network(r permission.Refusal) string {
	switch {
	case r.Rule != "" && r.Secret:
		return r.Item + " is refused by " + denyNet
	case r.Rule != "":
		return r.Item + " is refused by " + denyNet + "=" + r.Rule
	}
	host, _, err := net.SplitHostPort(r.Item)
	if err != nil {
		host = r.Item
	}
	flag := names[permission.Net]
	if strings.HasPrefix(r.Item, "[") && !strings.Contains(host, ":") || !isListable(host) { // brackets are for IPv6
		return fmt.Sprintf("%q is not in %s", host, flag)
	}
	return fmt.Sprintf("%s is not in %s: run again with %[2]s=%[1]s", r.Item, flag)
}

// isListable reports whether a host would be read as itself if it were in a list. A URL
// may have a host such as "$private", "a,b" or "-x", and no message should suggest
// allowing that.
func isListable(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.String() == host
	}
	return policy.IsName(host) && !strings.HasPrefix(host, "-")
}

// environment words the refusal of a variable as one line of a log, whatever the script
// asked for. A flag with the name is shown only where the runner would take it.
func environment(name string) string {
	const longest = 200
	flag := names[permission.Env]
	switch {
	case len(name) > longest:
		return fmt.Sprintf("%q and %d bytes more is not in %s", name[:longest], len(name)-longest, flag)
	case name == "" || strings.ContainsAny(name, "=*,") || strconv.Quote(name) != `"`+name+`"`:
		return fmt.Sprintf("%q is not in %s", name, flag)
	}
	return permission.Plain(permission.Refusal{Permission: permission.Env, Item: name}, permission.Whole) +
		": run again with " + flag + "=" + shellWord(name)
}

// quoted is the advice for lists that a shell may have changed.
const quoted = "if %s was $private, quote it for the shell: '$private'"

// List words an error of the lists of --allow-net and --deny-net.
func List(err error) error {
	var bad *permission.ListError
	if !errors.As(err, &bad) {
		return err
	}
	flag := names[permission.Net]
	if bad.List == "deny" {
		flag = denyNet
	}
	why := bad.Err.Error()
	switch {
	case errors.Is(err, policy.ErrEmpty):
		why += ": remove the comma, or, " + fmt.Sprintf(quoted, "it")
	case errors.Is(err, policy.ErrHyphen):
		why = "a flag, no host: name the hosts in front of it, or, " + fmt.Sprintf(quoted, "that")
	case errors.Is(err, policy.ErrStar):
		why += "; to allow every host leave the flag out"
	}
	return fmt.Errorf("bad item %q of %s: %s", bad.Item, flag, why)
}

// options are the flags that set options of package script.
var options = map[string]string{
	"MaxMemory":       "--max-memory",
	"CallbackTimeout": "--callback-timeout",
}

// Option names the flag for a field of script.Options.
func Option(field string) string { return options[field] }

// shellWord quotes a word if a shell needs it quoted.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("/._-+:@%\\", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
