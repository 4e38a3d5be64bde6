package lualib

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/lua/std/sandbox"
)

// openOS replaces what the os library does to the system. os.exit unwinds the running code; a host that wants more sets
// its own. os.setenv, which Lua does not have, is gone.
func (s *sandboxed) openOS(L *lua.LState) {
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
func (s *sandboxed) getenv(L *lua.LState) int {
	name := CheckString(L, 1)
	value, set, err := s.Getenv(name)
	var refused *sandbox.Refusal
	if errors.As(err, &refused) {
		s.warnOfEnv(L, refused)
	}
	if !set {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LString(value))
	return 1
}

func (s *sandboxed) warnOfEnv(L *lua.LState, refused *sandbox.Refusal) {
	if name := refused.Item; !s.warned[name] && len(s.warned) < maxWarnedNames {
		s.warned[name] = true
		s.logger.Warn(s.Word(refused, false), "at", Caller(L))
	}
}

// execute is os.execute([command]). Without a command it says whether there is a shell.
func (s *sandboxed) execute(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		available := 0
		if s.MayRun() {
			available = 1
		}
		L.Push(lua.LNumber(available))
		return 1
	}
	command := CheckString(L, 1)
	cmd, err := s.Command(command)
	if err != nil {
		return pushFailure(L, "", err)
	}
	L.Push(lua.LNumber(exitStatus(cmd.Run())))
	return 1
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
func (s *sandboxed) remove(L *lua.LState) int {
	path := CheckString(L, 1)
	return pushOutcome(L, path, s.Remove(path))
}

// rename is os.rename(from, to).
func (s *sandboxed) rename(L *lua.LState) int {
	from, to := CheckString(L, 1), CheckString(L, 2)
	return pushOutcome(L, from, s.Rename(from, to))
}

// tmpname is os.tmpname(): the name of a new, empty file.
func (s *sandboxed) tmpname(L *lua.LState) int {
	f, err := s.CreateTemp()
	if err != nil {
		return pushFailure(L, os.TempDir(), err)
	}
	f.Close()
	L.Push(lua.LString(f.Name()))
	return 1
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
	text, number := words.Describe(path, err)
	L.Push(lua.LNil)
	L.Push(lua.LString(text))
	L.Push(lua.LNumber(number))
	return 3
}

// failureText is "path: what C calls the error".
func failureText(path string, err error) string {
	text, _ := words.Describe(path, err)
	return text
}
