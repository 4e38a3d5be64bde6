package docs_test

import (
	"context"
	"crypto/tls"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/memory"
)

// A failed is a row of the catalogue in the manual.
type failed struct {
	message  string
	category engine.Category
	phases   []string // nil: any
}

func catalogue(t *testing.T) []failed {
	t.Helper()
	var rows []failed
	for _, row := range table(t, "docs/lua-api.md", "<!-- written: failures -->") {
		f := failed{message: word(t, row[0]), category: engine.Category(word(t, row[1])), phases: words(row[2])}
		if f.phases == nil && row[2] != "any" {
			t.Errorf("%s: phases %q", f.message, row[2])
		}
		rows = append(rows, f)
	}
	return rows
}

// The manual's messages are exactly those of package failure.
func TestMessages(t *testing.T) {
	parsed, err := parser.ParseFile(token.NewFileSet(), "internal/ws/failure/failure.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]bool)
	ast.Inspect(parsed, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Msg") {
			return true
		}
		message, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		want[message] = true
		return true
	})
	// No onError has these two.
	delete(want, failure.MsgClosingTimeout)
	delete(want, failure.MsgUnmaskedClientFrame)
	if len(want) < 20 {
		t.Fatalf("%d messages found in package failure", len(want))
	}

	got := make(map[string]bool)
	for _, row := range catalogue(t) {
		got[row.message] = true
		if !want[row.message] {
			t.Errorf("the manual has %q, package failure has not", row.message)
		}
	}
	for message := range want {
		if !got[message] {
			t.Errorf("package failure has %q, the manual has not", message)
		}
	}
}

// The manual lists the categories of package failure, in order, and agrees with it on
// retrying.
func TestCategories(t *testing.T) {
	var got []failure.Category
	for _, row := range table(t, "docs/lua-api.md", "<!-- written: categories -->") {
		category := failure.Category(word(t, row[0]))
		got = append(got, category)
		for status := range 600 {
			want := row[1] == "yes"
			if category == failure.HTTPStatus {
				want = slices.Contains(strings.Split(row[1], ", "), strconv.Itoa(status)) ||
					strings.HasSuffix(row[1], ", 5xx") && status >= 500
			}
			if failure.Retryable(category, status) != want {
				t.Errorf("%s with HTTP status %d: the manual says %s", category, status, row[1])
				break
			}
		}
	}
	if want := failure.Categories(); !slices.Equal(got, want) {
		t.Errorf("categories\n%q, want\n%q", got, want)
	}
}

// The manual's phases are those of package failure.
func TestPhases(t *testing.T) {
	_, section, _ := strings.Cut(read(t, "docs/lua-api.md"), "\n### Phases\n")
	section, _, _ = strings.Cut(section, "\n## ")
	got := words(section)[1:] // the first one is info.phase
	want := []string{
		string(engine.PhaseURI), string(engine.PhasePolicy), string(engine.PhaseDNS), string(engine.PhaseProxy),
		string(engine.PhaseTCP),
		string(engine.PhaseTLS), string(engine.PhaseHandshake), string(engine.PhaseOpen), string(engine.PhaseClosing),
	}
	if !slices.Equal(got, want) {
		t.Errorf("phases\n%q, want\n%q", got, want)
	}
}

