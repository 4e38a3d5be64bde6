package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/handshake"
)

// heap returns the bytes in use after the garbage and the pools have been collected.
func heap() int64 {
	var stats runtime.MemStats
	engine.DropFreeBlocks()
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}

// flood is a loopback server that agrees to every opening handshake and then sends the
// same bytes until its client goes away, as fast as they are taken, in one write each
// time.
func flood(t testing.TB, connections int, raw []byte) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var loops sync.WaitGroup
	loops.Go(func() {
		for range connections {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if connections > 10 { // the kernel would take megabytes from each
				conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
			}
			peer := wstest.NewPeer(t, conn)
			peer.Handshake(wstest.Answer{})
			loops.Go(func() {
				for {
					if _, err := conn.Write(raw); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); loops.Wait() })
	return "ws://" + l.Addr().String() + "/"
}

// dialNarrow dials with a small receive buffer, so that the kernel does not take
// megabytes from each server.
func dialNarrow(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	}
	return conn, err
}

// until polls: its condition comes true in the engine's goroutines, without an event.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	// Long, for a machine that does much else meanwhile.
	const patience = 2 * time.Minute
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s within %v", what, patience)
		}
	}
}

// untilFull waits until connections are open and what waits for Dispatch grows no longer,
// and returns how much that is, as it is counted.
func untilFull(t testing.TB, h *enginetest.Rig, connections int) (counted int64) {
	stood := 0
	until(t, "full inbox", func() bool {
		stats := h.Stats()
		now := stats.Undelivered.Bytes + int64(stats.Undelivered.Messages)*overhead
		stood++
		if now != counted || now == 0 || stats.Open < connections {
			counted, stood = now, 0
		}
		return stood > 20
	})
	return counted
}

// An embedder that takes nothing costs as much as the contract says, whatever the server
// sends: receiveQueue and one message being assembled. The blocks around the payloads and
// the table of entries are within a factor.
func TestMemoryOfASlowHost(t *testing.T) {
	// The memory of a connection that waits for room, its inbox aside: the last read and
	// its events.
	const perConnection = 192 << 10
	patient := engine.Timeouts{TCP: time.Minute, Handshake: time.Minute}
	pongs := bytes.Repeat(wstest.Pong(strings.Repeat("p", 125)).Append(nil), 160) // 20 KiB that count nothing
	fragmented := wstest.Continuation("").Append(wstest.Text("x").Unfinished().Append(nil))
	for _, c := range []struct {
		name        string
		connections int
		queue       int64
		raw         []byte
		factor      float64
	}{
		{"32 bytes", 1, 4 << 20, numbered(0, 1000, 32), 1.25},
		{"32 bytes, 4 connections", 4, 4 << 20, numbered(0, 1000, 32), 1.25},
		{"32 bytes, many connections", detector.Part(500), 32 << 10, numbered(0, 1000, 32), 1.25},
		{"empty messages", 1, 4 << 20, bytes.Repeat(wstest.Text("").Append(nil), 1000), 1.25},
		{"1,000 bytes", 1, 4 << 20, numbered(0, 100, 1000), 1.5},
		{"20,000 bytes", 1, 4 << 20, numbered(0, 10, 20_000), 2},
		{"1,000,000 bytes", 1, 4 << 20, numbered(0, 1, 1_000_000), 2},
		{"one byte among 20 KiB of pongs", 1, int64(detector.Part(128 << 10)), wstest.Text("x").Append(pongs), 1.25},
		{"one byte in two fragments", 1, 1 << 20, bytes.Repeat(fragmented, 1000), 2.25},
		{"40 KiB and a byte in fragments", 1, 4 << 20, wstest.Continuation("x").Append(
			wstest.Binary(strings.Repeat("x", 40<<10)).Unfinished().Append(nil)), 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := flood(t, c.connections, c.raw)
			h := enginetest.New(t, engine.Options{DialContext: dialNarrow})
			before := heap()
			for range c.connections {
				// 500 at once may take more than 5 s each on a machine that does much
				// else.
				h.Connect(url, engine.ConnectOptions{ReceiveQueue: c.queue, Timeouts: patient})
			}
			counted := untilFull(t, h, c.connections)
			grown := heap() - before
			bound := int64(c.connections) * c.queue
			t.Logf("%d KiB counted of %d, heap grown by %d KiB", counted>>10, bound>>10, grown>>10)
			if counted > bound {
				t.Errorf("%d bytes counted, want at most %d", counted, bound)
			}
			if most := int64(c.factor*float64(bound)) + int64(c.connections)*perConnection + 2<<20; grown > most {
				t.Errorf("the heap has grown by %d bytes, want at most %d", grown, most)
			}
		})
	}
}

