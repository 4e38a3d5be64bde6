package httpclient_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/memory"
)

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

const ok = "HTTP/1.1 200 OK\r\n"

// hostileTimeout is that of requests to hostile servers, and slow the beginning of their end
// if it is the timeout that ends them.
const (
	hostileTimeout = 20 * time.Second
	slow           = `"timeout" timeout`
)

// repeats sends raw for ever, with a pause after each.
func repeats(pause time.Duration, raw string) func(*wstest.Conn) {
	return func(conn *wstest.Conn) {
		for {
			if _, err := conn.Write([]byte(raw)); err != nil {
				return
			}
			time.Sleep(pause)
		}
	}
}

// Servers that break the rules, or keep them in a way that costs time or memory, each with
// the end that the request has. No answer takes much memory, or longer than the timeout.
func TestHostileServers(t *testing.T) {
	const gzipHead = ok + "Content-Encoding: gzip\r\n"
	chunked := func(body string) string {
		return fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	}
	good := zipped("hello")
	for _, c := range []struct {
		name, answer string
		after        func(*wstest.Conn)
		want         string
	}{
		{"nothing", "", closeConn, `"End of File" eof handshake`},
		{"reset", "", (*wstest.Conn).Reset, `"Underlying Transport Error" reset handshake`},
		{"garbage", "what is this\r\n\r\n", closeConn, `"HTTP parse error" protocol handshake`},
		{"HTTP/0.9", "<html>hello</html>\n", closeConn, `"HTTP parse error" protocol handshake`},
		{"another version", "HTTP/3.0 200 OK\r\n\r\n", closeConn, `"HTTP parse error" protocol handshake`},
		{"status of two digits", "HTTP/1.1 20 OK\r\n\r\n", closeConn, `"HTTP parse error" protocol handshake`},
		{"TLS", "\x15\x03\x01\x00\x02\x02\x0a", closeConn, `"HTTP parse error" protocol handshake`},
		{"half a head", ok + "A: b\r\n", closeConn, `"End of File" eof handshake`},
		{"endless head", ok + strings.Repeat("A: b\r\n", 20_000), hold, `"HTTP parse error" protocol handshake`},
		{"endless field", ok + "A: " + strings.Repeat("b", 100_000), hold, `"HTTP parse error" protocol handshake`},
		{"endless 1xx", strings.Repeat("HTTP/1.1 103 Hints\r\n\r\n", 10_000), hold,
			`"HTTP parse error" protocol handshake`},
		{"folded field", ok + "A: b\r\n c\r\nContent-Length: 1\r\n\r\nx", closeConn, "200 x"},
		{"field without colon", ok + "A\r\n\r\n", closeConn, `"HTTP parse error" protocol handshake`},
		{"101", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", hold,
			`"HTTP parse error" protocol handshake`},
		{"two lengths", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy", closeConn,
			`"HTTP parse error" protocol handshake`},
		{"negative length", ok + "Content-Length: -1\r\n\r\nxy", closeConn, `"HTTP parse error" protocol handshake`},
		{"length too large", ok + "Content-Length: 5\r\n\r\nxy", closeConn, `"End of File" eof open`},
		{"length too large, reset", ok + "Content-Length: 5\r\n\r\nxy", (*wstest.Conn).Reset,
			`"Underlying Transport Error" reset open`},
		{"length too small", ok + "Content-Length: 1\r\n\r\nxHTTP/1.1 500 No\r\n\r\n", closeConn, "200 x"},
		{"length beyond maxBody", ok + "Content-Length: 1001\r\n\r\n", hold, `"A message was too large" too_big open`},
		{"length beyond all", ok + "Content-Length: 9223372036854775807\r\n\r\n", hold,
			`"A message was too large" too_big open`},
		{"no length", ok + "\r\nxy", closeConn, "200 xy"},
		{"endless body", ok + "\r\n", repeats(0, "xxxxxxxx"), `"A message was too large" too_big open`},
		{"maxBody exactly", ok + "\r\n" + strings.Repeat("x", 1000), closeConn, "200 " + strings.Repeat("x", 1000)},
		{"one byte more", ok + "\r\n" + strings.Repeat("x", 1001), closeConn, `"A message was too large" too_big open`},
		{"chunks", ok + chunked("hello"), closeConn, "200 hello"},
		{"chunks without end", ok + strings.TrimSuffix(chunked("hello"), "0\r\n\r\n"), closeConn,
			`"End of File" eof open`},
		{"bad chunk", ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nx", closeConn, `"HTTP parse error" protocol open`},
		{"chunk beyond all", ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx", closeConn,
			`"HTTP parse error" protocol open`},
		{"endless trailer", ok + strings.TrimSuffix(chunked("x"), "\r\n") + strings.Repeat("A: b\r\n", 10_000), hold,
			`"HTTP parse error" protocol open`},
		{"unknown transfer coding", ok + "Transfer-Encoding: zip\r\n\r\nx", closeConn,
			`"HTTP parse error" protocol handshake`},
		{"gzip", gzipHead + chunked(good), closeConn, "200 hello"},
		{"gzip in two members", gzipHead + chunked(good+good), closeConn, "200 hellohello"},
		{"no gzip", gzipHead + chunked("hello, no gzip"), closeConn,
			`"A zlib function returned an error" deflate open`},
		{"corrupt gzip", gzipHead + chunked(good[:10]+"\xff\xff\xff\xff"+good[14:]), closeConn,
			`"A zlib function returned an error" deflate open`},
		{"wrong checksum", gzipHead + chunked(good[:len(good)-8]+"\x00\x00\x00\x00"+good[len(good)-4:]), closeConn,
			`"A zlib function returned an error" deflate open`},
		{"half of gzip", gzipHead + chunked(good[:len(good)-6]), closeConn, `"End of File" eof open`},
		{"gzip bomb", gzipHead + chunked(zipped(strings.Repeat("\x00", 20<<20))), closeConn,
			`"A message was too large" too_big open`},
		{"gzip of nothing without end", gzipHead + "\r\n", repeats(time.Millisecond, zipped("")), slow + " open"},
		{"chunks of a byte behind a kilobyte", ok + "Transfer-Encoding: chunked\r\n\r\n",
			repeats(0, "1;"+strings.Repeat("x", 1000)+"\r\nx\r\n"), `"HTTP parse error" protocol open`},
		{"endless line of a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n1;", repeats(0, "xxxxxxxx"),
			`"HTTP parse error" protocol open`},
		{"no answer", "", hold, slow + " handshake"},
		{"half-open", ok, (*wstest.Conn).Stall, slow + " handshake"},
		{"half-open in the body", ok + "Content-Length: 5\r\n\r\nxy", (*wstest.Conn).Stall, slow + " open"},
		{"a byte of the head a second", "", repeats(time.Second, "H"), slow + " handshake"},
		{"a field a second", ok, repeats(time.Second, "A: b\r\n"), slow + " handshake"},
		{"an answer that is none a second", "", repeats(time.Second, "HTTP/1.1 103 Hints\r\n\r\n"), slow + " handshake"},
		{"a byte of the body a second", ok + "\r\n", repeats(time.Second, "x"), slow + " open"},
		{"a chunk a second", ok + "Transfer-Encoding: chunked\r\n\r\n", repeats(time.Second, "1\r\nx\r\n"), slow + " open"},
		{"redirect circle", "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", closeConn,
			`"Invalid HTTP status." http_status handshake`},
		{"redirect with an endless body", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", repeats(0, "x"),
			`"Invalid HTTP status." http_status handshake`},
		{"other coding", ok + "Content-Encoding: br\r\n" + chunked("abc"), closeConn, "200 abc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
				r.serveRaw(addr, c.answer, c.after)
				begun := time.Now()
				result := r.do(httpclient.Request{URL: "http://a.test/", NoBody: true, MaxBody: 1000,
					Timeout: hostileTimeout})
				most := time.Duration(0)
				if strings.HasPrefix(c.want, slow) {
					most = hostileTimeout
				}
				if took := time.Since(begun); took != most {
					t.Errorf("it took %v, want %v", took, most)
				}
				if peak := r.account.Figures().Peak; peak > 256<<10 {
					t.Errorf("%d bytes were charged at once", peak)
				}
				if result.Failure != nil && !complete(result.Failure) {
					t.Errorf("the failure is incomplete: %+v", result.Failure)
				}
				want(t, result, c.want)
			})
		})
	}
}