// Each row of the catalogue is the engine's report of a failure that this test provokes.
func TestCatalogue(t *testing.T) {
	rows := catalogue(t)
	shown := make([]map[string]bool, len(rows))
	for name, provoke := range failures {
		t.Run(name, func(t *testing.T) {
			end := provoke(t)
			at := slices.IndexFunc(rows, func(row failed) bool {
				return row.message == end.Message && row.category == end.Category
			})
			if !end.Failed || at < 0 {
				t.Fatalf("the manual has no row for %q, %s: %s", end.Message, end.Category, end.Detail)
			}
			if row := rows[at]; row.phases != nil && !slices.Contains(row.phases, string(end.Phase)) {
				t.Errorf("%q, %s: phase %s, the manual has %q", end.Message, end.Category, end.Phase, row.phases)
			}
			if want := closeCode(end); end.CloseCode != want {
				t.Errorf("%q, %s: close code %d, want %d", end.Message, end.Category, end.CloseCode, want)
			}
			if end.Retryable != failure.Retryable(failure.Category(end.Category), 0) {
				t.Errorf("%q, %s: retryable %v", end.Message, end.Category, end.Retryable)
			}
			t.Logf("onError(%q), info.detail: %s", end.Message, end.Detail)
			if shown[at] == nil {
				shown[at] = make(map[string]bool)
			}
			shown[at][string(end.Phase)] = true
		})
	}
	for i, row := range rows {
		for _, phase := range row.phases {
			if !shown[i][phase] {
				t.Errorf("no test shows %q, %s in phase %s", row.message, row.category, phase)
			}
		}
		if shown[i] == nil {
			t.Errorf("no test shows %q, %s", row.message, row.category)
		}
	}
}

// closeCode returns the close code that we send, according to the manual.
func closeCode(end *engine.End) int {
	switch end.Category {
	case engine.CategoryTooBig:
		return 1009
	case engine.CategoryMemory:
		if end.Message == failure.MsgTooBig {
			return 1009
		}
	case engine.CategoryUTF8, engine.CategoryDeflate:
		return 1007
	case engine.CategoryProtocol:
		return 1002
	}
	return 1006
}

