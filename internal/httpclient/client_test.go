package httpclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/memory"
)

const addr = "a.test:80"

// echo answers with the request as it came.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %s %d %s", r.Method, r.Host, r.RequestURI, r.ContentLength, body)
}

func TestRequest(t *testing.T) {
	for _, c := range []struct {
		name    string
		request httpclient.Request
		want    string
	}{
		{"get", httpclient.Request{URL: "http://a.test", NoBody: true}, "200 GET a.test / 0 "},
		{"scheme in capitals", httpclient.Request{URL: "HTTP://A.test:80/x", NoBody: true}, "200 GET a.test /x 0 "},
		{"fragment", httpclient.Request{URL: "http://a.test/x?y=1#z", NoBody: true}, "200 GET a.test /x?y=1 0 "},
		{"odd path", httpclient.Request{URL: `http://a.test//b/%2f/ü "?q=%&r=<>`, NoBody: true},
			"200 GET a.test http://a.test//b/%2f/%C3%BC%20%22?q=%&r=%3C%3E 0 "},
		{"post", httpclient.Request{URL: "http://a.test/", Method: "POST", Body: "hello"}, "200 POST a.test / 5 hello"},
		{"empty body", httpclient.Request{URL: "http://a.test/", Method: "POST"}, "200 POST a.test / 0 "},
		{"no body", httpclient.Request{URL: "http://a.test/", Method: "POST", NoBody: true}, "200 POST a.test / 0 "},
		{"get with a body", httpclient.Request{URL: "http://a.test/", Body: "x"}, "200 GET a.test / 1 x"},
		{"own method", httpclient.Request{URL: "http://a.test/", Method: "propFind", NoBody: true},
			"200 propFind a.test / 0 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
				r.serve(addr, nil, echo)
				want(t, r.do(c.request), c.want)
			})
		})
	}
}

func TestHeaderFields(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		r.serve(addr, nil, func(w http.ResponseWriter, r *http.Request) {
			r.Header.Write(w)
			w.Header().Add("Set-Cookie", "a=1") // too late
		})
		result := r.do(httpclient.Request{URL: "http://me:pass@a.test/", NoBody: true,
			Header: http.Header{"X-A": {"1", "2"}, "Accept-Encoding": {"br"}}})
		want(t, result, "200 Accept-Encoding: br\r\nAuthorization: Basic bWU6cGFzcw==\r\nUser-Agent: tidewire\r\n"+
			"X-A: 1\r\nX-A: 2\r\n")
		if result.URL != "http://a.test/" {
			t.Errorf("the url is %s", result.URL)
		}
		result = r.do(httpclient.Request{URL: "http://me:pass@a.test/", NoBody: true,
			Header: http.Header{"Authorization": {"Bearer x"}, "User-Agent": {"bot"}}})
		want(t, result, "200 Accept-Encoding: gzip\r\nAuthorization: Bearer x\r\nUser-Agent: bot\r\n")
	})
}

// Any status is a response, and 1xx answers before it are passed over.
func TestStatus(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		r.serve(addr, nil, func(w http.ResponseWriter, r *http.Request) {
			var status int
			fmt.Sscan(r.URL.Path[1:], &status)
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(status)
		})
		for _, status := range []int{200, 204, 304, 302, 400, 404, 418, 500, 599, 999} {
			want(t, r.do(httpclient.Request{URL: fmt.Sprintf("http://a.test/%d", status), NoBody: true}),
				fmt.Sprintf("%d ", status))
		}
		if dials := len(r.net.Dials()); dials != 1 {
			t.Errorf("%d connections were made, want one for all", dials)
		}
	})
}

// A HEAD has no body, whatever its length says.
func TestHead(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		r.serveRaw(addr, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", closeConn)
		want(t, r.do(httpclient.Request{URL: "http://a.test/", Method: "HEAD", NoBody: true}), "200 ")
	})
}

func TestBadURL(t *testing.T) {
	for url, story := range map[string]string{
		"": `read url "": no scheme: begin it with http:// or https://`,
		"ws://a.test/": `read url "ws://a.test/": another scheme than http and https: begin it with http:// or ` +
			`https://`,
		"http://a b/?k=v": `read url "http://a b/?k=…": white space before the path: remove it`,
	} {
		play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
			result := r.do(httpclient.Request{URL: url, NoBody: true})
			if got := result.Failure.Error(); got != story {
				t.Errorf("%q: %s", url, got)
			}
			want(t, result, `"invalid uri" uri uri`)
		})
	}
}

