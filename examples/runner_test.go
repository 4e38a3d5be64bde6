package examples_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/echo"
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

// token.lua logs in with the token that it gets, and says why it gets none.
func TestToken(t *testing.T) {
	sockets, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heads := &overheard{Listener: sockets, words: "Authorization: Bearer t0ken\r\n"}
	server := echo.Serve(heads, echo.Options{})
	defer server.Close()
	asked := make(chan string, 1)
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked <- r.Method + " " + string(body)
		if r.URL.Path != "/token" {
			w.WriteHeader(http.StatusForbidden)
		}
		io.WriteString(w, "t0ken")
	}))
	defer tokens.Close()
	url := "ws://" + sockets.Addr().String() + "/"
	for path, want := range map[string]string{
		"/token": "received hello\nclosed with 1000\n",
		"/other": "no token: status 403\n",
	} {
		stdout, stderr, code := run(t, "run", "token.lua", url, tokens.URL+path)
		if stdout != want || stderr != "" || code != 0 {
			t.Errorf("%s: exit code %d, want 0\nstdout:\n%swant:\n%sstderr:\n%s", path, code, stdout, want, stderr)
		}
		if got := <-asked; got != "POST grant_type=client_credentials" {
			t.Errorf("the server was asked for %q", got)
		}
	}
	if n := heads.times.Load(); n != 1 {
		t.Errorf("the token came %d times", n)
	}
}

// overheard counts the reads of its connections in which words came.
type overheard struct {
	net.Listener
	words string
	times atomic.Int64
}

func (o *overheard) Accept() (net.Conn, error) {
	conn, err := o.Listener.Accept()
	return &overheardConn{conn, o}, err
}

type overheardConn struct {
	net.Conn
	of *overheard
}

func (c *overheardConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if bytes.Contains(p[:n], []byte(c.of.words)) {
		c.of.times.Add(1)
	}
	return n, err
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
	if err != nil || len(paths) != 15 {
		t.Fatalf("examples %q, error %v", paths, err)
	}
	return paths
}
