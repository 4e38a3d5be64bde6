// Package permission describes an access that a script was refused: as a fact, and in
// plain words. The package that refuses returns the fact. The program around the script
// words it for its readers, since no package below knows how it could be allowed.
package permission

import "fmt"

// A Permission is a kind of things that a script may be allowed to do.
type Permission uint8

// The kinds of permissions.
const (
	Read Permission = iota
	Write
	Run
	Env
	Net
	Option // a value of an option beyond Limits
)

// String names the action that needs the permission, such as "reading".
func (p Permission) String() string {
	return [...]string{"reading", "writing", "running programs", "reading the environment", "connecting",
		"this value"}[p]
}

// A Refusal is the error of an access that no permission covers. Its text is Plain's.
type Refusal struct {
	Permission Permission
	Item       string // the path, the command, "host:port" or the variable's or option's name, as the script gave it

	// Rule is the item of a list that forbids it, such as "$private". Empty means that it
	// is forbidden because nothing allows it. Of an Option it is the value that is
	// expected, such as "at most 1048576", which Plain leaves to the text around it.
	Rule string

	// Secret says that Rule has details that the script may not learn, such as where a
	// name leads. It is then for the log alone.
	Secret bool
}

func (r *Refusal) Error() string { return Plain(*r, Whole) }

// A Form is how much of a refusal a text says.
type Form uint8

const (
	// Whole is a complete text: "x: reading is not allowed".
	Whole Form = iota

	// Bare is for a text after the item: "reading is not allowed".
	Bare

	// RuleAlone is for a log that has the rest already: "rule $private". The Refusal has
	// a Rule.
	RuleAlone
)

// Words words a refusal for the reader of the script's errors, such as "x: reading is not
// allowed: ask the server's admin". It may be called concurrently.
type Words func(Refusal, Form) string

// Plain words a refusal and names no way to allow it. It is the meaning of nil Words.
func Plain(r Refusal, form Form) string {
	if form == RuleAlone {
		return "rule " + r.Rule
	}
	text := r.Permission.String() + " is not allowed"
	if r.Rule != "" && !r.Secret && r.Permission != Option {
		text += " by the rule " + r.Rule
	}
	if form == Bare {
		return text
	}
	return Brief(r.Item) + ": " + text
}

// OrPlain returns w, or Plain for nil.
func (w Words) OrPlain() Words {
	if w == nil {
		return Plain
	}
	return w
}

// MaxItem is the length in bytes up to which Brief shows an item whole. No path is
// longer.
const MaxItem = 4096

// Brief shortens an item for a message: one longer than MaxItem is cut to its beginning.
func Brief(item string) string {
	const beginning = 200
	if len(item) <= MaxItem {
		return item
	}
	return fmt.Sprintf("%s… and %d bytes more", item[:beginning], len(item)-beginning)
}

// A ListError is an item of a list of permissions that cannot be read.
type ListError struct {
	List string // "allow" or "deny"
	Item string
	Err  error
}

func (e *ListError) Error() string {
	return fmt.Sprintf("bad item %q of %s: %v", e.Item, e.List, e.Err)
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *ListError) Unwrap() error { return e.Err }