func TestUnreachable(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		result := r.do(httpclient.Request{URL: "http://a.test/", NoBody: true})
		if !result.Retryable() {
			t.Error("it is not retryable")
		}
		want(t, result, `"Underlying Transport Error" refused tcp`)
		want(t, r.do(httpclient.Request{URL: "http://a.invalid/", NoBody: true}),
			`"Underlying Transport Error" dns dns`)
	})
}

// The policy is asked about each address, at each hop.
func TestPolicy(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, strings.Replace("http://"+r.Host+"/", "localhost", "127.0.0.1", 1), http.StatusFound)
		}
	})}
	go server.Serve(listener) // ended by Close
	defer server.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	client := httpclient.New(httpclient.Options{
		Policy: func(_ context.Context, host string, addr netip.AddrPort) error {
			if host != "localhost" || !addr.Addr().IsLoopback() {
				return errors.New("not this one")
			}
			return nil
		},
	})
	defer client.Shutdown(context.Background())
	for path, line := range map[string]string{"/": "200 ", "/away": `"Connection rejected" denied policy`} {
		client.Start(httpclient.Request{URL: fmt.Sprintf("http://localhost:%d%s", port, path), NoBody: true})
		<-client.Ready()
		_, result := client.Take()
		want(t, result, line)
	}
}

func TestPanicEndsTheRequestAlone(t *testing.T) {
	for name, opts := range map[string]httpclient.Options{
		"dialer": {DialContext: func(context.Context, string, string) (net.Conn, error) { panic("oops") }},
	} {
		play(t, opts, func(t *testing.T, r *rig) {
			result := r.do(httpclient.Request{URL: "http://a.test/", NoBody: true})
			if !strings.Contains(result.Failure.Error(), "internal error: oops") {
				t.Errorf("%s: %v", name, result.Failure)
			}
			want(t, result, `"Underlying Transport Error" internal tcp`)
		})
	}
	client := httpclient.New(httpclient.Options{
		Policy: func(context.Context, string, netip.AddrPort) error { panic("oops") }})
	defer client.Shutdown(context.Background())
	client.Start(httpclient.Request{URL: "http://127.0.0.1:1/", NoBody: true})
	<-client.Ready()
	_, result := client.Take()
	want(t, result, `"Connection rejected" denied policy`)
}

// 64 requests run at once, and the others follow in order.
func TestLine(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		var running, most atomic.Int32
		gate := make(chan struct{})
		var order []string
		r.serve(addr, nil, func(_ http.ResponseWriter, r *http.Request) {
			most.Store(max(most.Load(), running.Add(1)))
			<-gate
			running.Add(-1)
			if number := r.URL.Path[1:]; len(number) > 2 {
				order = append(order, number)
			}
		})
		const all = 110
		for i := range all {
			r.Start(httpclient.Request{URL: fmt.Sprintf("http://a.test/%d", i), NoBody: true})
		}
		synctest.Wait()
		if got := running.Load(); got != httpclient.MaxRunning {
			t.Errorf("%d requests run", got)
		}
		for range all {
			gate <- struct{}{}
			synctest.Wait()
		}
		for range all {
			_, result := r.Take()
			want(t, result, "200 ")
		}
		if most.Load() != httpclient.MaxRunning || r.Live() != 0 {
			t.Errorf("%d requests ran at once, and %d are live", most.Load(), r.Live())
		}
		if got := strings.Join(order, " "); got != "100 101 102 103 104 105 106 107 108 109" {
			t.Errorf("the last ones were answered in the order %s", got)
		}
	})
}

// Time in the line counts, and a line that is too long refuses.
func TestLongLine(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		r.net.Blackhole(addr)
		begun := time.Now()
		request := httpclient.Request{URL: "http://a.test/", NoBody: true, Timeout: 2 * time.Second}
		for range httpclient.MaxRunning {
			r.Start(request)
		}
		request.Timeout = 1 * time.Second
		for range httpclient.MaxWaiting {
			r.Start(request)
		}
		want(t, r.do(request), `"full" queue_full uri`)
		if time.Since(begun) != 0 {
			t.Error("a full line took its time")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for range httpclient.MaxWaiting {
			_, result := r.Take()
			want(t, result, `"timeout" timeout uri`)
		}
		if e, _ := r.Take(); e != nil {
			t.Error("a request that runs ended with those in the line")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for range httpclient.MaxRunning {
			_, result := r.Take()
			want(t, result, `"timeout" timeout tcp`)
		}
	})
}