// Messages that just fill a block, and those that just need the next larger one, of every
// size class: the account has all of the memory that they hold, and that is at most twice
// what is counted, beside one message that arrives and one that grows to its size.
func TestMemoryOfEachSize(t *testing.T) {
	const queue, headroom = 256 << 10, 8 << 10
	var sizes []int
	for size := 64; size <= 32<<20; size *= 2 {
		sizes = append(sizes, size, size+1)
		if size >= 64<<10 {
			sizes = append(sizes, size+headroom, size+headroom+1)
		}
	}
	for _, size := range detector.Some(sizes) {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			message := wstest.Binary(strings.Repeat("x", size)).Append(nil)
			url := flood(t, 1, bytes.Repeat(message, max(1, 64<<10/len(message))))
			h := enginetest.New(t, engine.Options{DialContext: dialNarrow})
			message = nil
			before := heap()
			h.Connect(url, engine.ConnectOptions{ReceiveQueue: queue, MaxMessage: 64 << 20})
			counted := untilFull(t, h, 1)
			most := 2*(counted+int64(size)) + 320<<10 // and a read of several small ones
			until(t, "end of growing", func() bool { return h.Memory.Used() <= most })
			charged, grown := h.Memory.Used(), heap()-before
			for charged != h.Memory.Used() {
				charged, grown = h.Memory.Used(), heap()-before
			}
			t.Logf("%d KiB counted, %d KiB charged, heap grown by %d KiB", counted>>10, charged>>10, grown>>10)
			if counted > max(queue, int64(size)+overhead) {
				t.Errorf("%d bytes are counted", counted)
			}
			if most := charged + 1<<20; grown > most {
				t.Errorf("the heap has grown by %d bytes, and %d are charged", grown, charged)
			}
		})
	}
}

// An idle connection costs one goroutine and little memory, also after messages have gone
// both ways.
func TestMemoryOfIdleConnections(t *testing.T) {
	connections := detector.Part(500)
	message := strings.Repeat("x", 100)
	burst := bytes.Repeat(wstest.Text(message).Append(nil), 100)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, connections)
	park := func(conn net.Conn) {
		var buf [64]byte
		for {
			if _, err := conn.Read(buf[:]); err != nil {
				return
			}
		}
	}
	accept := func(upgrade bool) {
		for range connections {
			conn, err := l.Accept()
			if err == nil && upgrade {
				_, err = handshake.Server(t.Context(), conn, conn, handshake.Choices{}, 5*time.Second)
			}
			if err != nil {
				t.Error(err)
				return
			}
			go park(conn)
			accepted <- conn
		}
	}
	cost := func(before int64) int64 { return (heap() - before) / int64(connections) }

	// The memory of the sockets, each side with a goroutine that reads into 64 bytes.
	before := heap()
	go accept(false)
	var conns []net.Conn
	for range connections {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		go park(conn)
		conns = append(conns, conn, <-accepted)
	}
	raw := cost(before)
	for _, conn := range conns {
		conn.Close()
	}
	until(t, "end of the raw connections", func() bool { return runtime.NumGoroutine() < 100 })
	conns = nil

	before = heap()
	goroutines := runtime.NumGoroutine()
	h := enginetest.New(t, engine.Options{DialContext: new(net.Dialer).DialContext})
	go accept(true)
	var ids []engine.ID
	opened, received := 0, 0
	counter := handler{
		opened:   func(engine.ID, *engine.Info) { opened++ },
		received: func(engine.ID, []byte, engine.Kind) { received++ },
	}
	for range connections {
		ids = append(ids, h.Connect("ws://"+l.Addr().String()+"/", engine.ConnectOptions{}))
		conns = append(conns, <-accepted)
	}
	pump(t, h.Engine, counter, func() bool { return opened == connections })
	measure := func(what string) {
		until(t, "one goroutine on each side",
			func() bool { return runtime.NumGoroutine()-goroutines == 2*connections })
		each := cost(before) - raw
		t.Logf("%s: %d bytes more than two raw sockets with their goroutines, which take %d", what, each, raw)
		most := int64(8 << 10) // about 5 KiB
		if detector.Race {
			most *= 4 // the heap's noise is shared by few connections
		}
		if each > most {
			t.Errorf("%s: %d bytes more than raw sockets, want at most %d", what, each, most)
		}
	}
	measure("opened")
	for i, id := range ids {
		for range 100 {
			h.Send(id, engine.Text, message)
		}
		conns[i].Write(burst)
	}
	pump(t, h.Engine, counter, func() bool { return received == 100*connections })
	until(t, "empty send queue", func() bool { return h.Stats().Unsent.Messages == 0 })
	measure("used")
	for _, conn := range conns {
		conn.Close()
	}
	pump(t, h.Engine, handler{}, func() bool { return h.Live() == 0 })
}

// A connection is as large as one of the sizes in which Go gives out memory; the next is 128
// bytes more.
func TestSizeOfAConnection(t *testing.T) {
	const most = 1152
	if engine.ConnectionBytes > most {
		t.Errorf("a connection has %d bytes, want at most %d", engine.ConnectionBytes, most)
	}
}
