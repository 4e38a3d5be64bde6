package script_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/script"
)

// An embedder who gives no permissions gives none, and the streams are its own.
func TestZeroOptionsAreClosed(t *testing.T) {
	var stdout, stderr bytes.Buffer
	result, err := script.Run(t.Context(), script.Options{
		Code: `print((select(3, io.open("run.go"))), (select(3, os.execute("true"))), os.getenv("PATH"), (pcall(require, "run")))
			io.stderr:write(io.read())`,
		Stdin: strings.NewReader("typed\n"), Stdout: &stdout, Stderr: &stderr,
	})
	if err != nil || result.ExitCode != 0 {
		t.Fatalf("%+v, %v", result, err)
	}
	if want := "13\t13\tnil\tfalse\n"; stdout.String() != want || stderr.String() != "typed" {
		t.Errorf("stdout %q, want %q, stderr %q", stdout.String(), want, stderr.String())
	}
}
