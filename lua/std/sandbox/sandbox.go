// Package sandbox keeps a script to what it may do to the system: which files, programs and
// environment variables it reaches. It knows no Lua. The libraries of package lua/std ask a
// Box before they touch the system, and others that open files for a script should, too.
package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
)

// Permissions says what a script may do apart from computing, using the streams that it was
// given and calling what its embedder adds. The zero value allows nothing. It is constant once
// given away, and safe for concurrent use.
type Permissions struct {
	// Read is for files and directories that may be read; each covers what is under it.
	Read Grant

	// Write is for files and directories that may be created, written, renamed and removed;
	// each covers what is under it.
	Write Grant

	// Run is for programs: os.execute and io.popen. What these do is not up to us, so it
	// comes to allowing everything.
	Run bool

	// Env is for the environment variables that os.getenv shows.
	Env Grant
}

// A Grant is a permission for some things or for all of them. The zero value is for none.
type Grant struct {
	All  bool
	Only []string // ignored if All is set
}

// Has reports whether a name is granted.
func (g Grant) Has(name string) bool { return g.All || slices.Contains(g.Only, name) }

// A Permission is one of the kinds that Permissions has.
type Permission uint8

// The kinds of permissions, as the fields of Permissions.
const (
	Read Permission = iota
	Write
	Run
	Env
)

// String says what a script wants that needs the permission.
func (p Permission) String() string {
	return [...]string{"reading", "writing", "running programs", "reading the environment"}[p]
}

// A Refusal is the error of what a permission does not cover. Its text names no way to allow
// it, since this package does not know who runs the script: see Options.Word.
type Refusal struct {
	Permission Permission
	Item       string // the path, the command or the variable's name, as the script gave it
}

func (r *Refusal) Error() string { return Plain(*r, false) }

// Plain words a refusal without naming a way to allow it. It is the default of Options.Word.
func Plain(r Refusal, named bool) string {
	text := r.Permission.String() + " is not allowed"
	if named {
		return text
	}
	return Brief(r.Item) + ": " + text
}

// Brief shortens an item for a message: what is longer than any path is cut to its
// beginning.
func Brief(item string) string {
	const beginning = 200
	if len(item) <= maxPath {
		return item
	}
	return fmt.Sprintf("%s… and %d bytes more", item[:beginning], len(item)-beginning)
}

// Options configures New. The zero value allows nothing.
type Options struct {
	Permissions Permissions

	// ModuleDirs are directories in which OpenModule finds files without Permissions.Read.
	ModuleDirs []string

	// Word words a refusal for whoever reads the script's errors, such as "x: reading is
	// not allowed: run again with --allow-read=x". If named is set the text around it has
	// the item already, and Word leaves out its first two words. It may be called
	// concurrently. nil means Plain.
	Word func(r Refusal, named bool) string
}

// A Box is what one script may do, with the paths of its permissions resolved when the Box was
// made. It is constant and safe for concurrent use. The errors of its methods are a *Refusal,
// or the system's.
type Box struct {
	read, write, modules rules
	run                  bool
	env                  Grant
	word                 func(r Refusal, named bool) string
}

// New makes a Box.
func New(opts Options) *Box {
	p := opts.Permissions
	b := &Box{
		read:    newRules(p.Read, Read),
		write:   newRules(p.Write, Write),
		modules: newRules(Grant{Only: opts.ModuleDirs}, Read),
		run:     p.Run,
		env:     p.Env,
		word:    opts.Word,
	}
	if b.word == nil {
		b.word = Plain
	}
	return b
}

// Word words a refusal as Options.Word says.
func (b *Box) Word(r *Refusal, named bool) string { return b.word(*r, named) }

// MayRun reports whether Command gives one.
func (b *Box) MayRun() bool { return b.run }

// Command returns a command for the system's shell, as C's system runs it, if programs are
// allowed. Its streams are those of the process, as far as the caller sets no others.
func (b *Box) Command(command string) (*exec.Cmd, error) {
	if !b.run {
		return nil, &Refusal{Run, command}
	}
	cmd := exec.Command("/bin/sh", "-c", command)
	if runtime.GOOS == "windows" {
		cmd = exec.Command("cmd", "/c", command)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd, nil
}

// Getenv returns an environment variable, if it may be seen.
func (b *Box) Getenv(name string) (value string, set bool, err error) {
	if !b.env.Has(name) {
		return "", false, &Refusal{Env, name}
	}
	value, set = os.LookupEnv(name)
	return value, set, nil
}
