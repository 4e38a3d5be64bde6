package std_test

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/outlet"
	"github.com/tidewire/tidewire/internal/runner/words"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/lua/std/sandbox"
)

// A vm is a state with all libraries, whose output is kept.
type vm struct {
	*lua.State
	output bytes.Buffer
	stdout *outlet.Stdout
}

// options are those of a vm. The zero value opens nothing.
type options struct {
	limits      lua.Options
	permissions sandbox.Permissions
	modules     []string
	stdin       string
	stderr      io.Writer
	logger      *slog.Logger
	discard     bool // the output
}

func newVM(t *testing.T, opts options) *vm {
	t.Helper()
	m := &vm{State: lua.NewState(opts.limits)}
	t.Cleanup(m.Close)
	m.stdout = outlet.NewStdout(&m.output, false)
	if opts.discard {
		m.stdout = outlet.NewStdout(io.Discard, false)
	}
	box := sandbox.New(sandbox.Options{Permissions: opts.permissions, ModuleDirs: opts.modules, Words: words.Refusal})
	err := std.Open(m.State, std.Options{
		Stdin: strings.NewReader(opts.stdin), Stdout: m.stdout, Stderr: opts.stderr, Box: box, Logger: opts.logger,
		ModuleDirs: opts.modules,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
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
	_, err := m.Run([]byte(source), "@test.lua")
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

// tree makes files and directories (names that end in a slash) in a folder of its own,
// and returns it, resolved. A content of "-> x" makes a symbolic link.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		target, isLink := strings.CutPrefix(content, "-> ")
		switch {
		case isLink:
			err = os.Symlink(target, path)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
