package engine_test

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/memory"
)

var socketCycles = flag.Int("leak.sockets", 2000,
	"TestNothingGrowsOnSockets: how many connections begin and end")

// faultyListener gives each connection a fault after some byte of the server's.
type faultyListener struct {
	net.Listener
	random *rand.Rand
}

func (l faultyListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	f := &faultySocket{TCPConn: conn.(*net.TCPConn), kind: []string{"none", "none", "fin", "reset", "mute"}[l.random.IntN(5)],
		left: l.random.IntN(2500)}
	if f.kind == "mute" && l.random.IntN(4) > 0 { // those take time
		f.kind = "none"
	}
	return f, nil
}

// faultySocket is a server's socket that ends, or says nothing more, after a byte.
type faultySocket struct {
	*net.TCPConn
	kind string

	mu   sync.Mutex
	left int // bytes until then
}

func (f *faultySocket) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kind == "none" || len(p) < f.left {
		f.left -= len(p)
		return f.TCPConn.Write(p)
	}
	n, err := f.TCPConn.Write(p[:f.left])
	f.left = 0
	if err != nil {
		return n, err
	}
	switch f.kind {
	case "fin":
		f.TCPConn.Close()
	case "reset":
		f.TCPConn.SetLinger(0)
		f.TCPConn.Close()
	}
	return len(p), nil
}

// descriptors returns how many files this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open) - 1 // without the directory's own
}

// Connections over real sockets, to eight loopback addresses with and without TLS, that
// end in every way leave no goroutine, no descriptor, no memory charged and no heap.
func TestNothingGrowsOnSockets(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(&lockedSource{source: rand.NewPCG(seed, 0)})
	var addresses, urls []string
	for i := range 8 {
		addresses = append(addresses, fmt.Sprintf("127.0.0.%d", i+1))
	}
	cert := wstest.Certificate(t, addresses...)
	for i, address := range addresses {
		l, err := net.Listen("tcp", address+":0")
		if err != nil {
			t.Skip(err)
		}
		opts, scheme := echo.Options{}, "ws"
		if i%4 == 3 {
			opts.TLSConfig, scheme = cert.Server, "wss"
		}
		t.Cleanup(echo.Serve(faultyListener{l, random}, opts).Close)
		urls = append(urls, scheme+"://"+l.Addr().String()+"/")
	}
	urls = append(urls, "ws://127.0.0.1:1/", "ws://x.invalid/", "ws://127.0.0.9/")
	policy, err := engine.NewPolicy(nil, []string{"127.0.0.9"})
	if err != nil {
		t.Fatal(err)
	}
	account := new(memory.Account)
	eng := engine.New(engine.Options{DialsPerSecond: -1, Memory: account, Policy: policy,
		TLSConfig: &tls.Config{RootCAs: cert.Roots}})
	defer eng.Shutdown(context.Background())
	soon := engine.ConnectOptions{Timeouts: engine.Timeouts{TLS: 2 * time.Second, Handshake: time.Second,
		Closing: time.Second}, Ping: 500 * time.Millisecond, Pong: 500 * time.Millisecond}

	// Off, because it closes forgotten sockets.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	batch, cycles := 500, *socketCycles
	if detector.Race {
		batch, cycles = batch/4, cycles/4
	}
	var first grown
	for done := batch; done <= cycles; done += batch {
		cycle(t, eng, batch, random, soon, urls)
		until(t, fmt.Sprintf("end of all goroutines and sockets (seed %d)", seed), func() bool {
			return eng.Running() == 0 && runtime.NumGoroutine() <= goroutines && descriptors(t) <= files
		})
		now := measure(eng)
		if now.live > 0 || account.Used() > 0 {
			t.Fatalf("seed %d: after %d connections %+v, %d bytes charged", seed, done, now, account.Used())
		}
		switch {
		case done <= 2*batch:
			first = now
		case now.heap > first.heap+200<<10:
			t.Fatalf("seed %d: after %d connections %+v, at first %+v", seed, done, now, first)
		}
	}
}
