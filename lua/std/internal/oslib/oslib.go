// Package oslib is Lua's os library, as LuaJIT has it, within the permissions of a
// sandbox.Box.
package oslib

import (
	"errors"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std/sandbox"
	"github.com/tidewire/tidewire/permission"
)

const (
	// maxWarned bounds the environment variables that a state remembers to have warned
	// of.
	maxWarned = 64

	// maxRemembered is how many bytes of such a name it remembers.
	maxRemembered = 256

	// systemSteps is the number of steps that a call of the system counts, apart from the
	// path that it resolves.
	systemSteps = 100

	// programSteps is the number of steps that a program counts when it is run.
	programSteps = 2000

	// maxPath is how much of a path is looked at: a longer one is refused by its length.
	maxPath = 4096

	// failure is the exit code of os.exit(false), and of numbers without low eight bits.
	failure = 1
)

// Options has the parts of the system that the os library may reach, apart from the time.
// The zero value opens nothing.
type Options struct {
	// Box has the script's permissions. nil allows nothing.
	Box *sandbox.Box

	// Logger receives one warning for each environment variable that the script may not
	// see. nil discards them.
	Logger *slog.Logger

	// Exit carries out os.exit. It returns State.Unwind's error, which ends the running
	// code uncatchably. code is from 0 to 255. It must be set.
	Exit func(code int) error

	// Flush is called before a program runs, so that the script's own output comes first.
	// nil does nothing.
	Flush func()
}

// library is the os library of one state.
type library struct {
	s       *lua.State
	opts    Options
	box     *sandbox.Box
	started time.Time
	warned  map[string]bool
}

// Open makes the os library.
func Open(s *lua.State, opts Options) error {
	l := &library{s: s, opts: opts, box: opts.Box, started: time.Now(), warned: make(map[string]bool)}
	if l.box == nil {
		l.box = sandbox.New(sandbox.Options{})
	}
	if l.opts.Logger == nil {
		l.opts.Logger = slog.New(slog.DiscardHandler)
	}
	_, err := s.NewModule("os",
		lua.Func{Name: "clock", Call: l.clock},
		lua.Func{Name: "date", Call: l.date},
		lua.Func{Name: "difftime", Call: difftime},
		lua.Func{Name: "execute", Call: l.execute},
		lua.Func{Name: "exit", Call: l.exit},
		lua.Func{Name: "getenv", Call: l.getenv},
		lua.Func{Name: "remove", Call: l.remove},
		lua.Func{Name: "rename", Call: l.rename},
		lua.Func{Name: "setlocale", Call: setlocale},
		lua.Func{Name: "time", Call: l.time},
		lua.Func{Name: "tmpname", Call: l.tmpname},
	)
	return err
}

// exit is os.exit([code]).
func (l *library) exit(c *lua.Call) error {
	if v := c.Arg(1); v.Kind() == lua.KindBool {
		if v.Truth() {
			return l.opts.Exit(0)
		}
		return l.opts.Exit(failure)
	}
	code := math.Mod(math.Trunc(c.OptNumber(1, 0)), 256) // its low eight bits, as a system has it
	if err := c.Err(); err != nil {
		return err
	}
	switch {
	case math.IsNaN(code): // of nan and inf
		code = failure
	case code < 0:
		code += 256
	}
	return l.opts.Exit(int(code))
}

// getenv is os.getenv(name). A name that is not allowed is nil, with one warning.
func (l *library) getenv(c *lua.Call) error {
	name := c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	if err := l.s.Step(1 + len(name)/64); err != nil {
		return err
	}
	value, set, err := l.box.Getenv(name)
	var refused *permission.Refusal
	known := name[:min(len(name), maxRemembered)]
	if errors.As(err, &refused) && !l.warned[known] && len(l.warned) < maxWarned {
		l.warned[strings.Clone(known)] = true
		l.opts.Logger.Warn(l.box.Word(refused, permission.Whole), "at", strings.TrimSuffix(l.s.Where(1), ": "))
	}
	if !set {
		return c.Return(lua.Nil)
	}
	return c.ReturnString(value)
}

// execute is os.execute([command]). Without a command it says whether there is a shell.
func (l *library) execute(c *lua.Call) error {
	if c.Arg(1).IsNil() {
		if l.box.MayRun() {
			return c.Return(lua.Int(1))
		}
		return c.Return(lua.Int(0))
	}
	command := c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	cmd, err := l.box.Command(command)
	if err != nil {
		return l.outcome(c, "", err)
	}
	if err := l.s.Step(programSteps); err != nil {
		return err
	}
	if l.opts.Flush != nil {
		l.opts.Flush()
	}
	return c.Return(lua.Int(exitStatus(cmd.Run())))
}

// exitStatus is the result of C's system: on Unix the exit code is in the second byte. -1
// says that nothing was run.
func exitStatus(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		return -1
	case runtime.GOOS == "windows":
		return exit.ExitCode()
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return int(status.Signal())
	}
	return exit.ExitCode() << 8
}

// remove is os.remove(path).
func (l *library) remove(c *lua.Call) error {
	path := c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	if err := l.step(path); err != nil {
		return err
	}
	return l.outcome(c, path, l.box.Remove(path))
}

// rename is os.rename(from, to).
func (l *library) rename(c *lua.Call) error {
	from, to := c.String(1), c.String(2)
	if err := c.Err(); err != nil {
		return err
	}
	if err := l.step(from); err != nil {
		return err
	}
	return l.outcome(c, from, l.box.Rename(from, to))
}

// tmpname is os.tmpname(): the name of a new, empty file.
func (l *library) tmpname(c *lua.Call) error {
	if err := l.step(""); err != nil {
		return err
	}
	f, err := l.box.CreateTemp()
	var refused *permission.Refusal
	switch {
	case errors.As(err, &refused):
		return l.outcome(c, os.TempDir(), err)
	case err != nil:
		return c.Errorf("unable to generate a unique filename")
	}
	name := f.Name()
	_ = f.Close() // nothing was written
	return c.ReturnString(name)
}

// step counts a call of the system that resolves a path.
func (l *library) step(path string) error {
	return l.s.Step(systemSteps + 2*min(len(path), maxPath) + len(path)/64)
}

// outcome returns true, or nil, the message and C's number of an error.
func (l *library) outcome(c *lua.Call, path string, err error) error {
	if err == nil {
		return c.Return(lua.True)
	}
	text, number := l.box.Describe(path, err)
	made, err := l.s.String(text)
	if err != nil {
		return err
	}
	return c.Return(lua.Nil, made, lua.Int(number))
}

// setlocale is os.setlocale([locale [, category]]). It knows the one locale that there
// is.
func setlocale(c *lua.Call) error {
	locale := c.OptString(1, "C")
	c.Option(2, "all", "all", "collate", "ctype", "monetary", "numeric", "time")
	if err := c.Err(); err != nil {
		return err
	}
	switch locale {
	case "", "C", "POSIX":
		return c.ReturnString("C")
	}
	return c.Return(lua.Nil)
}
