package scripts

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/bench/ws/scenario"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// Our runner plays wherever the tests run; the others play where they are installed.
func TestPlay(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the runner")
	}
	folder := t.TempDir()
	found, missing, err := Prepare(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := found["runner"]; !ok {
		t.Errorf("the runner is missing: %v", missing["runner"])
	}
	if len(found)+len(missing) != 5 {
		t.Errorf("%d scripts play and %d do not, want 5 in all", len(found), len(missing))
	}
	at, err := server.Listen()
	if err != nil {
		t.Fatal(err)
	}
	of, err := scenario.Named("receive-256")
	if err != nil {
		t.Fatal(err)
	}
	for name, script := range found {
		if script.Version == "" {
			t.Errorf("%s has no version", name)
		}
		r, err := script.Play(name, of[0], at, 1000)
		if err != nil || r.Messages != 1000 || r.CPU <= 0 || r.Wall <= 0 || r.ServerCPU <= 0 || !r.Script {
			t.Errorf("%s: %+v, error %v", name, r, err)
		}
	}
	for _, url := range []string{"", "ws://" + at.WS + of[0].Serve.Path()} {
		q, messages, err := FrameDelays(folder, url, 500*time.Millisecond)
		if err != nil || q.P50 < 0 || q.P50 > q.P99 || q.P99 > q.P999 || q.P999 > q.Most || q.Most == 0 ||
			(messages > 0) != (url != "") {
			t.Errorf("frames beside %q: %+v, %d messages, error %v", url, q, messages, err)
		}
	}
	otherGrid := []string{filepath.Join(folder, runnerName), "run", "--fps", "1000",
		filepath.Join(folder, "frames.lua"), "900", "5"}
	if out, err := output(otherGrid...); err == nil || !strings.Contains(err.Error(), "before it was due") {
		t.Errorf("frames of another rate than the script's: %q, error %v", out, err)
	}
}

// A script that has collected something else fails, and so does one that cannot go on.
func TestPlayFails(t *testing.T) {
	of, err := scenario.Named("receive-256")
	if err != nil {
		t.Fatal(err)
	}
	at, err := server.Listen()
	if err != nil {
		t.Fatal(err)
	}
	for printed, want := range map[string]string{
		"begins\n10 2560 0.5 2": "", "begins\n9 2304 0.5 2": "has collected", "begins\n10 2559 0.5 2": "has collected",
		"begins 10 2560 0.5 2": "a line of figures", "begin\n10 2560 0.5 2": "a line of figures",
		"begins\n10 2560 0.5": "printed", "none": "printed",
	} {
		script := Script{command: []string{"sh", "-c", `echo "$0"`, printed}}
		r, err := script.Play("x", of[0], at, 10)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: error %v, want %q", printed, err, want)
		}
		if want == "" && (r.CPU != time.Second/2 || r.Wall != 2*time.Second) {
			t.Errorf("%q: %+v", printed, r)
		}
	}
	script := Script{command: []string{"sh", "-c", "echo no way >&2; exit 3"}}
	if _, err := script.Play("x", of[0], at, 10); err == nil || !strings.Contains(err.Error(), "no way") {
		t.Errorf("error %v", err)
	}
}

// The line that says why a program failed is that of its error.
func TestReason(t *testing.T) {
	for text, want := range map[string]string{
		"node:internal/modules:1\n  throw err;\n\nError: Cannot find module 'ws'\n  at x\n":        "Error: Cannot find module 'ws'",
		"Traceback (most recent call last):\n  File 1\nModuleNotFoundError: No module named 'x'\n": "ModuleNotFoundError: No module named 'x'",
		"luajit: x:1: module 'http' not found:\n\tno field\n\tno file\n":                           "luajit: x:1: module 'http' not found:",
		"": "",
	} {
		if got := reason(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
