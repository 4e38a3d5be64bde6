package engine_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

var leakCycles = flag.Int("leak.cycles", 4000, "TestNothingGrows: how many connections begin and end")

// grown is the content of one engine after many connections have ended.
type grown struct {
	goroutines int
	heap       uint64 // bytes of objects after garbage collections
	live       int
	running    int
	lines      int // of the dial guard
}

// spare is how many goroutines more than before are no leak: that of the finalizers counts
// while it runs one.
const spare = 1

func measure(eng *engine.Engine) grown {
	// Twice, so that the pools' victims are gone, too.
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return grown{runtime.NumGoroutine(), stats.HeapAlloc, eng.Live(), eng.Running(), eng.GuardLines()}
}

// Connections that begin, fail in every phase, close and are cut leave nothing in an
// engine that lives on.
func TestNothingGrows(t *testing.T) {
	seed := rand.Uint64()
	synctest.Test(t, func(t *testing.T) {
		var network *wstest.Net // of the batch
		eng := engine.New(engine.Options{DialContext: func(ctx context.Context, kind, addr string) (net.Conn, error) {
			return network.DialContext(ctx, kind, addr)
		}})
		defer eng.Shutdown(context.Background())
		random := rand.New(&lockedSource{source: rand.NewPCG(seed, 0)})
		batch, cycles := 500, *leakCycles
		if detector.Race {
			batch, cycles = batch/4, cycles/4
		}
		var first grown
		for done := 0; done < cycles; done += batch {
			network = new(wstest.Net) // which remembers every dial
			leakBatch(t, eng, network, batch, random)
			synctest.Wait()
			now := measure(eng)
			if n := network.OpenConns(); n > 0 || now.live > 0 || now.running > 0 {
				t.Fatalf("seed %d: %d connections are left open: %+v", seed, n, now)
			}
			switch {
			case done < 2*batch:
				first = now
			case now.goroutines > first.goroutines+spare, now.lines > first.lines, now.heap > first.heap+100<<10:
				t.Fatalf("seed %d: after %d connections %+v, at first %+v", seed, done+batch, now, first)
			}
		}
	})
}

// leakBatch plays n connections with an echo server of its own, some of them at once.
func leakBatch(t *testing.T, eng *engine.Engine, network *wstest.Net, n int, random *rand.Rand) {
	l, err := network.Listen("echo.test:80")
	if err != nil {
		t.Fatal(err)
	}
	server := echo.Serve(l, echo.Options{})
	defer server.Close()
	network.Setup = func(client *wstest.Conn) {
		f := fault{[]string{"none", "fin", "reset", "stall"}[random.IntN(4)], random.IntN(2) == 0, random.Int64N(300)}
		f.order(client)
	}
	cycle(t, eng, n, random, engine.ConnectOptions{}, []string{"ws://echo.test/", "ws://echo.test/", "ws://echo.test/",
		"ws://refused.test/", "ws://x.invalid/", "nonsense"})
	time.Sleep(time.Minute) // sockets that wait for a FIN, lines of the guard
}

// cycle begins n connections, up to 20 of them at once, and dispatches until all have
// ended. They send a few messages and close, early or late, unless they end otherwise.
func cycle(t *testing.T, eng *engine.Engine, n int, random *rand.Rand, opts engine.ConnectOptions, urls []string) {
	t.Helper()
	host := handler{
		opened: func(id engine.ID, _ *engine.Info) {
			for _, m := range []string{"first", "message after message", "last"} {
				eng.Send(id, engine.Auto, m)
			}
		},
		received: func(id engine.ID, data []byte, _ engine.Kind) {
			if string(data) == "last" || random.IntN(5) == 0 {
				eng.Close(id, 0, "")
			}
		},
	}
	ended := 0
	host.ended = func(engine.ID, *engine.End) { ended++ }
	for begun := 0; ended < n; {
		for begun < n && eng.Live() < 20 {
			begun++
			opts.Compression = nil
			if random.IntN(2) == 0 {
				opts.Compression = &engine.Compression{}
			}
			id, err := eng.Connect(urls[random.IntN(len(urls))], opts)
			if err != nil {
				t.Fatal(err)
			}
			if random.IntN(10) == 0 {
				eng.Close(id, 0, "")
			}
		}
		<-eng.Ready()
		eng.Dispatch(host, engine.Budget{})
	}
}

// An hour of 500 connections that all have something to say now and then: memory and
// goroutines are after it as they were after ten minutes.
func TestChattyHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conns := detector.Part(500)
		network := new(wstest.Net)
		l, err := network.Listen("echo.test:80")
		if err != nil {
			t.Fatal(err)
		}
		server := echo.Serve(l, echo.Options{})
		defer server.Close()
		eng := engine.New(engine.Options{DialContext: network.DialContext})
		defer eng.Shutdown(context.Background())
		said, heard := 0, 0
		host := handler{
			opened: func(id engine.ID, info *engine.Info) {
				if info.Extensions != "" { // fills the windows of both sides from the start
					eng.Send(id, engine.Auto, strings.Repeat("chat ", 20_000))
					said++
				}
			},
			received: func(engine.ID, []byte, engine.Kind) { heard++ },
			ended: func(id engine.ID, end *engine.End) {
				t.Errorf("connection %d has ended: %s", id, end.Detail)
			},
		}
		for i := range conns {
			var opts engine.ConnectOptions
			if i%10 == 0 {
				opts.Compression = &engine.Compression{}
			}
			if _, err := eng.Connect("ws://echo.test/", opts); err != nil {
				t.Fatal(err)
			}
		}
		random := rand.New(rand.NewPCG(1, 2))
		var first grown
		// Each one is silent for 50 seconds at least now and then, so that keepalive has
		// something to do, too.
		for minute := range 60 {
			for range conns {
				time.Sleep(time.Minute / time.Duration(conns))
				id := engine.ID(1 + random.IntN(conns))
				eng.Send(id, engine.Auto, strings.Repeat("chat ", 1+random.IntN(random.IntN(500)+1)))
				said++
				synctest.Wait()
				for eng.Dispatch(host, engine.Budget{}) > 0 {
				}
			}
			if minute%10 != 9 {
				continue
			}
			now := measure(eng)
			if first.live == 0 {
				first = now
			}
			if now.live != conns || now.goroutines > first.goroutines+spare || now.heap > first.heap+200<<10 || heard != said {
				t.Fatalf("after %d minutes %+v, at first %+v; %d of %d messages came back", minute+1, now, first, heard, said)
			}
		}
	})
}

// lockedSource is a source that dials, which run at the same time, may share.
type lockedSource struct {
	mu     sync.Mutex
	source rand.Source
}

func (l *lockedSource) Uint64() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.source.Uint64()
}