// The timeout bounds each phase, redirects and body included.
func TestTimeout(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(r *rig)
		want    string
	}{
		{"tcp", func(r *rig) { r.net.Blackhole(addr) }, `"timeout" timeout tcp`},
		{"answer", func(r *rig) { r.serveRaw(addr, "", hold) }, `"timeout" timeout handshake`},
		{"head", func(r *rig) { r.serveRaw(addr, "HTTP/1.1 200 OK\r\nA: b", hold) }, `"timeout" timeout handshake`},
		{"body", func(r *rig) { r.serveRaw(addr, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", hold) },
			`"timeout" timeout open`},
		{"drip", func(r *rig) {
			r.serveRaw(addr, "HTTP/1.1 200 OK\r\n\r\n", func(conn *wstest.Conn) {
				for {
					if _, err := conn.Write([]byte("x")); err != nil {
						return
					}
					time.Sleep(100 * time.Millisecond)
				}
			})
		}, `"timeout" timeout open`},
		{"redirects", func(r *rig) {
			r.serve(addr, nil, func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(800 * time.Millisecond)
				http.Redirect(w, r, "/", http.StatusFound)
			})
		}, `"timeout" timeout handshake`},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
				c.prepare(r)
				begun := time.Now()
				result := r.do(httpclient.Request{URL: "http://a.test/", NoBody: true, Timeout: 3 * time.Second})
				if took := time.Since(begun); took != 3*time.Second || !result.Retryable() {
					t.Errorf("it took %v, retryable %v", took, result.Retryable())
				}
				want(t, result, c.want)
			})
		})
	}
}

// hold keeps a connection open until the client closes it.
func hold(conn *wstest.Conn) {
	io.Copy(io.Discard, conn)
	conn.Close()
}

func TestCancel(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		r.serveRaw(addr, "", hold)
		var all []*httpclient.Exchange
		for range 70 {
			all = append(all, r.Start(httpclient.Request{URL: "http://a.test/", NoBody: true}))
		}
		synctest.Wait()
		// Those in the line first: one that got the place of another would dial, and a dial that
		// succeeds just as it is cancelled leaves a connection for later requests.
		for _, e := range slices.Backward(all) {
			r.Cancel(e)
			r.Cancel(e)
		}
		if r.Live() != 0 {
			t.Errorf("%d requests are live", r.Live())
		}
		synctest.Wait()
		if e, _ := r.Take(); e != nil || r.net.OpenConns() != 0 {
			t.Errorf("after Cancel there is a result, or one of %d connections", r.net.OpenConns())
		}
	})
}

// A request that has ended may be cancelled until it was taken.
func TestCancelAfterTheEnd(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		r.serve(addr, nil, echo)
		e := r.Start(httpclient.Request{URL: "http://a.test/", NoBody: true})
		<-r.Ready()
		r.Cancel(e)
		if taken, _ := r.Take(); taken != nil || r.Live() != 0 {
			t.Error("a cancelled request was handed out")
		}
	})
}

func TestEnding(t *testing.T) {
	for name, end := range map[string]func(r *rig){
		"CloseAll": func(r *rig) { r.CloseAll() },
		"Shutdown": func(r *rig) { r.Shutdown(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
				r.serveRaw(addr, "", hold)
				for range 100 {
					r.Start(httpclient.Request{URL: "http://a.test/", NoBody: true})
				}
				synctest.Wait()
				begun := time.Now()
				end(r)
				for range 100 {
					e, result := r.Take()
					if e == nil {
						t.Fatal("a request has no end")
					}
					if result.Failure.Category != failure.Closed || result.Failure.Message != "closed" {
						t.Errorf("it ended as %s", show(result))
					}
				}
				r.Start(httpclient.Request{URL: "http://a.test/", NoBody: true})
				synctest.Wait()
				if e, _ := r.Take(); e != nil || r.Live() != 0 || time.Since(begun) != 0 {
					t.Errorf("after the end a request ends or lives, %v later", time.Since(begun))
				}
			})
		})
	}
}

// The embedder's context ends all.
func TestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		net := &wstest.Net{}
		net.Blackhole(addr)
		client := httpclient.New(httpclient.Options{Context: ctx, DialContext: net.DialContext})
		client.Start(httpclient.Request{URL: "http://a.test/", NoBody: true})
		synctest.Wait()
		cancel()
		<-client.Ready()
		_, result := client.Take()
		want(t, result, `"closed" closed tcp`)
		client.Shutdown(context.Background())
	})
}

