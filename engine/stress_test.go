package engine_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/handshake"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

var stressSeed = flag.Uint64("stress.seed", 0, "seed of TestStress; 0 takes another one each time")

// faultyServer agrees to most opening handshakes, sends numbered messages, and ends each
// connection in one of many ways.
type faultyServer struct {
	seed  uint64
	loops sync.WaitGroup

	mu   sync.Mutex
	told map[string]told // by request target
}

// told is the server's record of a connection: its messages before the end, and how it
// ended.
type told struct {
	messages int
	end      string
}

// serve plays until l is closed. Each connection's goroutines end with the connection.
func (s *faultyServer) serve(l net.Listener) {
	for n := uint64(0); ; n++ {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		random := rand.New(rand.NewPCG(s.seed, n))
		s.loops.Go(func() {
			defer conn.Close()
			s.play(conn.(*wstest.Conn), random)
		})
	}
}

func (s *faultyServer) play(conn *wstest.Conn, random *rand.Rand) {
	switch random.IntN(20) {
	case 0:
		conn.Write([]byte("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"))
		return
	case 1:
		conn.Reset()
		return
	case 2: // no answer until the client gives up
		for buf := make([]byte, 1000); ; {
			if _, err := conn.Read(buf); err != nil {
				return
			}
		}
	}
	accepted, err := handshake.Server(context.Background(), conn, conn, handshake.Choices{}, 5*time.Second)
	if err != nil {
		return
	}
	end := []string{"close", "fin", "reset", "violation", "stay", "stay", "cut", "deaf"}[random.IntN(8)]
	if end == "cut" {
		conn.Out().CutAfter(conn.Out().Written() + random.Int64N(20_000))
	}
	var writing sync.Mutex // a frame goes out in one piece
	reading := make(chan struct{})
	if end == "deaf" {
		conn.In().SetCapacity(2000)
		time.AfterFunc(100*time.Millisecond, func() { close(reading); conn.Close() })
	} else {
		s.loops.Go(func() { defer close(reading); answerClose(conn, &writing, accepted.Buffered) })
	}
	total := random.IntN(300)
	for i := range total {
		raw := wstest.Text(fmt.Sprintf("%d %s", i, strings.Repeat("x", random.IntN(1+random.IntN(2000))))).Append(nil)
		if random.IntN(10) == 0 {
			raw = wstest.Ping("p").Append(raw)
		}
		writing.Lock()
		_, err := conn.Write(raw)
		writing.Unlock()
		if err != nil {
			total, end = i, "broken"
			break
		}
	}
	s.mu.Lock()
	s.told[accepted.RequestURI] = told{total, end}
	s.mu.Unlock()
	switch end {
	case "close":
		conn.Write(wstest.Close(3000, "enough").Append(nil))
	case "fin":
		conn.CloseWrite()
	case "reset":
		conn.Reset()
	case "violation":
		conn.Write([]byte{0x83, 0})
	}
	<-reading
}

// answerClose reads all that the client sends, and answers its close frame by closing.
func answerClose(conn net.Conn, writing *sync.Mutex, buffered []byte) {
	reader := proto.NewReader(proto.ReaderOptions{Role: proto.Server})
	buf := make([]byte, 4096)
	for got := buffered; ; {
		var found proto.Batch
		err := reader.Feed(got, &found)
		for _, event := range found.Events {
			if event.Opcode == wire.Close {
				writing.Lock()
				defer writing.Unlock()
				conn.Write(wstest.Close(4321, "as you wish").Append(nil))
				conn.Close()
				return
			}
		}
		if err != nil {
			conn.Close()
			return
		}
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		got = buf[:n]
	}
}

// observed is a connection as its embedder saw it, with the embedder's own steps.
type observed struct {
	url                 string
	opens, ends, nextUp int
	closed              bool
	end                 *engine.End
}

