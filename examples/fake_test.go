package examples_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/script"
)

const (
	serverAddr = "server.test:80"
	serverURL  = "ws://server.test/"

	// latency is one way. It puts some frames between Connect and onOpen.
	latency = 50 * time.Millisecond
)

// fakeRun is an example that runs in a bubble of its own, where time is fake, with an
// echo server on an in-memory network.
type fakeRun struct {
	t      *testing.T
	net    *wstest.Net
	server *echo.Server // nil while it is down
	stdout lines
	log    lines

	cancel context.CancelCauseFunc
	ended  chan struct{}
	result script.Result // once ended is closed
}

// inFakeTime runs the example at path in a bubble while test plays the world around it,
// then ends it as SIGINT does.
func inFakeTime(t *testing.T, path string, fps int, test func(r *fakeRun)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		r := &fakeRun{t: t, net: &wstest.Net{Latency: latency}, cancel: cancel, ended: make(chan struct{})}
		r.up()
		go func() {
			defer close(r.ended)
			var err error
			r.result, err = script.Run(ctx, script.Options{
				Path:   path,
				Args:   []string{serverURL},
				FPS:    fps,
				Stdout: &r.stdout,
				Logger: slog.New(slog.NewTextHandler(&r.log, nil)),
				Engine: engine.Options{DialContext: r.net.DialContext},
			})
			if err != nil {
				t.Error(err)
			}
		}()
		test(r)
		cancel(script.ExitCode(130))
		<-r.ended
		if r.server != nil {
			r.down()
		}
		if r.result.ExitCode != 130 {
			t.Errorf("exit code %d, want 130, as for SIGINT", r.result.ExitCode)
		}
		if n := r.net.OpenConns(); n > 0 {
			t.Errorf("%d connections are left open", n)
		}
	})
}

// up starts the server.
func (r *fakeRun) up() {
	listener, err := r.net.Listen(serverAddr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.server = echo.Serve(listener, echo.Options{})
}

// down stops the server: it closes its connections with 1001, and refuses new ones.
func (r *fakeRun) down() {
	r.server.Close()
	r.server = nil
}

// wantQuiet wants no Lua error so far and not a line in the log.
func (r *fakeRun) wantQuiet() {
	r.t.Helper()
	if log := r.log.String(); log != "" {
		r.t.Errorf("logged:\n%s", log)
	}
}

// heap returns the bytes in use after a collection.
func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// lines is an io.Writer that can be read while somebody writes.
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

// count returns how many lines are exactly like this.
func (l *lines) count(line string) int {
	n := 0
	for got := range strings.Lines(l.String()) {
		if strings.TrimSuffix(got, "\n") == line {
			n++
		}
	}
	return n
}
