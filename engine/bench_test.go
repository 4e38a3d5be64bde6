package engine_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

var noBudget = engine.Budget{Events: 1 << 30, Time: time.Hour}

// dispatchUntil dispatches without a budget and without a clock.
func dispatchUntil(eng *engine.Engine, h engine.Handler, done func() bool) {
	for !done() {
		events := eng.Dispatch(h, noBudget)
		eng.Flush()
		if events == 0 {
			<-eng.Ready()
		}
	}
}

// The raw figure is the cost of TCP alone: the same bytes, read in pieces of 64 KiB.
func BenchmarkReceive(b *testing.B) {
	for _, size := range []int{32, 256, 4096} {
		frames := bytes.Repeat(wstest.Binary(strings.Repeat("x", size)).Append(nil), max(1, 256<<10/size))
		b.Run(fmt.Sprintf("%d/raw", size), func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			var server sync.WaitGroup
			server.Go(func() {
				conn, err := l.Accept()
				for err == nil {
					_, err = conn.Write(frames)
				}
			})
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			frame := int64(len(wstest.Binary(strings.Repeat("x", size)).Append(nil)))
			b.SetBytes(int64(size))
			buf := make([]byte, 64<<10)
			b.ResetTimer()
			for left := frame * int64(b.N); left > 0; {
				n, err := conn.Read(buf)
				if err != nil {
					b.Fatal(err)
				}
				left -= int64(n)
			}
			b.StopTimer()
			conn.Close()
			server.Wait()
		})
		b.Run(fmt.Sprintf("%d/engine", size), func(b *testing.B) {
			h := enginetest.New(b, engine.Options{DialContext: new(net.Dialer).DialContext})
			h.Connect(flood(b, 1, frames), engine.ConnectOptions{})
			b.SetBytes(int64(size))
			b.ReportAllocs()
			n := 0
			count := handler{received: func(engine.ID, []byte, engine.Kind) { n++ }}
			dispatchUntil(h.Engine, count, func() bool { return n > 0 })
			n = 0
			b.ResetTimer()
			dispatchUntil(h.Engine, count, func() bool { return n >= b.N })
			b.StopTimer()
			h.Abort()
		})
	}
}

// sink is a loopback server that throws away all that it receives, after the opening
// handshake if asked for.
func sink(b testing.TB, answer *wstest.Answer) (address string, received func() int64) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex
	var total int64
	var server sync.WaitGroup
	server.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if answer != nil {
			wstest.NewPeer(b, conn).Handshake(*answer)
		}
		buf := make([]byte, 256<<10)
		for err == nil {
			var n int
			n, err = conn.Read(buf)
			mu.Lock()
			total += int64(n)
			mu.Unlock()
		}
	})
	b.Cleanup(func() { l.Close(); server.Wait() })
	return l.Addr().String(), func() int64 {
		mu.Lock()
		defer mu.Unlock()
		return total
	}
}

// The raw figure is TCP with many messages a write, as the engine does it.
func BenchmarkSend(b *testing.B) {
	for _, size := range []int{32, 256} {
		message := strings.Repeat("x", size)
		frame := wstest.Frame{Opcode: wstest.OpBinary, Masked: true, Payload: []byte(message)}.Append(nil)
		b.Run(fmt.Sprintf("%d/raw", size), func(b *testing.B) {
			address, _ := sink(b, nil)
			conn, err := net.Dial("tcp", address)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			batch := bytes.Repeat(frame, 64<<10/len(frame))
			b.SetBytes(int64(size))
			b.ResetTimer()
			for left := len(frame) * b.N; left > 0; left -= len(batch) {
				if _, err := conn.Write(batch); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/engine", size), func(b *testing.B) {
			address, received := sink(b, &wstest.Answer{})
			h := enginetest.New(b, engine.Options{DialContext: new(net.Dialer).DialContext})
			id := h.Connect("ws://"+address+"/", engine.ConnectOptions{SendQueue: 1 << 40})
			h.WantOf(id, "open")
			b.SetBytes(int64(size))
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				h.Queue(id, engine.Binary, message)
				if i%1024 == 1023 { // a script's turn is over; the queue stays short
					for h.Stats().Unsent.Messages > 100_000 {
						runtime.Gosched()
					}
				}
			}
			for received() < int64(len(frame))*int64(b.N) {
				runtime.Gosched()
			}
			b.StopTimer()
			h.Abort()
		})
	}
}

// One message in flight, to a server that echoes; the raw figure is TCP's alone, to a
// server that does the same with bytes.
func BenchmarkEcho(b *testing.B) {
	message := strings.Repeat("x", 32)
	b.Run("raw", func(b *testing.B) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		defer l.Close()
		var server sync.WaitGroup
		server.Go(func() {
			if conn, err := l.Accept(); err == nil {
				defer conn.Close()
				io.CopyBuffer(struct{ io.Writer }{conn}, struct{ io.Reader }{conn}, make([]byte, 4096))
			}
		})
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		buf := make([]byte, len(message))
		for b.Loop() {
			conn.Write([]byte(message))
			if _, err := io.ReadFull(conn, buf); err != nil {
				b.Fatal(err)
			}
		}
		conn.Close()
		server.Wait()
	})
	b.Run("engine", func(b *testing.B) {
		server, err := echo.Start("", echo.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer server.Close()
		h := enginetest.New(b, engine.Options{DialContext: new(net.Dialer).DialContext})
		id := h.Connect(server.URL(), engine.ConnectOptions{})
		h.WantOf(id, "open")
		b.ReportAllocs()
		n := 0
		count := handler{received: func(engine.ID, []byte, engine.Kind) { n++ }}
		for b.Loop() {
			h.Queue(id, engine.Text, message)
			want := n + 1
			dispatchUntil(h.Engine, count, func() bool { return n == want })
		}
		h.Abort()
	})
}
