//go:build interop

package interop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/luagen"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// An implementation is a Lua that is compared with others.
type implementation struct {
	name string

	// run runs a file, named within a directory, until it ends or the context does, and
	// returns its output.
	run func(ctx context.Context, dir, file string) (printed []byte, failure error)

	// program makes the random programs that it is compared by. nil for luajit, which
	// runs those of others.
	program func(seed, index uint64) *luagen.Program
}

// luajit is the reference. It runs without its just-in-time compiler: the comparisons are
// with the language, not with that.
var luajit = implementation{name: "luajit", run: command("luajit", "-joff")}

// ours are the implementations that are to be as luajit: the runner, and the VM that is
// to become the runner's.
var ours = []implementation{
	{name: "runner", run: inRunner, program: luagen.New},
	{name: "vm", run: inVM, program: luagen.NewCrossing},
}

func inRunner(ctx context.Context, dir, file string) ([]byte, error) {
	return command(runner, "run")(ctx, dir, file)
}

// command runs a file by a command that takes its name last. The failure has the
// command's first complaint.
func command(name string, args ...string) func(ctx context.Context, dir, file string) ([]byte, error) {
	return func(ctx context.Context, dir, file string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, name, append(args, file)...)
		cmd.Dir = dir
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		printed, err := cmd.Output()
		if err != nil {
			first, _, _ := strings.Cut(stderr.String(), "\n")
			err = fmt.Errorf("%w: %s", err, first)
		}
		return printed, err
	}
}

// vmMemory is the memory limit of a script in our VM.
const vmMemory = 1 << 30

func inVM(ctx context.Context, dir, file string) ([]byte, error) {
	source, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return nil, err
	}
	var printed bytes.Buffer
	s := lua.NewState(lua.Options{MaxMemory: vmMemory})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: &printed}); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { s.Interrupt(ctx.Err()) })()
	_, err = s.Run(source, "@"+file)
	return printed.Bytes(), err
}

// lines returns the output of a file, which must end well, by lines.
func (in implementation) lines(t *testing.T, dir, file string) []string {
	t.Helper()
	printed, err := in.run(t.Context(), dir, file)
	if err != nil {
		t.Fatalf("%s: %v", in.name, err)
	}
	return strings.Split(string(printed), "\n")
}
