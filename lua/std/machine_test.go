package std_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/code"
	"github.com/tidewire/tidewire/internal/lua/syntax"
	"github.com/tidewire/tidewire/internal/testing/verify"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// machine is a state with all libraries, whose output is at hand. Its scripts can call
// exit, which they cannot catch.
type machine struct {
	*lua.State
	output strings.Builder
}

var errExit = errors.New("exit")

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{State: lua.NewState(lua.Options{MaxMemory: 1 << 30, Tracebacks: true})}
	t.Cleanup(m.Close)
	if err := std.Open(m.State, std.Options{Stdout: &m.output}); err != nil {
		t.Fatal(err)
	}
	exit := func(c *lua.Call) error { return c.State().Unwind(errExit) }
	if err := m.SetGlobal("exit", m.NewFunction("exit", exit)); err != nil {
		t.Fatal(err)
	}
	return m
}

// run runs source, whose code is verified, and returns its output.
func (m *machine) run(source string) (string, error) {
	defer m.output.Reset()
	if err := verified(source); err != nil {
		return "", err
	}
	_, err := m.Run([]byte(source), "=test.lua")
	return m.output.String(), err
}

// wantOutput runs source and wants no error.
func (m *machine) wantOutput(t *testing.T, source, want string) {
	t.Helper()
	if got, err := m.run(source); got != want || err != nil {
		t.Errorf("%s\nprints %q, error %v, want %q", source, got, err, want)
	}
}

// verified verifies the code of source, if that is Lua.
func verified(source string) error {
	chunk, err := syntax.Parse(syntax.SkipHead([]byte(source)), "test.lua", syntax.Options{})
	if err != nil {
		return nil
	}
	p, err := code.Compile(chunk, code.Options{Source: "=test.lua"})
	if err != nil {
		return nil
	}
	return verify.Prototype(p)
}

// described is an error's text with its traceback after it.
func described(err error) string {
	var raised *lua.Error
	if errors.As(err, &raised) && raised.Traceback != "" {
		return raised.Message + "\n" + raised.Traceback
	}
	return err.Error()
}
