package engine_test

import (
	"net"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/handshake"
)

// stacks returns the bytes of all stacks. Those of ended goroutines are given back first,
// but for a few that the processors keep.
func stacks() int64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.GC()
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// The stack of an idle connection's goroutine has the 2 KiB that Go begins with, whatever
// ordinary traffic there was: a stack that has grown to 4 KiB does not shrink again. The
// servers have no goroutines.
func TestStackOfAnIdleConnection(t *testing.T) {
	if detector.Race || runtime.GOARCH != "amd64" {
		t.Skip("frames have another size")
	}
	// The collector has goroutines help it that need memory while it runs, which takes more
	// stack. Here it runs between the steps.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	// A few goroutines have more that waited for a lock, or took the last memory of a kind,
	// deep in a step. Without care for frames all have.
	const (
		connections = 500
		most        = 3<<10 + 256 // the stacks of writeLoop are among the figure
	)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	before := stacks()
	h := enginetest.New(t, engine.Options{DialContext: new(net.Dialer).DialContext})
	opened, received := 0, 0
	counter := handler{
		opened:   func(engine.ID, *engine.Info) { opened++ },
		received: func(engine.ID, []byte, engine.Kind) { received++ },
	}
	var (
		ids   []engine.ID
		peers []net.Conn
	)
	for range connections {
		ids = append(ids, h.Connect("ws://"+l.Addr().String()+"/", engine.ConnectOptions{}))
		conn, err := l.Accept()
		if err == nil {
			_, err = handshake.Server(t.Context(), conn, conn, handshake.Choices{}, 5*time.Second)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		peers = append(peers, conn)
	}
	pump(t, h.Engine, counter, func() bool { return opened == connections })
	measure := func(after string) {
		t.Helper()
		each := (stacks() - before) / connections
		t.Logf("after %s: %d bytes", after, each)
		if each > most {
			t.Errorf("after %s: %d bytes of stack for each connection, want at most %d", after, each, most)
		}
	}
	measure("opening")
	write := func(raw []byte) {
		for _, peer := range peers {
			if _, err := peer.Write(raw); err != nil {
				t.Fatal(err)
			}
		}
	}
	receive := func(messages int, frames ...wstest.Frame) {
		var raw []byte
		for _, frame := range frames {
			raw = frame.Append(raw)
		}
		if len(raw) > 0 {
			write(raw)
		}
		want := received + messages*connections
		pump(t, h.Engine, counter, func() bool { return received == want })
	}
	read := func(want wstest.Frame) {
		for _, peer := range peers {
			if got, err := wstest.ReadFrame(peer); err != nil || got.String() != want.String() {
				t.Fatalf("the peer has got %v, error %v, want %v", got, err, want)
			}
		}
	}
	message, long := wstest.Text(strings.Repeat("x", 100)), wstest.Text(strings.Repeat("é", 2000))

	receive(1, message)
	measure("a message")
	for _, id := range ids {
		h.Send(id, engine.Text, "answer")
	}
	read(wstest.Text("answer"))
	measure("an answer")
	for range 3 {
		write(wstest.Ping("are you there").Append(nil))
		read(wstest.Pong("are you there"))
	}
	receive(1, wstest.Pong("unasked for"), message)
	measure("pings and a pong")
	for range 3 {
		receive(4, message, long, wstest.Text("in ").Unfinished(), wstest.Continuation("pieces"), message)
	}
	measure("several messages at once")
	for _, size := range []int{1, 100, 2000} {
		raw := long.Append(message.Append(nil))
		size += len(message.Append(nil))
		write(raw[:size]) // once the first message is there, the engine has read the piece
		receive(1)
		write(raw[size:])
		receive(1)
	}
	measure("messages in pieces")
}