func TestMemory(t *testing.T) {
	play(t, httpclient.Options{Memory: memory.New(200_000)}, func(t *testing.T, r *rig) {
		r.serve(addr, nil, func(w http.ResponseWriter, r *http.Request) {
			w.Write(make([]byte, r.ContentLength))
		})
		request := httpclient.Request{URL: "http://a.test/", Method: "POST", MaxBody: 1 << 20}
		request.Body = strings.Repeat("x", 30_000)
		want(t, r.do(request), "200 "+strings.Repeat("\x00", 30_000))
		request.Body = strings.Repeat("x", 70_000)
		result := r.do(request)
		if !result.Retryable() {
			t.Error("it is not retryable")
		}
		want(t, result, `"A message was too large" memory open`)
		request.Body = strings.Repeat("x", 210_000)
		result = r.do(request)
		if !strings.Contains(result.Failure.Error(), "memory for the network is used up") {
			t.Errorf("the story is: %v", result.Failure)
		}
		want(t, result, `"send queue full" memory uri`)
		request.Body = "x"
		want(t, r.do(request), "200 \x00")
	})
}

// The default of maxBody is a quarter of the account's limit at most.
func TestDefaultMaxBody(t *testing.T) {
	play(t, httpclient.Options{Memory: memory.New(1 << 20)}, func(t *testing.T, r *rig) {
		r.serve(addr, nil, func(w http.ResponseWriter, r *http.Request) {
			var size int
			fmt.Sscan(r.URL.Path[1:], &size)
			w.Write(make([]byte, size))
		})
		want(t, r.do(httpclient.Request{URL: "http://a.test/262144", NoBody: true}),
			"200 "+strings.Repeat("\x00", 1<<18))
		want(t, r.do(httpclient.Request{URL: "http://a.test/262145", NoBody: true}),
			`"A message was too large" too_big open`)
	})
}

// Connections are used again, for 30 s, and not beyond the server's end of them.
func TestKeptConnections(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		r.serve(addr, nil, echo)
		get := func() { want(t, r.do(httpclient.Request{URL: "http://a.test/", NoBody: true}), "200 GET a.test / 0 ") }
		for i, step := range []struct {
			pause time.Duration
			dials int
		}{{0, 1}, {29 * time.Second, 1}, {29 * time.Second, 1}, {31 * time.Second, 2}} {
			time.Sleep(step.pause)
			get()
			synctest.Wait()
			if got := len(r.net.Dials()); got != step.dials {
				t.Errorf("step %d: %d dials, want %d", i, got, step.dials)
			}
		}
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if open := r.net.OpenConns(); open != 0 {
			t.Errorf("%d idle connections are open after their time", open)
		}
	})
}

// The server's end of a kept connection is noticed; other TLS settings have connections of
// their own.
func TestConnectionsThatAreNotUsedAgain(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		r.serveRaw(addr, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", func(conn *wstest.Conn) {
			time.Sleep(time.Second)
			conn.Close()
		})
		post := httpclient.Request{URL: "http://a.test/", Method: "POST", Body: "x"}
		want(t, r.do(post), "200 ")
		time.Sleep(2 * time.Second)
		want(t, r.do(post), "200 ")
		post.TLS.ServerName = "b.test"
		want(t, r.do(post), "200 ")
		if got := len(r.net.Dials()); got != 3 {
			t.Errorf("%d dials, want 3", got)
		}
		for i := range 20 { // and there is a bound to the settings that are remembered
			post.TLS.ServerName = fmt.Sprint(i, ".test")
			want(t, r.do(post), "200 ")
		}
		if open := r.net.OpenConns(); open > 8 {
			t.Errorf("%d connections are open, for as many settings", open)
		}
	})
}

func TestCheckMethod(t *testing.T) {
	for method, want := range map[string]string{
		"get": "GET", "Patch": "PATCH", "x-Mine": "x-Mine", "CONNECT": "", "connect": "", "": "",
		"A B": "", "A\r\n": "",
		"ü": "", "A\x00": "",
	} {
		got, err := httpclient.CheckMethod(method)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, error %v", method, got, err)
		}
	}
}

func TestCheckHeader(t *testing.T) {
	for _, name := range []string{"Host", "content-length", "Transfer-Encoding", "CONNECTION", "Te", "Trailer",
		"Upgrade",
		"Expect", "Keep-Alive", "Proxy-Connection", "", "A B", "A:", "ü", "A\r"} {
		if err := httpclient.CheckHeader(name, "1"); err == nil {
			t.Errorf("%q may be set", name)
		}
	}
	for _, value := range []string{"a\rb", "a\nb", "a\x00b", "\x7f"} {
		if err := httpclient.CheckHeader("A", value); err == nil || strings.Contains(err.Error(), value) {
			t.Errorf("value %q: error %v", value, err)
		}
	}
	for _, value := range []string{"", "a b", "ü", "\xff", "a\tb"} {
		if err := httpclient.CheckHeader("Authorization", value); err != nil {
			t.Errorf("value %q: %v", value, err)
		}
	}
}
