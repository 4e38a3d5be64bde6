package httpclient_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/memory"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // net/http's word for bytes that nobody asked for
	wstest.Main(m)
}

// rig is a client in fake time, and the in-memory network of its servers.
type rig struct {
	*httpclient.Client
	t       *testing.T
	net     *wstest.Net
	account *memory.Account
}

// play runs a test in a bubble. At its end nothing may be left: no goroutine, no connection,
// no charge.
func play(t *testing.T, opts httpclient.Options, test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, net: &wstest.Net{}, account: opts.Memory}
		if r.account == nil {
			r.account = new(memory.Account)
		}
		opts.Memory = r.account
		if opts.DialContext == nil {
			opts.DialContext = r.net.DialContext
		}
		r.Client = httpclient.New(opts)
		test(t, r)
		if err := r.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		for e, result := r.Take(); e != nil; e, result = r.Take() {
			result.Release()
		}
		time.Sleep(time.Second) // for servers that notice it late
		synctest.Wait()
		if open, used := r.net.OpenConns(), r.account.Used(); open != 0 || used != 0 {
			t.Errorf("%d connections are open and %d bytes charged at the end", open, used)
		}
	})
}

// listen makes a listener that the end of the test closes.
func (r *rig) listen(addr string) *wstest.Listener {
	r.t.Helper()
	l, err := r.net.Listen(addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { l.Close() })
	return l
}

// serve runs a server of net/http, over TLS if there is a configuration for it.
func (r *rig) serve(addr string, config *tls.Config, handler http.HandlerFunc) {
	r.t.Helper()
	server := &http.Server{Handler: handler}
	var l net.Listener = r.listen(addr)
	if config != nil {
		l = tls.NewListener(l, config)
	}
	go server.Serve(l) // ended by Close
	r.t.Cleanup(func() { server.Close() })
}

// serveRaw answers the request of each connection with these bytes, and then does as after
// says.
func (r *rig) serveRaw(addr, answer string, after func(conn *wstest.Conn)) {
	r.t.Helper()
	l := r.listen(addr)
	go func() { // ended by closing the listener
		for {
			accepted, err := l.Accept()
			if err != nil {
				return
			}
			conn := accepted.(*wstest.Conn)
			go func() {
				readHead(conn)
				conn.Write([]byte(answer))
				after(conn)
			}()
		}
	}()
}

// readHead reads a request up to the empty line.
func readHead(conn net.Conn) string {
	var head strings.Builder
	for b := make([]byte, 1); !strings.HasSuffix(head.String(), "\r\n\r\n"); {
		if _, err := conn.Read(b); err != nil {
			break
		}
		head.Write(b)
	}
	return head.String()
}

func closeConn(conn *wstest.Conn) { conn.Close() }

// do makes a request and waits for its end.
func (r *rig) do(request httpclient.Request) *httpclient.Result {
	r.t.Helper()
	return r.wait(r.Start(request))
}

func (r *rig) wait(started *httpclient.Exchange) *httpclient.Result {
	r.t.Helper()
	<-r.Ready()
	e, result := r.Take()
	if e != started {
		r.t.Fatalf("Take returned another request")
	}
	return result
}

// show is a result in one line: "200 body" or "message category phase".
func show(result *httpclient.Result) string {
	if failed := result.Failure; failed != nil {
		return fmt.Sprintf("%q %s %s", failed.Message, failed.Category, failed.Phase)
	}
	return fmt.Sprintf("%d %s", result.Response.Status, text(result.Response.Body))
}

func text(body *httpclient.Body) string {
	var b strings.Builder
	for _, piece := range body.Pieces {
		b.Write(piece)
	}
	return b.String()
}

// want checks a result against its line, and releases it.
func want(t *testing.T, result *httpclient.Result, want string) {
	t.Helper()
	if got := show(result); got != want {
		t.Errorf("the result is %.200s, want %s", got, want)
		if result.Failure != nil {
			t.Log(result.Failure)
		}
	}
	result.Release()
}

// complete reports whether a failure is complete: words of package failure, and a story
// of one line.
func complete(f *failure.Error) bool {
	return f.Message != "" && f.Category != "" && f.Phase != "" && f.Error() != "" && !strings.Contains(f.Error(), "\n")
}