// failures make a connection fail, each in its way.
var failures = map[string]func(t *testing.T) *engine.End{
	"malformed URL": bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End { return fail(h, "nonsense") }),
	"refused by policy": func(t *testing.T) *engine.End {
		return realDial(t, func(context.Context, string, netip.AddrPort) error { return errors.New("not here") })
	},
	"name under .invalid": bubble(nil, func(t *testing.T,
		h *enginetest.Rig) *engine.End {
		return fail(h, "wss://invalid-host.invalid")
	}),
	"refused":              dialError(syscall.ECONNREFUSED),
	"unreachable":          dialError(syscall.EHOSTUNREACH),
	"reset while dialling": dialError(syscall.ECONNRESET),
	"no descriptors":       dialError(syscall.EMFILE),
	"name server silent":   dialError(&net.DNSError{Err: "timeout", Name: "peer.test", IsTimeout: true}),
	"TCP too slow": bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End {
		h.Net.Blackhole(enginetest.Addr)
		return fail(h, enginetest.URL)
	}),

	"no URL of a proxy": bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End {
		return h.End(h.Connect("ws://far.test/", engine.ConnectOptions{Proxy: "ftp://peer.test"}))
	}),
	"proxy refuses": bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End {
		id := h.Connect("ws://far.test/", engine.ConnectOptions{Proxy: "http://" + enginetest.Addr})
		wstest.Accept(t, h.Listener).SendRaw([]byte("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
		return h.End(id)
	}),

	"no TLS":           onTLS(func(p *wstest.Peer) { p.SendRaw([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }),
	"reset during TLS": onTLS(func(p *wstest.Peer) { p.Conn.(*wstest.Conn).Reset() }),
	"end during TLS": onTLS(func(p *wstest.Peer) {
		p.Conn.Read(make([]byte, 4096)) // the client's first bytes
		p.Hangup()
	}),
	"TLS too slow": onTLS(func(*wstest.Peer) {}),
	"TLS cut in the handshake": overTLS(func(p *wstest.Peer, raw net.Conn) {
		p.ReadRequest()
		raw.Close()
	}),
	"TLS cut": overTLS(func(p *wstest.Peer, raw net.Conn) {
		p.Handshake(wstest.Answer{})
		raw.Close()
	}),

	"system gives up in the handshake": inHandshake(breaks, syscall.ETIMEDOUT),
	"unreachable in the handshake":     inHandshake(breaks, syscall.EHOSTUNREACH),
	"certificate refused late": inHandshake(breaks,
		&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}),
	"system gives up":       whenOpen(breaks, syscall.ETIMEDOUT),
	"unreachable when open": whenOpen(breaks, syscall.EHOSTUNREACH),

	"reset in the handshake":  inHandshake(func(p *wstest.Peer) { p.Conn.(*wstest.Conn).Reset() }, nil),
	"end in the handshake":    inHandshake(func(p *wstest.Peer) { p.Hangup() }, nil),
	"no answer":               inHandshake(func(*wstest.Peer) {}, nil),
	"status 403":              answered(wstest.Answer{Status: http.StatusForbidden}),
	"no Upgrade":              answered(wstest.Answer{Header: http.Header{"Upgrade": nil}}),
	"no HTTP":                 answered(wstest.Answer{Raw: "SSH-2.0-OpenSSH_9.2\r\n\r\n"}),
	"extension not offered":   answered(wstest.Answer{Header: http.Header{"Sec-WebSocket-Extensions": {"x-new"}}}),
	"subprotocol not offered": answered(wstest.Answer{Header: http.Header{"Sec-WebSocket-Protocol": {"x-new"}}}),

	"reset": whenOpen(func(p *wstest.Peer) { p.Conn.(*wstest.Conn).Reset() }, nil),
	"end":   whenOpen(func(p *wstest.Peer) { p.Hangup() }, nil),
	"corrupt compressed data": bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End {
		peer := h.Open(engine.ConnectOptions{Compression: &engine.Compression{}},
			wstest.Answer{Header: http.Header{"Sec-WebSocket-Extensions": {"permessage-deflate"}}})
		h.Want("open")
		peer.SendRaw(wstest.Frame{RSV: 4, Opcode: wstest.OpText, Payload: []byte("\xff\xff\xff")}.Append(nil))
		peer.Serve()
		return h.End(h.ID)
	}),
	"silence":             whenOpen(func(p *wstest.Peer) { p.Conn.(*wstest.Conn).Stall() }, nil),
	"too big":             sends(wstest.Text("more than sixteen bytes")),
	"bad UTF-8":           sends(wstest.Text("\xff")),
	"reserved bit":        sends(wstest.Frame{RSV: 4, Opcode: wstest.OpText}),
	"reserved opcode":     sends(wstest.Frame{Opcode: 3}),
	"long ping":           sends(wstest.Ping(strings.Repeat("x", 126))),
	"fragmented ping":     sends(wstest.Ping("").Unfinished()),
	"nothing to continue": sends(wstest.Continuation("x")),
	"masked frame":        sends(wstest.Frame{Opcode: wstest.OpText, Masked: true}),
	"long length":         sends(wstest.Frame{Opcode: wstest.OpText, Width: 2, Payload: []byte("x")}),
	"close code 1005":     sends(wstest.Close(1005, "")),
	"close code 1016":     sends(wstest.Close(1016, "")),

	"send queue full before TCP": bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End {
		h.Net.Blackhole(enginetest.Addr)
		return overfill(h, h.Connect(enginetest.URL, engine.ConnectOptions{SendQueue: 100}))
	}),
	"send queue full during TLS": bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End {
		id := h.Connect(secureURL, engine.ConnectOptions{SendQueue: 100})
		wstest.Accept(t, h.Listener)
		synctest.Wait()
		return overfill(h, id)
	}),
	"send queue full in the handshake": bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End {
		id := h.Connect(enginetest.URL, engine.ConnectOptions{SendQueue: 100})
		wstest.Accept(t, h.Listener).ReadRequest()
		synctest.Wait()
		return overfill(h, id)
	}),
	"send queue full when open": bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End {
		h.Open(engine.ConnectOptions{SendQueue: 100}, wstest.Answer{})
		h.Want("open")
		h.Send(h.ID, engine.Text, strings.Repeat("x", 1<<20)) // the peer reads nothing of it
		return overfill(h, h.ID)
	}),

	"no memory for a connection": cramped(func(t *testing.T, h *enginetest.Rig) *engine.End {
		return fail(h, enginetest.URL+strings.Repeat("x", 60_000))
	}),
	"no memory for a certificate in a file": cramped(func(t *testing.T, h *enginetest.Rig) *engine.End {
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, make([]byte, 60_000), 0o600); err != nil {
			t.Fatal(err)
		}
		return h.End(h.Connect(secureURL, engine.ConnectOptions{TLS: engine.TLSOptions{CA: file}}))
	}),
	"no memory for an answer": cramped(func(t *testing.T, h *enginetest.Rig) *engine.End {
		h.Open(engine.ConnectOptions{}, wstest.Answer{Header: http.Header{"X-Long": {strings.Repeat("x", 60_000)}}})
		return h.End(h.ID)
	}),
	"no memory for a message that arrives": cramped(func(t *testing.T, h *enginetest.Rig) *engine.End {
		peer := h.Open(engine.ConnectOptions{MaxMessage: 1 << 20}, wstest.Answer{})
		h.Want("open")
		peer.SendRaw(wstest.Text(strings.Repeat("x", 200_000)).Append(nil)[:100_000])
		return h.End(h.ID)
	}),
	"no memory for a message before TCP": cramped(func(t *testing.T, h *enginetest.Rig) *engine.End {
		h.Net.Blackhole(enginetest.Addr)
		return overuse(h, h.Connect(enginetest.URL, engine.ConnectOptions{SendQueue: 1 << 20}))
	}),
	"no memory for a message during TLS": cramped(func(t *testing.T, h *enginetest.Rig) *engine.End {
		id := h.Connect(secureURL, engine.ConnectOptions{SendQueue: 1 << 20})
		wstest.Accept(t, h.Listener)
		synctest.Wait()
		return overuse(h, id)
	}),
	"no memory for a message in the handshake": cramped(func(t *testing.T, h *enginetest.Rig) *engine.End {
		id := h.Connect(enginetest.URL, engine.ConnectOptions{SendQueue: 1 << 20})
		wstest.Accept(t, h.Listener).ReadRequest()
		synctest.Wait()
		return overuse(h, id)
	}),
	"no memory for a message when open": cramped(func(t *testing.T, h *enginetest.Rig) *engine.End {
		h.Open(engine.ConnectOptions{SendQueue: 1 << 20}, wstest.Answer{})
		h.Want("open")
		return overuse(h, h.ID)
	}),
}

