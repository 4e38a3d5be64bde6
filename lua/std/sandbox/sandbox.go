// Package sandbox limits a script's access to the system: which files, programs and
// environment variables it reaches. It knows no Lua. The libraries of package lua/std
// ask a Box before they touch the system, and others that open files for a script should,
// too.
package sandbox

import (
	"os"
	"os/exec"
	"runtime"
	"slices"

	"github.com/tidewire/tidewire/permission"
)

// Permissions are the rights of a script apart from computing, using the streams that it
// was given and calling its embedder's functions. The zero value allows nothing. It is
// constant once given away, and safe for concurrent use.
type Permissions struct {
	// Read is for files and directories that may be read; a directory covers all below
	// it.
	Read Grant

	// Write is for files and directories that may be created, written, renamed and
	// removed; a directory covers all below it.
	Write Grant

	// Run is for programs: os.execute and io.popen. A program has no bounds of ours, so
	// this comes to allowing everything.
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

// Options configures New. The zero value allows nothing.
type Options struct {
	Permissions Permissions

	// ModuleDirs are directories in which OpenModule finds files without
	// Permissions.Read.
	ModuleDirs []string

	// Words words refusals for the reader of the script's errors. nil means
	// permission.Plain.
	Words permission.Words
}

// A Box has the permissions of one script, with their paths resolved when the Box was
// made. It is constant and safe for concurrent use. The errors of its methods are
// a *permission.Refusal, or the system's.
type Box struct {
	read, write, modules rules
	run                  bool
	env                  Grant
	words                permission.Words
}

// New makes a Box.
func New(opts Options) *Box {
	p := opts.Permissions
	b := &Box{
		read:    newRules(p.Read, permission.Read),
		write:   newRules(p.Write, permission.Write),
		modules: newRules(Grant{Only: opts.ModuleDirs}, permission.Read),
		run:     p.Run,
		env:     p.Env,
		words:   opts.Words.OrPlain(),
	}
	return b
}

// Word words a refusal as Options.Words says.
func (b *Box) Word(r *permission.Refusal, form permission.Form) string { return b.words(*r, form) }

// MayRun reports whether Command gives one.
func (b *Box) MayRun() bool { return b.run }

// Command returns a command for the system's shell, as C's system runs it, if programs
// are allowed. Its streams are those of the process, as far as the caller sets no others.
func (b *Box) Command(command string) (*exec.Cmd, error) {
	if !b.run {
		return nil, &permission.Refusal{Permission: permission.Run, Item: command}
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
		return "", false, &permission.Refusal{Permission: permission.Env, Item: name}
	}
	value, set = os.LookupEnv(name)
	return value, set, nil
}