// A body that cannot be taken all at once is in the answer whole, whatever its pieces.
func TestLargeBody(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		large := strings.Repeat("0123456789abcdef", 300_000)
		r.serve(addr, nil, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/length" {
				w.Header().Set("Content-Length", fmt.Sprint(len(large)))
			}
			w.Write([]byte(large))
		})
		for _, path := range []string{"/", "/length"} {
			result := r.do(httpclient.Request{URL: "http://a.test" + path, NoBody: true})
			body := result.Response.Body
			if text(body) != large || body.Len() != int64(len(large)) || r.account.Used() > 2*body.Len() {
				t.Errorf("%s: %d bytes of %d, %d charged", path, body.Len(), len(large), r.account.Used())
			}
			result.Release()
		}
	})
}

// A kept connection on which the server goes on talking is not used again.
func TestUnaskedBytes(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		answer := ok + "Content-Length: 1\r\n\r\n"
		r.serveRaw(addr, answer+"1", func(conn *wstest.Conn) {
			time.Sleep(time.Second)
			conn.Write([]byte(answer + "2"))
			hold(conn)
		})
		get := httpclient.Request{URL: "http://a.test/", NoBody: true}
		want(t, r.do(get), "200 1")
		time.Sleep(2 * time.Second)
		want(t, r.do(get), "200 1")
	})
}