// cramped runs a failure in fake time, with an account of 100 KiB.
func cramped(provoke func(*testing.T, *enginetest.Rig) *engine.End) func(*testing.T) *engine.End {
	return func(t *testing.T) (end *engine.End) {
		synctest.Test(t, func(t *testing.T) {
			end = provoke(t, enginetest.New(t, engine.Options{Memory: memory.New(100 << 10)}))
		})
		return end
	}
}

// overuse sends more than an account holds.
func overuse(h *enginetest.Rig, id engine.ID) *engine.End {
	h.Send(id, engine.Text, strings.Repeat("x", 100<<10))
	return h.End(id)
}

const secureURL = "wss://" + enginetest.Addr + "/"

// bubble runs a failure in fake time. seen is as for inHandshake.
func bubble(seen error, provoke func(*testing.T, *enginetest.Rig) *engine.End) func(*testing.T) *engine.End {
	return func(t *testing.T) (end *engine.End) {
		synctest.Test(t, func(t *testing.T) {
			var h *enginetest.Rig
			h = enginetest.New(t, engine.Options{
				DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
					conn, err := h.Net.DialContext(ctx, network, addr)
					return readError{conn, seen}, err
				},
			})
			end = provoke(t, h)
		})
		return end
	}
}

func fail(h *enginetest.Rig, url string) *engine.End {
	return h.End(h.Connect(url, engine.ConnectOptions{}))
}

func dialError(err error) func(*testing.T) *engine.End {
	return bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End {
		h.Net.FailDials(enginetest.Addr, err)
		return fail(h, enginetest.URL)
	})
}

