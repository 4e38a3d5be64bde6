package iolib_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/outlet"
	"github.com/tidewire/tidewire/internal/runner/words"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std/internal/iolib"
	"github.com/tidewire/tidewire/lua/std/sandbox"
)

// A vm is a state with the io library, whose output is kept.
type vm struct {
	*lua.State
	output bytes.Buffer
	stdout *outlet.Stdout
}

// options are those of a vm.
type options struct {
	lua.Options
	sandbox.Permissions
	stdin   string
	stderr  *bytes.Buffer
	discard bool // the output
}

var everything = options{Permissions: sandbox.Permissions{
	Read: sandbox.Grant{All: true}, Write: sandbox.Grant{All: true}, Run: true,
}}

func newVM(t *testing.T, opts options) *vm {
	t.Helper()
	m := &vm{State: lua.NewState(opts.Options)}
	t.Cleanup(m.Close)
	m.stdout = outlet.NewStdout(&m.output, false)
	if opts.discard {
		m.stdout = outlet.NewStdout(io.Discard, false)
	}
	stderr := opts.stderr
	if stderr == nil {
		stderr = new(bytes.Buffer)
	}
	streams := iolib.NewStreams(strings.NewReader(opts.stdin), m.stdout, stderr)
	box := sandbox.New(sandbox.Options{Permissions: opts.Permissions, Words: words.Refusal})
	if err := iolib.Open(m.State, box, streams); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]lua.GoFunction{
		"print": m.print,
		"tostring": func(c *lua.Call) error {
			text, err := m.show(c.Arg(1))
			if err != nil {
				return err
			}
			return c.ReturnString(text)
		},
		"unpack": func(c *lua.Call) error {
			values := make([]lua.Value, c.Int(2))
			for i := range values {
				values[i] = c.Table(1).GetInt(i + 1)
			}
			return c.Return(values...)
		},
		"rep":  func(c *lua.Call) error { return c.ReturnString(strings.Repeat(c.String(1), c.Int(2))) },
		"type": func(c *lua.Call) error { return c.ReturnString(c.Arg(1).TypeName()) },
		"getmetatable": func(c *lua.Call) error {
			u,
				_ := c.Arg(1).AsUserdata()
			return c.Return(u.Metatable().Value())
		},
		"setmetatable":   func(c *lua.Call) error { c.Table(1).SetMetatable(c.Table(2)); return c.Return(c.Arg(1)) },
		"collectgarbage": func(c *lua.Call) error { _, err := m.Collect(); return err },
		"select":         func(c *lua.Call) error { return c.Return(lua.Int(c.Count() - 1)) },
	} {
		if err := m.SetGlobal(name, m.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.SetGlobal("pcall", m.Primitive(lua.PCall)); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *vm) print(c *lua.Call) error {
	var line []string
	for i := 1; i <= c.Count(); i++ {
		text, err := m.show(c.Arg(i))
		if err != nil {
			return err
		}
		line = append(line, text)
	}
	return m.stdout.WriteStrings(strings.Join(line, "\t"), "\n")
}

func (m *vm) show(v lua.Value) (string, error) {
	if text, ok := lua.ToText(v); ok {
		return text, nil
	}
	if u, ok := v.AsUserdata(); ok {
		shown, err := m.Call1(u.Metatable().GetString("__tostring"), v)
		text, _ := shown.AsString()
		return text, err
	}
	if v.Kind() == lua.KindBool {
		return fmt.Sprint(v.Truth()), nil
	}
	return v.TypeName(), nil
}

// set makes a string a global.
func (m *vm) set(t *testing.T, name, text string) {
	t.Helper()
	v, err := m.String(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SetGlobal(name, v); err != nil {
		t.Fatal(err)
	}
}

// run returns a script's output.
func (m *vm) run(t *testing.T, source string) (string, error) {
	t.Helper()
	m.output.Reset()
	_, err := m.Run([]byte(source), "=test")
	if failed := m.stdout.Flush(); failed != nil {
		t.Error(failed)
	}
	return m.output.String(), err
}

func (m *vm) wantOutput(t *testing.T, source, want string) {
	t.Helper()
	if got, err := m.run(t, source); got != want || err != nil {
		t.Errorf("%s\nprints %q, error %v\nwant %q", source, got, err, want)
	}
}

// tree makes files in a folder of its own, and returns it.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir + string(filepath.Separator)
}