// brokenConn is a connection whose second Write fails, after a second.
type brokenConn struct {
	net.Conn
	writes int // owned by the goroutine that writes
}

func (c *brokenConn) Write(p []byte) (int, error) {
	if c.writes++; c.writes < 2 {
		return c.Conn.Write(p)
	}
	time.Sleep(time.Second)
	return 0, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
}

// A server may answer before it has the request, and be gone by the time that it should get
// it: the failure says so, and not that net/http closed the connection for it.
func TestWriteFailsDuringAnswer(t *testing.T) {
	network := &wstest.Net{}
	play(t, httpclient.Options{DialContext: func(ctx context.Context, to, addr string) (net.Conn, error) {
		conn, err := network.DialContext(ctx, to, addr)
		if err != nil {
			return nil, err
		}
		return &brokenConn{Conn: conn}, nil
	}}, func(t *testing.T, r *rig) {
		r.net = network
		r.serveRaw(addr, "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", func(conn *wstest.Conn) {
			time.Sleep(time.Second / 2)
			conn.Write([]byte(ok + "\r\nhello"))
			hold(conn)
		})
		result := r.do(httpclient.Request{URL: "http://a.test/", NoBody: true})
		want(t, result, `"Underlying Transport Error" reset open`)
	})
}

// What a server sends behind one answer may be read together with it, and is taken for the
// next one if that is awaited soon enough: this is a race, so it is tried often.
func TestAnswerBeforeRequest(t *testing.T) {
	const redirect = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"
	ends := func(conn *wstest.Conn) {
		conn.CloseWrite()
		hold(conn)
	}
	for _, c := range []struct {
		behind string
		after  func(*wstest.Conn)
	}{
		{"\nhush\n", hold}, {ok + "Content-Length: hush\r\n\r\n", hold}, {ok + "Transfer-Encoding: hush\r\n\r\n", hold},
		{"hush", ends}, {ok + "Content-Length: hush\r\n\r\n", ends}, {"hush", closeConn},
	} {
		for range 500 {
			t.Run("", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					if said := playAnswer(t, []byte(redirect+c.behind), c.after); strings.Contains(said, "hush") {
						t.Errorf("the failure is %s", said)
					}
				})
			})
		}
	}
}

// Whatever a server answers, a request has one result in time, with words of the catalogue,
// and nothing is left of it.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		ok + "Content-Length: 5\r\n\r\nhello", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
		ok + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n" + zipped("hello") + "\r\n0\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n" + ok + "\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nabc",
		"HTTP/1.1 103 Hints\r\n\r\n" + ok + "Set-Cookie: a\r\nSet-Cookie: b\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n\n",
		"\x16\x03\x01", "HTTP/1.0 204\r\n\r\n",
		"HTTP/1.1 307 T\r\nLocation: http://[::1%25x]:1/\r\n\r\n",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, answer []byte, holds bool) {
		synctest.Test(t, func(t *testing.T) {
			after := closeConn
			if holds {
				after = hold
			}
			playAnswer(t, answer, after)
		})
	})
}

// playAnswer makes a request of a server that sends the answer to the first one on each
// connection, and returns what its failure says.
func playAnswer(t *testing.T, answer []byte, after func(*wstest.Conn)) (said string) {
	r := &rig{t: t, net: &wstest.Net{}, account: memory.New(1 << 20)}
	r.Client = httpclient.New(httpclient.Options{Memory: r.account, DialContext: r.net.DialContext})
	r.serveRaw(addr, string(answer), after)
	begun := time.Now()
	result := r.do(httpclient.Request{URL: "http://a.test/", Method: "POST", Body: "hello", MaxBody: 10_000,
		Timeout: 5 * time.Second})
	switch took := time.Since(begun); {
	case took > 5*time.Second || took > 0 && (result.Failure == nil || result.Failure.Category != failure.Timeout):
		t.Errorf("it took %v: %s", took, show(result))
	case result.Failure == nil && (result.Response.Body.Len() > 10_000 || result.Response.Status < 100):
		t.Errorf("the answer is %.100s", show(result))
	case result.Failure != nil && (!complete(result.Failure) ||
		!slices.Contains(failure.Categories(), result.Failure.Category) ||
		result.Failure.Category == failure.Internal):
		t.Errorf("the failure is %s: %v", show(result), result.Failure)
	}
	if result.Failure != nil {
		said = result.Failure.Error()
	}
	result.Release()
	r.Shutdown(t.Context())
	synctest.Wait()
	if open, used := r.net.OpenConns(), r.account.Used(); open != 0 || used != 0 {
		t.Errorf("%d connections are open and %d bytes charged at the end", open, used)
	}
	return said
}
