package lualib

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"
)

// errnoDenied is EACCES, which a refusal counts as, on every system.
const errnoDenied = 13

// openOS replaces what the os library does to the system. os.exit unwinds the running code; a host that wants more sets
// its own. os.setenv, which Lua does not have, is gone.
func (s *sandbox) openOS(L *lua.LState) {
	lib := L.GetGlobal(lua.OsLibName).(*lua.LTable)
	lib.RawSetString("setenv", lua.LNil)
	L.SetFuncs(lib, map[string]lua.LGFunction{
		"execute": s.execute,
		"exit": func(L *lua.LState) int {
			InterruptOf(L).Exit(L)
			return 0
		},
		"getenv":  s.getenv,
		"remove":  s.remove,
		"rename":  s.rename,
		"tmpname": s.tmpname,
	})
}

// getenv is os.getenv(name). A name that is not allowed is nil, with one warning.
func (s *sandbox) getenv(L *lua.LState) int {
	name := CheckString(L, 1)
	if !s.env.has(name) {
		s.warnOfEnv(L, name)
		L.Push(lua.LNil)
		return 1
	}
	value, set := os.LookupEnv(name)
	if !set {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LString(value))
	return 1
}

func (s *sandbox) warnOfEnv(L *lua.LState, name string) {
	if s.warned[name] || len(s.warned) >= maxWarnedNames {
		return
	}
	s.warned[name] = true
	s.logger.Warn(refuseEnv(name), "at", Caller(L))
}

// refuseEnv words the refusal of a variable as one line of a log, whatever the script asked for. A flag is named only
// where the runner would take it.
func refuseEnv(name string) string {
	const longest = 200
	switch {
	case len(name) > longest:
		return fmt.Sprintf("%q and %d bytes more is not in --allow-env", name[:longest], len(name)-longest)
	case name == "" || strings.ContainsAny(name, "=*,") || strconv.Quote(name) != `"`+name+`"`:
		return fmt.Sprintf("%q is not in --allow-env", name)
	}
	return refuse("reading the environment", "--allow-env", name).Error()
}

// execute is os.execute([command]). Without a command it says whether there is a shell.
func (s *sandbox) execute(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		available := 0
		if s.run {
			available = 1
		}
		L.Push(lua.LNumber(available))
		return 1
	}
	command := CheckString(L, 1)
	if !s.run {
		return pushFailure(L, "", refuseRun(command))
	}
	cmd := shell(command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	L.Push(lua.LNumber(exitStatus(cmd.Run())))
	return 1
}

// refuseRun has no value behind its flag: a shell runs anything.
func refuseRun(command string) *refusal {
	return &refusal{what: command, doing: "running programs", flag: "--allow-run"}
}

// shell returns a command for the system's shell, as C's system runs it.
func shell(command string) *exec.Cmd {
	if runtime.GOOS == "windows" {
		return exec.Command("cmd", "/c", command)
	}
	return exec.Command("/bin/sh", "-c", command)
}

// exitStatus is what system returns: on Unix the exit code stands in the second byte. -1 says that nothing was run.
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
func (s *sandbox) remove(L *lua.LState) int {
	path := CheckString(L, 1)
	return pushOutcome(L, path, s.write.remove(path))
}

// rename is os.rename(from, to). Under another name a file may be one that may be read, so reading it must be allowed.
func (s *sandbox) rename(L *lua.LState) int {
	from, to := CheckString(L, 1), CheckString(L, 2)
	if err := s.read.check(from); err != nil {
		return pushOutcome(L, from, err)
	}
	return pushOutcome(L, from, s.write.rename(from, to))
}

// tmpname is os.tmpname(): the name of a new, empty file.
func (s *sandbox) tmpname(L *lua.LState) int {
	f, err := s.createTemp()
	if err != nil {
		return pushFailure(L, os.TempDir(), err)
	}
	f.Close()
	L.Push(lua.LString(f.Name()))
	return 1
}

// createTemp creates a file in the system's directory for such files, if it may be written to.
func (s *sandbox) createTemp() (*os.File, error) {
	if err := s.write.check(os.TempDir()); err != nil {
		return nil, err
	}
	return os.CreateTemp("", "lua_")
}

// pushOutcome gives true, or what pushFailure gives.
func pushOutcome(L *lua.LState, path string, err error) int {
	if err == nil {
		L.Push(lua.LTrue)
		return 1
	}
	return pushFailure(L, path, err)
}

// pushFailure gives nil, what went wrong, and C's number of it, as Lua's own libraries do. path is left out if empty.
func pushFailure(L *lua.LState, path string, err error) int {
	L.Push(lua.LNil)
	L.Push(lua.LString(failureText(path, err)))
	L.Push(lua.LNumber(errnoOf(err)))
	return 3
}

// failureText is "path: what C calls the error".
func failureText(path string, err error) string {
	var refused *refusal
	if errors.As(err, &refused) {
		return refused.Error()
	}
	text := causeText(err)
	if path == "" {
		return text
	}
	return fmt.Sprintf("%s: %s", path, text)
}

// causeText is the innermost error's text, with the capital that C's texts have.
func causeText(err error) string {
	var inPath *fs.PathError
	var inLink *os.LinkError
	switch {
	case errors.As(err, &inPath):
		err = inPath.Err
	case errors.As(err, &inLink):
		err = inLink.Err
	case errors.Is(err, fs.ErrNotExist):
		err = syscall.ENOENT
	}
	text := err.Error()
	return strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]
}

func errnoOf(err error) int {
	var refused *refusal
	var errno syscall.Errno
	switch {
	case errors.As(err, &refused):
		return errnoDenied
	case errors.As(err, &errno):
		return int(errno)
	case errors.Is(err, fs.ErrNotExist):
		return int(syscall.ENOENT)
	case errors.Is(err, fs.ErrPermission):
		return errnoDenied
	}
	return int(syscall.EIO)
}
