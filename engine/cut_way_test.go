package engine_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"flag"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

var everyCut = flag.Bool("cut.every", false, "TestFaultOnTheWay: behind every byte, not only behind 200 of them")

// tunnel serves CONNECT on an address of the client's network, as an http proxy with
// another network behind it.
func (s *scene) tunnel(t *testing.T, addr string, behind *wstest.Net) {
	t.Helper()
	l, err := s.network.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	var loops sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { l.Close(); cancel(); loops.Wait() })
	loops.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			loops.Go(func() { forward(ctx, client, behind) })
		}
	})
}

// forward is one tunnel. It ends with either connection, or with ctx.
func forward(ctx context.Context, client net.Conn, behind *wstest.Net) {
	defer client.Close()
	defer context.AfterFunc(ctx, func() { client.Close() })()
	reader := bufio.NewReader(client)
	request, err := http.ReadRequest(reader)
	if err != nil {
		return
	}
	server, err := behind.DialContext(ctx, "tcp", request.Host)
	if err != nil {
		return
	}
	defer server.Close()
	if _, err := io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	var up sync.WaitGroup
	up.Go(func() {
		io.Copy(server, reader)
		server.(*wstest.Conn).CloseWrite()
	})
	io.Copy(client, server)
	client.(*wstest.Conn).CloseWrite()
	client.SetReadDeadline(time.Now().Add(2 * time.Second)) // for the client's FIN
	up.Wait()
}

// Over TLS and through a proxy, where the bytes' purpose cannot be seen: one terminal
// event, after messages in order, in a time that some phase has, with counts that are
// possible, and nothing is left.
func TestFaultOnTheWay(t *testing.T) {
	cert := wstest.Certificate(t, "echo.test")
	ways := map[string]func(*testing.T) *scene{
		"tls": func(t *testing.T) *scene {
			s := &scene{url: "wss://echo.test/", network: new(wstest.Net), tls: &tls.Config{RootCAs: cert.Roots}}
			s.leavesNothing(t)
			s.serve(t, s.network, "echo.test:443", cert.Server)
			return s
		},
		"proxy": func(t *testing.T) *scene {
			s := &scene{url: "ws://echo.test/", network: new(wstest.Net),
				options: engine.ConnectOptions{Proxy: "proxy.test:3128"}}
			s.leavesNothing(t)
			behind := new(wstest.Net)
			s.tunnel(t, "proxy.test:3128", behind)
			s.serve(t, behind, "echo.test:80", nil)
			return s
		},
		"proxy and tls": func(t *testing.T) *scene {
			s := &scene{url: "wss://echo.test/", network: new(wstest.Net), tls: &tls.Config{RootCAs: cert.Roots},
				options: engine.ConnectOptions{Proxy: "proxy.test:3128"}}
			s.leavesNothing(t)
			behind := new(wstest.Net)
			s.tunnel(t, "proxy.test:3128", behind)
			s.serve(t, behind, "echo.test:443", cert.Server)
			return s
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			var up, down int64
			run := func(f *fault) {
				synctest.Test(t, func(t *testing.T) {
					var client *wstest.Conn
					s := way(t)
					s.network.Setup = func(conn *wstest.Conn) {
						if client == nil {
							client = conn
							if f != nil {
								f.order(conn)
							}
						}
					}
					end, events, took := s.session(t)
					if f == nil {
						up, down = client.Out().Written(), client.In().Written()
						if !end.Clean || len(events) != 5 {
							t.Fatalf("without a fault: %q, %s", events, end.Detail)
						}
						return
					}
					f.judgeOnTheWay(t, end, events, took)
				})
			}
			run(nil)
			seed := rand.Uint64()
			random := rand.New(rand.NewPCG(seed, 0))
			for _, f := range faultsUpTo(up, down, random) {
				if run(&f); t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// faultsUpTo returns faults after the first bytes of both directions: all, or 200 of
// them, or 50 under the race detector.
func faultsUpTo(up, down int64, random *rand.Rand) (all []fault) {
	for _, kind := range []string{"fin", "reset", "stall"} {
		for at := range up + 1 {
			all = append(all, fault{kind, true, at})
		}
		for at := range down + 1 {
			all = append(all, fault{kind, false, at})
		}
	}
	if !*everyCut {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		count := 200
		if detector.Race {
			count = 50
		}
		all = all[:min(count, len(all))]
	}
	return all
}

// judgeOnTheWay is judge without knowledge of the bytes.
func (f fault) judgeOnTheWay(t *testing.T, end *engine.End, events []string, took time.Duration) {
	t.Helper()
	inOrder := []string{"open"}
	for _, m := range cutMessages {
		inOrder = append(inOrder, receivedEvent(m))
	}
	before := events[:len(events)-1]
	if len(before) > len(inOrder) || !slices.Equal(before, inOrder[:len(before)]) {
		t.Errorf("%v: got %q", f, events)
	}
	categories := map[string][]engine.Category{
		"fin": {engine.CategoryEOF, engine.CategoryReset, engine.CategoryProxy, engine.CategoryClosed,
			engine.CategoryTLS},
		"reset": {engine.CategoryReset, engine.CategoryEOF, engine.CategoryProxy, engine.CategoryClosed},
		"stall": {engine.CategoryTimeout, engine.CategoryProxy, engine.CategoryKeepalive, engine.CategoryClosed},
	}
	if !slices.Contains(categories[f.kind], end.Category) || end.Category == engine.CategoryClosed && !end.Clean {
		t.Errorf("%v: got %q of category %s: %s", f, events, end.Category, end.Detail)
	}
	times := []time.Duration{0}
	if f.kind == "stall" && !end.Clean {
		times = []time.Duration{5 * time.Second, 50 * time.Second}
	}
	if !slices.Contains(times, took) {
		t.Errorf("%v: %q came after %v, want one of %v; %s", f, events, took, times, end.Detail)
	}
	sent := 0
	if len(before) > 0 {
		sent = len(cutMessages)
	}
	received := max(len(before)-1, 0)
	if end.Unsent.Messages > sent || end.Dropped.Messages > 1 || received+end.Dropped.Messages > sent || end.Clean &&
		(end.Unsent.Messages > 0 || received < sent) {
		t.Errorf("%v: %q with unsent %+v and dropped %+v", f, events, end.Unsent, end.Dropped)
	}
	if strings.Contains(end.Detail, "\n") || end.Detail == "" {
		t.Errorf("%v: detail %q", f, end.Detail)
	}
	if !end.Clean && end.CloseCode != 1006 && end.CloseCode != 1000 {
		t.Errorf("%v: close code %d", f, end.CloseCode)
	}
}