// realDial dials a loopback address that the policy keeps it from.
func realDial(t *testing.T, policy engine.Policy) *engine.End {
	eng := engine.New(engine.Options{Policy: policy})
	defer eng.Shutdown(t.Context())
	if _, err := eng.Connect("ws://127.0.0.1:1/", engine.ConnectOptions{}); err != nil {
		t.Fatal(err)
	}
	var h lastEnd
	for eng.Live() > 0 {
		<-eng.Ready()
		eng.Dispatch(&h, engine.Budget{})
	}
	return h.end
}

type lastEnd struct {
	engine.NopHandler
	end *engine.End
}

func (h *lastEnd) Ended(_ engine.ID, end *engine.End) { h.end = end }

// onTLS plays the server up to where TLS would begin.
func onTLS(play func(*wstest.Peer)) func(*testing.T) *engine.End {
	return bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End {
		id := h.Connect(secureURL, engine.ConnectOptions{})
		play(wstest.Accept(t, h.Listener))
		return h.End(id)
	})
}

// overTLS plays a server from TLS on; raw is the connection under it.
func overTLS(play func(p *wstest.Peer, raw net.Conn)) func(*testing.T) *engine.End {
	return func(t *testing.T) (end *engine.End) {
		synctest.Test(t, func(t *testing.T) {
			cert := wstest.Certificate(t, "peer.test")
			h := enginetest.New(t, engine.Options{TLSConfig: &tls.Config{RootCAs: cert.Roots}})
			id := h.Connect(secureURL, engine.ConnectOptions{})
			raw, err := h.Listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			play(wstest.NewPeer(t, tls.Server(raw, cert.Server)), raw)
			end = h.End(id)
		})
		return end
	}
}

// breaks ends the connection; a conn of readError says how the client sees that.
func breaks(p *wstest.Peer) { p.Conn.(*wstest.Conn).Reset() }

// readError is a connection whose reads fail with an error of the test's choice, where
// there is one.
type readError struct {
	net.Conn
	err error
}

func (c readError) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && c.err != nil {
		err = c.err
	}
	return n, err
}

// inHandshake plays the server once it has the client's request. seen, if not nil, is the
// client's error of reading.
func inHandshake(play func(*wstest.Peer), seen error) func(*testing.T) *engine.End {
	return bubble(seen, func(t *testing.T, h *enginetest.Rig) *engine.End {
		id := h.Connect(enginetest.URL, engine.ConnectOptions{})
		peer := wstest.Accept(t, h.Listener)
		peer.ReadRequest()
		play(peer)
		return h.End(id)
	})
}

func answered(answer wstest.Answer) func(*testing.T) *engine.End {
	return bubble(nil, func(t *testing.T, h *enginetest.Rig) *engine.End {
		h.Open(engine.ConnectOptions{}, answer)
		return h.End(h.ID)
	})
}

// whenOpen plays the server of an open connection that takes messages of 16 bytes. seen
// is as for inHandshake.
func whenOpen(play func(*wstest.Peer), seen error) func(*testing.T) *engine.End {
	return bubble(seen, func(t *testing.T, h *enginetest.Rig) *engine.End {
		peer := h.Open(engine.ConnectOptions{MaxMessage: 16}, wstest.Answer{})
		h.Want("open")
		h.Patience = time.Minute // longer than keepalive's
		play(peer)
		return h.End(h.ID)
	})
}

// sends is a server that breaks a rule and then goes by the others.
func sends(frame wstest.Frame) func(*testing.T) *engine.End {
	return whenOpen(func(p *wstest.Peer) {
		p.SendRaw(frame.Append(nil))
		p.Serve()
	}, nil)
}

// overfill sends more than a queue of 100 bytes takes.
func overfill(h *enginetest.Rig, id engine.ID) *engine.End {
	for range 3 {
		h.Send(id, engine.Text, "a message of thirty-two bytes...")
	}
	return h.End(id)
}
