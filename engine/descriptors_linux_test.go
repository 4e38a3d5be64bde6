package engine_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

const withoutDescriptors = "TIDEWIRE_TEST_DESCRIPTORS"

// A process that has no file descriptor left learns so from the error, whatever was to be
// dialled. Its open connections go on, and once there are descriptors again so does
// everything else, with nothing leaked.
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
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cert := wstest.Certificate(t, "127.0.0.1")
	address, port := l.Addr().String(), l.Addr().(*net.TCPAddr).Port
	eng := engine.New(engine.Options{DialsPerSecond: -1})
	events := make(map[engine.ID][]string)
	next := func(id engine.ID) string {
		pump(t, eng, handler{
			opened: func(id engine.ID, _ *engine.Info) { events[id] = append(events[id], "open") },
			received: func(id engine.ID, data []byte, _ engine.Kind) {
				events[id] = append(events[id], "message "+string(data))
			},
			ended: func(id engine.ID, end *engine.End) {
				events[id] = append(events[id], enginetest.EndString(end)+": "+end.Detail)
			},
		}, func() bool { return len(events[id]) > 0 })
		event := events[id][0]
		events[id] = events[id][1:]
		return event
	}
	connect := func(url string) engine.ID {
		id, err := eng.Connect(url, engine.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	open := func(url string) (engine.ID, *wstest.Peer) {
		id := connect(url)
		peer := wstest.Accept(t, l)
		peer.Handshake(wstest.Answer{})
		if event := next(id); event != "open" {
			t.Fatalf("%s: %s", url, event)
		}
		return id, peer
	}
	neighbour, peer := open("ws://" + address)

	var held []*os.File
	for {
		file, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		held = append(held, file)
	}
	before := openFiles() - len(held)
	goroutines := runtime.NumGoroutine()
	const want = "too many open files: raise the limit (ulimit -n) or hold fewer connections"
	for _, url := range []string{
		"ws://" + address,
		"wss://" + address,
		fmt.Sprintf("ws://localhost:%d", port),
		"ws://no-such-name.test",
	} {
		for range 20 {
			event := next(connect(url))
			if !strings.HasPrefix(event, `error "Underlying Transport Error" internal: `) || !strings.HasSuffix(event, want) {
				t.Fatalf("%s: %s", url, event)
			}
		}
	}
	peer.Send(wstest.Text("still here"))
	if event := next(neighbour); event != "message still here" {
		t.Errorf("the neighbour: %s", event)
	}

	// Package crypto/x509 reads the system's roots once for the process. With two
	// descriptors, for the two ends of TCP, there is none for the roots.
	secure := func() string {
		id := connect("wss://" + address)
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = tls.Server(conn, cert.Server).Handshake() // the client does not trust it
		return next(id)
	}
	l.(*net.TCPListener).SetDeadline(time.Time{})
	held[0].Close()
	held[1].Close()
	t.Logf("with two descriptors: %s", secure())
	for _, file := range held[2:] {
		file.Close()
	}
	if event := secure(); !strings.Contains(event, "authority") {
		t.Errorf("the system's roots are lost for good: %s", event)
	}
	for _, url := range []string{"ws://" + address, fmt.Sprintf("ws://localhost:%d", port)} {
		id, peer := open(url)
		peer.Send(wstest.Close(1000, ""))
		if event := next(id); event != `close 1000 "" clean: closed with 1000` {
			t.Errorf("%s: %s", url, event)
		}
		peer.Hangup()
	}
	if err := eng.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if after := openFiles(); after > before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
}

// openFiles counts the open descriptors. The list in /proc would take one itself.
func openFiles() (n int) {
	for fd := range 64 {
		var stat syscall.Stat_t
		if syscall.Fstat(fd, &stat) == nil {
			n++
		}
	}
	return n
}
