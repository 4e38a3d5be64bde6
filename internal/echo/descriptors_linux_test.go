package echo_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/echo"
)

const withoutDescriptors = "TIDEWIRE_TEST_DESCRIPTORS"

// A server that has no file descriptor left waits without spinning, says so, and serves
// the clients that waited once there is one.
func TestNoDescriptors(t *testing.T) {
	if os.Getenv(withoutDescriptors) != "" {
		noDescriptors(t)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestNoDescriptors$", "-test.v")
	child.Env = append(os.Environ(), withoutDescriptors+"=1")
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// noDescriptors is the child's half: the limit is the whole process's.
func noDescriptors(t *testing.T) {
	limit := func(descriptors uint64) {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: descriptors, Max: 64}); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log lines
	s := echo.Serve(l, echo.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	defer s.Close()
	client, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(client)
	limit(3) // below it are the standard streams, which nobody closes
	at := &syscall.SockaddrInet4{Port: l.Addr().(*net.TCPAddr).Port, Addr: [4]byte{127, 0, 0, 1}}
	if err := syscall.Connect(client, at); err != nil { // the kernel's half needs no descriptor of ours
		t.Fatal(err)
	}
	request := "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := syscall.Write(client, []byte(request)); err != nil {
		t.Fatal(err)
	}
	// A client without an answer for a second, which the test measures.
	before := cpuTime(t)
	patience := syscall.Timeval{Sec: 1}
	if err := syscall.SetsockoptTimeval(client, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &patience); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4096)
	if n, err := readSocket(client, answer); err != syscall.EAGAIN {
		t.Fatalf("an answer without a descriptor: %q, %v", answer[:max(n, 0)], err)
	}
	if used := cpuTime(t) - before; used > 200*time.Millisecond {
		t.Errorf("the server spins: %v of processor time in a second", used)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "(ulimit -n)") {
		t.Errorf("the log:\n%s", got)
	}
	limit(64)
	patience.Sec = 20
	if err := syscall.SetsockoptTimeval(client, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &patience); err != nil {
		t.Fatal(err)
	}
	if n, err := readSocket(client, answer); err != nil || !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 101") {
		t.Errorf("with descriptors: %q, %v", answer[:max(n, 0)], err)
	}
}

// readSocket reads from a socket with a timeout: the system does not go on with that by itself
// after a signal, such as the runtime's own.
func readSocket(fd int, p []byte) (n int, err error) {
	for {
		if n, err = syscall.Read(fd, p); err != syscall.EINTR {
			return n, err
		}
	}
}

func cpuTime(t *testing.T) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// lines is a log that the server's goroutine writes and the test reads.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
