package engine_test

import (
	"bytes"
	"context"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/wstest"
	"github.com/tidewire/tidewire/internal/wstest/enginetest"
)

// heap returns what is in use after the garbage and the pools have been collected.
func heap() int64 {
	var stats runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}

// flood is a loopback server that agrees to every opening handshake and then sends the same bytes until its client
// goes away, as fast as they are taken, in one write each time.
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
			conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
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

// dialNarrow dials with a small receive buffer, so that the kernel does not take megabytes from each server.
func dialNarrow(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	}
	return conn, err
}

// until polls: what it waits for happens in the engine's goroutines, without an event.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s within 20 s", what)
		}
	}
}

// A host that takes nothing costs what the contract says, whatever the server sends: receiveQueue and one message being
// assembled. What the blocks around the payloads and the table of entries take is within a factor.
func TestMemoryOfASlowHost(t *testing.T) {
	// What a connection that waits for room holds beside its inbox: the last read and its events.
	const perConnection = 192 << 10
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
		{"32 bytes, 500 connections", 500, 64 << 10, numbered(0, 1000, 32), 1.25},
		{"empty messages", 1, 4 << 20, bytes.Repeat(wstest.Text("").Append(nil), 1000), 1.25},
		{"1,000 bytes", 1, 4 << 20, numbered(0, 100, 1000), 1.5},
		{"20,000 bytes", 1, 4 << 20, numbered(0, 10, 20_000), 2},
		{"1,000,000 bytes", 1, 4 << 20, numbered(0, 1, 1_000_000), 2},
		{"one byte among 20 KiB of pongs", 1, 128 << 10, wstest.Text("x").Append(pongs), 1.25},
		{"one byte in two fragments", 1, 1 << 20, bytes.Repeat(fragmented, 1000), 2},
		{"40 KiB and a byte in fragments", 1, 4 << 20, wstest.Continuation("x").Append(
			wstest.Binary(strings.Repeat("x", 40<<10)).Unfinished().Append(nil)), 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := flood(t, c.connections, c.raw)
			h := enginetest.New(t, engine.Options{DialContext: dialNarrow})
			before := heap()
			for range c.connections {
				h.Connect(url, engine.ConnectOptions{ReceiveQueue: c.queue})
			}
			counted, stood := int64(0), 0
			until(t, "full inbox", func() bool {
				undelivered := h.Stats().Undelivered
				now := undelivered.Bytes + int64(undelivered.Messages)*overhead
				stood++
				if now != counted || h.Stats().Open < c.connections {
					counted, stood = now, 0
				}
				return stood > 30
			})
			grown := heap() - before
			bound := int64(c.connections) * c.queue
			t.Logf("%d KiB counted of %d, heap grown by %d KiB", counted>>10, bound>>10, grown>>10)
			if counted > bound {
				t.Errorf("%d bytes counted, want at most %d", counted, bound)
			}
			if most := int64(c.factor*float64(bound)) + int64(c.connections)*perConnection + 1<<20; grown > most {
				t.Errorf("the heap has grown by %d bytes, want at most %d", grown, most)
			}
		})
	}
}