// Many goroutines connect, send and close at random while one dispatches and the
// servers misbehave. Whatever happens, each connection keeps to what Handler promises.
func TestStress(t *testing.T) {
	seed := *stressSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	n := new(wstest.Net)
	listener, err := n.Listen("peer.test:80")
	if err != nil {
		t.Fatal(err)
	}
	server := &faultyServer{seed: seed, told: make(map[string]told)}
	server.loops.Go(func() { server.serve(listener) })
	eng := engine.New(engine.Options{DialContext: n.DialContext, DialsPerSecond: -1})

	const goroutines, connects = 8, 40
	var mu sync.Mutex // guards seen and everything in it
	seen := make(map[engine.ID]*observed)
	last := func() engine.ID { // most of the time one of the newest
		mu.Lock()
		defer mu.Unlock()
		return engine.ID(len(seen))
	}
	var callers sync.WaitGroup
	for g := range goroutines {
		random := rand.New(rand.NewPCG(seed, 1<<32+uint64(g)))
		callers.Go(func() {
			for i := 0; i < connects; {
				id := last() - min(last(), engine.ID(random.IntN(20)))
				switch random.IntN(30) {
				case 0, 1, 2:
					url := fmt.Sprintf("ws://peer.test/%d/%d", g, i)
					if random.IntN(20) == 0 {
						url = []string{"nonsense", "ws://refused.test/", "ws://a.invalid/"}[random.IntN(3)]
					}
					opts := engine.ConnectOptions{ReceiveQueue: 10_000, SendQueue: 50_000, Timeouts: engine.Timeouts{
						Handshake: 400 * time.Millisecond, Closing: 50 * time.Millisecond}}
					mu.Lock() // so that no event comes before seen knows of it
					id, err := eng.Connect(url, opts)
					seen[id] = &observed{url: url}
					mu.Unlock()
					if err != nil {
						t.Errorf("connect: %v", err)
					}
					i++
				case 3:
					mu.Lock()
					if o := seen[id]; o != nil {
						o.closed = true
					}
					mu.Unlock()
					eng.Close(id, 4000, "stress")
				case 4:
					eng.Stats()
				case 5:
					time.Sleep(time.Duration(random.IntN(2000)) * time.Microsecond)
				default:
					eng.Send(id, engine.Auto, strings.Repeat("s", random.IntN(1+random.IntN(5000))))
				}
			}
		})
	}

	var handling engine.ID // the connection whose callback runs
	hostRandom := rand.New(rand.NewPCG(seed, 2<<32))
	meddle := func(id engine.ID) {
		switch hostRandom.IntN(100) {
		case 0:
			mu.Lock()
			seen[id].closed = true
			mu.Unlock()
			eng.Close(id, 0, "")
		case 1:
			eng.Send(id, engine.Text, "from inside")
		case 2:
			if n := eng.Dispatch(handler{}, engine.Budget{}); n > 0 {
				t.Errorf("connection %d: a nested Dispatch delivered %d events", id, n)
			}
		}
	}
	look := func(id engine.ID, check func(o *observed)) {
		if handling != 0 {
			t.Errorf("connection %d: an event within one of %d", id, handling)
		}
		handling = id
		mu.Lock()
		o := seen[id]
		if o.ends > 0 {
			t.Errorf("connection %d: an event after the end", id)
		}
		check(o)
		mu.Unlock()
		meddle(id)
		handling = 0
	}
	host := handler{
		opened: func(id engine.ID, _ *engine.Info) {
			look(id, func(o *observed) {
				if o.opens++; o.opens > 1 || o.nextUp > 0 {
					t.Errorf("connection %d: opened %d times", id, o.opens)
				}
			})
		},
		received: func(id engine.ID, data []byte, _ engine.Kind) {
			look(id, func(o *observed) {
				number, _, _ := strings.Cut(string(data), " ")
				if got, err := strconv.Atoi(number); err != nil || got != o.nextUp || o.opens != 1 {
					t.Errorf("connection %d: message %.20q, want number %d", id, data, o.nextUp)
				}
				o.nextUp++
			})
		},
		ended: func(id engine.ID, end *engine.End) {
			look(id, func(o *observed) { o.ends++; o.end = end })
		},
	}
	called := make(chan struct{})
	go func() { callers.Wait(); close(called) }()
	for begun := time.Now(); ; {
		eng.Dispatch(host, engine.Budget{Events: 1 + hostRandom.IntN(100)})
		select {
		case <-called:
			called = nil
			for id := range engine.ID(goroutines*connects + 1) {
				if hostRandom.IntN(2) == 0 {
					mu.Lock()
					if o := seen[id]; o != nil {
						o.closed = true
					}
					mu.Unlock()
					eng.Close(id, 0, "")
				}
			}
		case <-eng.Ready():
		case <-time.After(10 * time.Millisecond):
		}
		if called == nil && time.Since(begun) > 700*time.Millisecond {
			break
		}
	}
	mu.Lock()
	for _, o := range seen {
		o.closed = true
	}
	mu.Unlock()
	eng.CloseAll(1001, "")
	patience := time.After(time.Minute) // the loop above may have ended with the value of Ready in hand
	for eng.Dispatch(host, engine.Budget{}); eng.Live() > 0; eng.Dispatch(host, engine.Budget{}) {
		select {
		case <-eng.Ready():
		case <-patience:
			t.Fatalf("%d connections live on after CloseAll: %+v", eng.Live(), eng.Stats())
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := eng.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if eng.Running() > 0 || n.OpenConns() > 0 {
		t.Errorf("%d connections run, %d are open", eng.Running(), n.OpenConns())
	}
	listener.Close()
	server.loops.Wait()
	server.judge(t, seen)
}

// judge compares the embedder's view with the server's.
func (s *faultyServer) judge(t *testing.T, seen map[engine.ID]*observed) {
	kinds := make(map[string]int)
	for id, o := range seen {
		if o.ends != 1 {
			t.Errorf("connection %d: %d ends", id, o.ends)
			continue
		}
		_, path, _ := strings.Cut(o.url, "ws://peer.test")
		served, known := s.told[path]
		kinds[served.end+" "+o.end.Message+string(o.end.Category)]++
		got := o.nextUp + o.end.Dropped.Messages
		switch {
		case o.end.Category == engine.CategoryInternal:
			t.Errorf("connection %d: %s after %s: %s", id, o.end.Message, served.end, o.end.Detail)
		case o.end.Failed && o.end.Err == nil, o.end.Clean && o.end.Err != nil, o.end.Failed && o.end.Clean:
			t.Errorf("connection %d: end %+v", id, o.end)
		case !known && (o.nextUp > 0 || o.end.Dropped.Messages > 0 || o.end.Clean):
			t.Errorf("connection %d: messages of nobody, end %+v", id, o.end)
		case o.end.Clean && o.end.Code == 3000 && got != served.messages:
			t.Errorf("connection %d: %d of %d messages delivered and %+v dropped before the peer's close frame", id,
				o.nextUp,
				served.messages, o.end.Dropped)
		case !o.closed && (served.end == "fin" || served.end == "violation" || served.end == "reset" ||
			served.end == "close") &&
			o.end.Category != engine.CategoryQueueFull && o.nextUp != served.messages:
			t.Errorf("connection %d: %d of %d messages before %s; end %+v", id, o.nextUp, served.messages,
				served.end, o.end)
		}
		if !o.closed && !o.end.Failed && !o.end.Clean {
			t.Errorf("connection %d: end %+v without a Close of ours", id, o.end)
		}
	}
	t.Logf("%v", kinds)
}
