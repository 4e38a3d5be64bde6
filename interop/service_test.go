//go:build interop

package interop

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// patience is how long a service may take to start, and to log an event.
	patience = 20 * time.Second

	// stopTimeout is how long it may take to end.
	stopTimeout = 5 * time.Second

	// glance is the pause between looks at a port or a log file of another program, which
	// signals nothing.
	glance = 10 * time.Millisecond
)

// A tool is a program that a test cannot do without.
type tool struct {
	names  []string // any of them will do
	debian string   // the package that brings the first
}

// Debian has most of them where only root's PATH leads.
var systemPaths = []string{"/usr/sbin", "/sbin", "/usr/lib/squid"}

// path fails the test aloud if the program is not there: no test of this package is
// skipped for want of a server.
func (w tool) path(t *testing.T) string {
	t.Helper()
	for _, name := range w.names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		for _, dir := range systemPaths {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path
			}
		}
	}
	t.Fatalf("%s is not installed: install Debian's package %s, or run interop/install", w.names[0], w.debian)
	return ""
}

// needPython fails the test aloud if the system's Python lacks a module.
func needPython(t *testing.T, module, debian string) {
	t.Helper()
	if out, err := exec.Command("/usr/bin/python3", "-c", "import "+module).CombinedOutput(); err != nil {
		t.Fatalf("/usr/bin/python3 cannot import %s: install Debian's package %s, or run interop/install: %v\n%s",
			module,
			debian, err, out)
	}
}

// A service is a program that runs until the test ends.
type service struct {
	name    string
	process *os.Process
	said    *output
	ended   chan struct{} // closed when it has
}

// serve starts a program. Its output is shown if the test fails.
func serve(t *testing.T, path string, args ...string) *service {
	t.Helper()
	ctx, end := context.WithCancel(context.Background()) // t.Context ends before cleanups run
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // so that it cleans up and ends its helpers
	cmd.WaitDelay = stopTimeout
	s := &service{name: filepath.Base(path), said: new(output), ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = s.said, s.said
	stdin, err := cmd.StdinPipe() // our own servers end with it, so that none outlives a crashed test
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.process = cmd.Process
	go func() {
		defer close(s.ended)
		cmd.Wait()
	}()
	t.Cleanup(func() {
		stdin.Close()
		end()
		<-s.ended
		if t.Failed() {
			t.Logf("%s said:\n%s", s.name, s.said)
		}
	})
	return s
}

// await returns when the service accepts TCP at these addresses.
func (s *service) await(t *testing.T, addresses ...string) {
	t.Helper()
	for _, address := range addresses {
		s.poll(t, "listen at "+address, func() bool {
			conn, err := net.Dial("tcp", address)
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
	}
}

// says waits for a line that the pattern matches, and returns its submatches.
func (s *service) says(t *testing.T, pattern string) []string {
	t.Helper()
	return s.logs(t, s.said.String, pattern)
}

// logs is says for a log that is kept elsewhere.
func (s *service) logs(t *testing.T, text func() string, pattern string) []string {
	t.Helper()
	expression := regexp.MustCompile("(?m)" + pattern)
	var found []string
	s.poll(t, "say "+pattern, func() bool {
		found = expression.FindStringSubmatch(text())
		return found != nil
	})
	return found
}

func (s *service) poll(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(glance) {
		select {
		case <-s.ended:
			if done() {
				return
			}
			t.Fatalf("%s has ended and did not %s", s.name, what)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not %s within %s", s.name, what, patience)
		}
	}
}

// output collects a program's output. For concurrent use.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// peerNamed returns a server that TestMain has started.
func peerNamed(t *testing.T, name string) peer {
	t.Helper()
	for _, p := range peers {
		if p.name == name {
			return p
		}
	}
	t.Fatalf("no peer is called %s", name)
	return peer{}
}

// publicDir is a directory of the test's own that a service may use under another user's
// name.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tidewire-interop-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// report is testdata/report.lua's view of one connection, by name.
type report map[string]string

// visit opens url with options, spelled in Lua, sends a message and closes when it comes
// back. environment overrides the test's own variables. The test's own variables for
// proxies are emptied.
func visit(t *testing.T, url, options string, environment ...string) (seen report, stderr string) {
	t.Helper()
	cmd := script{name: "report", args: []string{url, options}, flags: []string{"--allow-read"},
		distrust: true}.command(t)
	for _, name := range []string{"http_proxy", "https_proxy", "all_proxy", "no_proxy"} {
		cmd.Env = append(cmd.Env, name+"=", strings.ToUpper(name)+"=")
	}
	cmd.Env = append(cmd.Env, environment...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if code := exitCode(t, cmd.Run()); code != 0 {
		t.Fatalf("report.lua %s %s: exit status %d\nstdout:\n%s\nstderr:\n%s", url, options, code, &out, &errs)
	}
	seen = report{}
	for line := range strings.Lines(out.String()) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		seen[name] = value
	}
	return seen, errs.String()
}

// want compares a report with the expected one. A value "…text…" is a part, "" means that
// the name is absent.
func (r report) want(t *testing.T, want report) {
	t.Helper()
	for name, value := range want {
		got, found := r[name]
		part, partial := strings.CutPrefix(value, "…")
		part, _ = strings.CutSuffix(part, "…")
		switch {
		case value == "" && !found, partial && strings.Contains(got, part), !partial && found && got == value:
		default:
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	if t.Failed() {
		for name, value := range r {
			t.Logf("%s = %s", name, value)
		}
	}
}
