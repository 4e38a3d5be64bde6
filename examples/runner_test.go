package examples_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience is far longer than an example that ends by itself takes.
const patience = 30 * time.Second

// run runs the runner in this folder, and returns its output and its exit code.
func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, runner, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// The examples that end by themselves, as README runs them.
func TestRun(t *testing.T) {
	for path, want := range map[string]string{
		"hello.lua": "received hello\nclosed with 1000\n",
		"queue.lua": "received first in the queue\nreceived second in the queue\nreceived sent when open\nclosed " +
			"with 1000\n",
		"binary.lua": "received DE AD BE EF CA FE BA BE as sent\nclosed with 1000\n",
	} {
		t.Run(path, func(t *testing.T) {
			stdout, stderr, code := run(t, "run", "--echo", path)
			if stdout != want || stderr != "" || code != 0 {
				t.Errorf("exit code %d, want 0\nstdout:\n%swant:\n%sstderr:\n%s", code, stdout, want, stderr)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	stdout, stderr, code := run(t, "run", "--echo", "load.lua")
	if !strings.HasPrefix(stdout, "5000 messages over 50 connections, ") || stderr != "" || code != 0 {
		t.Errorf("exit code %d, want 0\nstdout:\n%s\nstderr:\n%s", code, stdout, stderr)
	}
}

// Without a server every example asks for one.
func TestNoServer(t *testing.T) {
	for _, path := range examples(t) {
		stdout, stderr, code := run(t, "run", path)
		if code != 1 || stdout != "" || !strings.Contains(stderr, "no server: give ") {
			t.Errorf("%s: exit code %d, want 1\nstdout:\n%s\nstderr:\n%s", path, code, stdout, stderr)
		}
	}
}

// An argument goes before the echo server.
func TestURLArgument(t *testing.T) {
	for _, path := range examples(t) {
		if path == "heartbeat.lua" || strings.HasPrefix(path, "reconnect") {
			continue // they go on for ever; fake_test.go gives them a URL, too
		}
		stdout, stderr, _ := run(t, "run", "--echo", path, "nonsense")
		if !strings.Contains(stdout+stderr, "invalid uri: ") {
			t.Errorf("%s: stdout:\n%s\nstderr:\n%s", path, stdout, stderr)
		}
	}
}

// reconnect.lua gives up on an error that reconnecting cannot fix.
func TestReconnectGivesUp(t *testing.T) {
	stdout, stderr, code := run(t, "run", "reconnect.lua", "nonsense")
	if code != 0 || !strings.HasPrefix(stdout, "given up: ") || stderr != "" {
		t.Errorf("exit code %d, want 0\nstdout:\n%s\nstderr:\n%s", code, stdout, stderr)
	}
}

func examples(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("*.lua")
	if err != nil || len(paths) != 14 {
		t.Fatalf("examples %q, error %v", paths, err)
	}
	return paths
}
