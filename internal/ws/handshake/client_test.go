package handshake_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/handshake"
)

// The nonce and the accept value of RFC 6455 §1.3.
const (
	sampleNonce  = "the sample nonce"
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// agreement is an answer that is as short as it may be.
const agreement = "HTTP/1.1 101 Switching Protocols\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: " + sampleAccept + "\r\n\r\n"

// wire is a transport whose other end has said all that it says beforehand, step bytes a
// Read (0: as many as fit).
type wire struct {
	in     []byte
	step   int
	end    error // of Read, at the end of in
	write  error // of Write
	out    bytes.Buffer
	writes int
	closed int
}

func (w *wire) Read(p []byte) (int, error) {
	if len(w.in) == 0 {
		return 0, w.end
	}
	if w.step > 0 {
		p = p[:min(len(p), w.step)]
	}
	n := copy(p, w.in)
	w.in = w.in[n:]
	return n, nil
}

func (w *wire) Write(p []byte) (int, error) {
	if w.write != nil {
		return 0, w.write
	}
	w.writes++
	return w.out.Write(p)
}

func (w *wire) Close() error { w.closed++; return nil }

func request() handshake.Request {
	return handshake.Request{URL: "ws://peer.test/chat", Host: "peer.test", RequestURI: "/chat",
		Random: strings.NewReader(sampleNonce)}
}

// answerWith lets the server say answer and then FIN.
func answerWith(t *testing.T, answer string, protocols ...string) (*handshake.Response, error) {
	t.Helper()
	w := &wire{in: []byte(answer), end: io.EOF}
	req := request()
	req.Protocols = protocols
	resp, err := handshake.Client(t.Context(), w, w, req, time.Minute)
	if resp == nil {
		t.Fatal("no response")
	}
	if w.closed != 0 {
		t.Error("the transport was closed")
	}
	return resp, err
}

func TestClientRequest(t *testing.T) {
	basic := func(r *handshake.Request) { r.BasicAuth, r.Username, r.Password = true, "joe", "secret:ü" }
	for _, c := range []struct {
		name   string
		change func(*handshake.Request)
		more   string // after the fixed fields
	}{
		{"§4.1 the fixed fields", func(*handshake.Request) {}, ""},
		{"§4.1 item 8 origin", func(r *handshake.Request) { r.Origin = "https://a.test" },
			"Origin: https://a.test\r\n"},
		{"§4.1 item 10 subprotocols", func(r *handshake.Request) { r.Protocols = []string{"chat", "v2"} },
			"Sec-WebSocket-Protocol: chat, v2\r\n"},
		{"§4.1 item 12 further fields", func(r *handshake.Request) {
			r.Header = http.Header{"X-b": {"2", "3"}, "Cookie": {"a=b"}}
		}, "Cookie: a=b\r\nX-b: 2\r\nX-b: 3\r\n"},
		{"origin among the further fields", func(r *handshake.Request) {
			r.Header = http.Header{"origin": {"https://b.test"}}
		}, "origin: https://b.test\r\n"},
		{"the option wins over that", func(r *handshake.Request) {
			r.Origin, r.Header = "https://a.test", http.Header{"origin": {"https://b.test"}}
		}, "Origin: https://a.test\r\n"},
		{"RFC 7617", basic, "Authorization: Basic am9lOnNlY3JldDrDvA==\r\n"},
		{"an Authorization of its own", func(r *handshake.Request) {
			basic(r)
			r.Header = http.Header{"authorization": {"Bearer x"}}
		}, "authorization: Bearer x\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &wire{in: []byte(agreement), end: io.EOF}
			req := request()
			c.change(&req)
			if _, err := handshake.Client(t.Context(), w, w, req, time.Minute); err != nil {
				t.Fatal(err)
			}
			want := "GET /chat HTTP/1.1\r\nHost: peer.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
				"Sec-WebSocket-Key: " + sampleKey + "\r\nSec-WebSocket-Version: 13\r\n" + c.more + "\r\n"
			if got := w.out.String(); got != want || w.writes != 1 {
				t.Errorf("%d writes:\n%s\nwant\n%s", w.writes, got, want)
			}
		})
	}
}

func TestClientKeyIsFresh(t *testing.T) {
	keys := map[string]bool{}
	for range 100 {
		w := &wire{end: io.EOF}
		req := request()
		req.Random = nil
		_, err := handshake.Client(t.Context(), w, w, req, time.Minute)
		wantFailure(t, err, failure.EOF, failure.MsgEOF)
		sent, err := http.ReadRequest(bufio.NewReader(&w.out))
		if err != nil {
			t.Fatal(err)
		}
		keys[sent.Header.Get("Sec-WebSocket-Key")] = true
	}
	if len(keys) != 100 {
		t.Errorf("%d different keys of 100", len(keys))
	}
}

// agreements are valid answers to a client that offers chat and v2.
var agreements = []struct {
	name, answer, protocol, rest string
}{
	{"§1.3 the example", agreement, "", ""},
	{"§4.1 item 6 a subprotocol that was offered", with("Sec-WebSocket-Protocol: v2"), "v2", ""},
	{"tokens in any case", strings.NewReplacer("websocket", "WebSocket", "Upgrade: ", "UPGRADE: ",
		"Connection: Upgrade", "connection: keep-alive, uPGRADE").Replace(agreement), "", ""},
	{"Connection in two lines", strings.Replace(agreement, "Connection: ", "Connection: keep-alive\r\nConnection: ", 1),
		"", ""},
	{"white space around values", strings.ReplaceAll(strings.ReplaceAll(agreement, ": ", ":\t  "), "\r\nC", " \r\nC"),
		"", ""},
	{"no reason phrase", strings.Replace(agreement, "101 Switching Protocols", "101", 1), "", ""},
	{"an extension field that names none", with("Sec-WebSocket-Extensions:"), "", ""},
	{"frames behind the header", agreement + "\x81\x05hello\x88\x00", "", "\x81\x05hello\x88\x00"},
	{"1xx answers first (RFC 9110 §15.2)", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: " +
		"</x>\r\n\r\n" +
		"HTTP/1.1 199\r\n\r\n" + with("Sec-WebSocket-Protocol: chat"), "chat", ""},
	{"a long header", with("X-Long: " + strings.Repeat("x", 10_000)), "", ""},
}

func TestClientAgreements(t *testing.T) {
	for _, c := range agreements {
		t.Run(c.name, func(t *testing.T) {
			resp, err := answerWith(t, c.answer, "chat", "v2")
			if err != nil {
				t.Fatal(err)
			}
			if resp.Status != 101 || resp.Protocol != c.protocol || string(resp.Buffered) != c.rest || resp.Body != "" {
				t.Errorf("got %+v", resp)
			}
			if got := resp.Header.Get("Sec-WebSocket-Accept"); got != sampleAccept {
				t.Errorf("the header is lost: %q", resp.Header)
			}
		})
	}
}

func TestClientAnswerCutAnywhere(t *testing.T) {
	for _, c := range agreements[:9] { // the long one has nothing new to show
		t.Run(c.name, func(t *testing.T) {
			head := len(c.answer) - len(c.rest)
			for n := range head {
				resp, err := answerWith(t, c.answer[:n], "chat", "v2")
				wantFailure(t, err, failure.EOF, failure.MsgEOF)
				if resp.Status != 0 || resp.Buffered != nil {
					t.Fatalf("cut at %d: got %+v", n, resp)
				}
			}
			for n := head; n <= len(c.answer); n++ {
				resp, err := answerWith(t, c.answer[:n], "chat", "v2")
				if err != nil || string(resp.Buffered) != c.answer[head:n] {
					t.Fatalf("cut at %d: %v, %q", n, err, resp.Buffered)
				}
			}
		})
	}
}

func TestClientAnswerInPieces(t *testing.T) {
	for _, c := range agreements {
		for _, step := range []int{1, 2, 3, 7} {
			w := &wire{in: []byte(c.answer), step: step, end: io.EOF}
			req := request()
			req.Protocols = []string{"chat", "v2"}
			resp, err := handshake.Client(t.Context(), w, w, req, time.Minute)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			rest := string(resp.Buffered) + string(w.in) // unread bytes are still in the transport
			if resp.Protocol != c.protocol || rest != c.rest {
				t.Errorf("%s, %d bytes a read: got %+v, rest %q", c.name, step, resp, rest)
			}
		}
	}
}

func TestClientRefuses(t *testing.T) {
	without := func(name string) string {
		var kept []string
		for _, line := range strings.SplitAfter(agreement, "\r\n") {
			if !strings.HasPrefix(line, name) {
				kept = append(kept, line)
			}
		}
		return strings.Join(kept, "")
	}
	for _, c := range []struct {
		name, answer string
		category     failure.Category
		message      string
		detail       string
	}{
		{"§4.1 item 2: no Upgrade", without("Upgrade"), failure.Handshake, failure.MsgHeaderMissing,
			`the server answered 101 with no Upgrade, want "websocket": is it a WebSocket server?`},
		{"§4.1 item 2: another Upgrade", strings.Replace(agreement, "websocket", "h2c", 1), failure.Handshake,
			failure.MsgHeaderMissing, `with Upgrade: "h2c", want "websocket"`},
		{"§4.1 item 2: a longer token", strings.Replace(agreement, "websocket", "websocket2", 1), failure.Handshake,
			failure.MsgHeaderMissing, `with Upgrade: "websocket2"`},
		{"§4.1 item 3: no Connection", without("Connection"), failure.Handshake, failure.MsgHeaderMissing,
			"with no Connection"},
		{"§4.1 item 3: another Connection", strings.Replace(agreement, "Connection: Upgrade",
			"Connection: keep-alive", 1),
			failure.Handshake, failure.MsgHeaderMissing, `with Connection: "keep-alive", want "Upgrade"`},
		{"§4.1 item 4: no accept value", without("Sec-WebSocket-Accept"), failure.Handshake, failure.MsgHeaderMissing,
			"with no Sec-WebSocket-Accept"},
		{"§4.1 item 4: a wrong accept value", strings.Replace(agreement, "s3p", "S3P", 1), failure.Handshake,
			failure.MsgHeaderMissing, `want "` + sampleAccept + `"`},
		{"§4.1 item 4: two accept values", with("Sec-WebSocket-Accept: " + sampleAccept), failure.Handshake,
			failure.MsgHeaderMissing, "with Sec-WebSocket-Accept"},
		{"§4.1 item 5: an extension", with("Sec-WebSocket-Extensions: permessage-deflate"), failure.Handshake,
			failure.MsgExtension, `the server answered Sec-WebSocket-Extensions: "permessage-deflate", but none ` +
				`was offered`},
		{"§4.1 item 6: a subprotocol not offered", with("Sec-WebSocket-Protocol: other"), failure.Handshake,
			failure.MsgSubprotocol, `the server answered Sec-WebSocket-Protocol: "other"; offered: chat, v2`},
		{"§4.1 item 6: in another case", with("Sec-WebSocket-Protocol: Chat"), failure.Handshake,
			failure.MsgSubprotocol, ""},
		{"§4.1 item 6: an empty one", with("Sec-WebSocket-Protocol:"), failure.Handshake, failure.MsgSubprotocol, ""},
		{"§4.1 item 6: two in a list", with("Sec-WebSocket-Protocol: chat, v2"), failure.Handshake,
			failure.MsgSubprotocol, ""},
		{"§4.1 item 6: two lines", with("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: v2"),
			failure.Handshake,
			failure.MsgSubprotocol, ""},
		{"the order: status first", "HTTP/1.1 404 Not Found\r\n\r\n", failure.HTTPStatus, failure.MsgHTTPStatus,
			"the server answered 404 Not Found"},
		{"the order: headers before extensions",
			strings.Replace(with("Sec-WebSocket-Extensions: x"), "Upgrade: w", "X: w", 1),
			failure.Handshake, failure.MsgHeaderMissing, ""},
		{"the order: extensions before subprotocols", with("Sec-WebSocket-Protocol: " +
			"other\r\nSec-WebSocket-Extensions: x"),
			failure.Handshake, failure.MsgExtension, ""},
		{"HTTP/1.0 cannot switch", strings.Replace(agreement, "1.1", "1.0", 1), failure.Handshake, failure.MsgHTTPParse,
			"the server answered 101 in HTTP/1.0, want HTTP/1.1"},
		{"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", failure.Handshake, failure.MsgHTTPParse,
			"the server does not " +
				"speak HTTP"},
		{"escape sequences", "\x1b[2J\r\n\r\n", failure.Handshake, failure.MsgHTTPParse, "the server does not " +
			"speak HTTP"},
		{"a status of letters", "HTTP/1.1 abc OK\r\n\r\n", failure.Handshake, failure.MsgHTTPParse, ""},
		{"a status below 100", "HTTP/1.1 099 OK\r\n\r\n", failure.Handshake, failure.MsgHTTPParse, "status 099"},
		{"a header line without colon", "HTTP/1.1 101 OK\r\nUpgrade\r\n\r\n", failure.Handshake,
			failure.MsgHTTPParse, ""},
		{"NUL in a value", with("X: a\x00b"), failure.Handshake, failure.MsgHTTPParse, ""},
		{"a header over 64 KiB", with("X: " + strings.Repeat("x", 64<<10)), failure.Handshake, failure.MsgHTTPParse,
			"no end of its header within 65536 bytes"},
		{"1xx without end", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 4000), failure.Handshake,
			failure.MsgHTTPParse,
			"no end of its header within 65536 bytes"},
		{"FIN at once", "", failure.EOF, failure.MsgEOF, "the server closed the connection without a word: if its port speaks TLS, use wss://"},
		{"FIN in the middle", agreement[:20], failure.EOF, failure.MsgEOF,
			"the server closed the connection after 20 bytes, before the end of its header"},
		{"a TLS alert", "\x15\x03\x01\x00\x02\x02\x46", failure.EOF, failure.MsgEOF, "(it speaks TLS: use wss://)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := answerWith(t, c.answer, "chat", "v2")
			wantFailure(t, err, c.category, c.message)
			if want := "opening handshake of ws://peer.test/chat: "; !strings.HasPrefix(err.Error(), want) ||
				!strings.Contains(err.Error(), c.detail) {
				t.Errorf("got %q, want %q", err, want+c.detail)
			}
			if strings.ContainsAny(err.Error(), "\r\n\x1b\x00") || len(err.Error()) > 500 {
				t.Errorf("not one short printable line: %q", err)
			}
		})
	}
}

func TestClientSubprotocolWithoutOffer(t *testing.T) {
	_, err := answerWith(t, with("Sec-WebSocket-Protocol: chat"))
	wantFailure(t, err, failure.Handshake, failure.MsgSubprotocol)
	if !strings.HasSuffix(err.Error(), "; offered: none") {
		t.Error(err)
	}
}

func TestClientStatus(t *testing.T) {
	long := strings.Repeat("0123456789", 1000)
	for _, c := range []struct {
		name, answer string
		want         handshake.Response
		detail       string
	}{
		{"body up to its length", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nno ☃",
			// 3 bytes of ☃ do not fit
			handshake.Response{Status: 404, Body: "no \xe2"}, "404 Not Found"},
		{"body up to FIN", "HTTP/1.0 404 File not found\r\n\r\nnothing here\nreally",
			handshake.Response{Status: 404, Body: "nothing here\nreally"}, "404 File not found: nothing here"},
		{"body in chunks", "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyou\r\n5\r\n not!\r\n0\r\n\r\n",
			handshake.Response{Status: 403, Body: "you not!"}, "403 No: you not!"},
		{"body cut short", "HTTP/1.1 500 X\r\nContent-Length: 100\r\n\r\nhalf",
			handshake.Response{Status: 500, Body: "half"}, "500 X: half"},
		{"a header that leaves the body no room",
			"HTTP/1.1 500 X\r\nX: " + strings.Repeat("x", 65_000) + "\r\n\r\n" + long,
			handshake.Response{Status: 500, Body: long[:4096]}, "500 X: " + long[:120] + "…"},
		{"bad chunks", "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyou\r\nzz\r\n",
			handshake.Response{Status: 500, Body: "you"}, "500 X: you"},
		{"long body", "HTTP/1.1 500 X\r\nContent-Length: 10000\r\n\r\n" + long,
			handshake.Response{Status: 500, Body: long[:4096]}, "500 X: " + long[:120] + "…"},
		{"long body in chunks", "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n" + long + "\r\n0\r\n\r\n",
			handshake.Response{Status: 500, Body: long[:4096]}, "500 X: " + long[:120] + "…"},
		{"markup", "HTTP/1.1 502 Bad Gateway\r\n\r\n<html>", handshake.Response{Status: 502, Body: "<html>"},
			"502 Bad Gateway"},
		{"no reason", "HTTP/1.1 503\r\n\r\n", handshake.Response{Status: 503}, "503"},
		{"redirect", "HTTP/1.1 301 Moved\r\nLocation: wss://new.test/\r\n\r\n",
			handshake.Response{Status: 301, Location: "wss://new.test/"}, "301 Moved: it redirects to " +
				"wss://new.test/, " +
				"which is not followed"},
		{"TLS at a server in Go", "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
			handshake.Response{Status: 400, Body: "Client sent an HTTP request to an HTTPS server.\n"},
			"400 Bad Request: the port speaks TLS: use wss://"},
		{"TLS at nginx", "HTTP/1.1 400 Bad Request\r\n\r\n<html>The plain HTTP request was sent to HTTPS port",
			handshake.Response{Status: 400, Body: "<html>The plain HTTP request was sent to HTTPS port"},
			"400 Bad Request: the port speaks TLS: use wss://"},
		{"TLS at Apache", "HTTP/1.1 400 Bad Request\r\n\r\n<p>You're speaking plain HTTP to an SSL-enabled server port.",
			handshake.Response{Status: 400, Body: "<p>You're speaking plain HTTP to an SSL-enabled server port."},
			"400 Bad Request: the port speaks TLS: use wss://"},
		{"200", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", handshake.Response{Status: 200},
			"200 OK: it speaks no WebSocket at this path"},
		{"401", "HTTP/1.1 401 Unauthorized\r\n\r\n", handshake.Response{Status: 401},
			"401 Unauthorized: it wants credentials, in the URL or in an Authorization field"},
		{"retry after seconds", "HTTP/1.1 503 Busy\r\nRetry-After: 120\r\n\r\n",
			handshake.Response{Status: 503, RetryAfter: new(120 * time.Second)}, "503 Busy: try again in 120 s"},
		{"retry after aeons", "HTTP/1.1 503 Busy\r\nRetry-After: 99999999999999999999\r\n\r\n",
			handshake.Response{Status: 503, RetryAfter: new(time.Duration(1<<31) * time.Second)},
			"503 Busy: try again " +
				"in 2147483648 s"},
		{"retry after nothing", "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\n\r\n",
			handshake.Response{Status: 503, RetryAfter: new(time.Duration(0))}, "503 Busy: try again at once"},
		{"retry after a negative number", "HTTP/1.1 503 Busy\r\nRetry-After: -1\r\n\r\n",
			handshake.Response{Status: 503},
			"503 Busy"},
		{"status 204", "HTTP/1.1 204 No Content\r\n\r\nx", handshake.Response{Status: 204},
			"204 No Content: it speaks no WebSocket at this path"},
		{"status 600", "HTTP/1.1 600 What\r\n\r\n", handshake.Response{Status: 600}, "600 What"},
		{"hints, then a refusal", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 No\r\n\r\n",
			handshake.Response{Status: 404}, "404 No"},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, err := answerWith(t, c.answer)
			wantFailure(t, err, failure.HTTPStatus, failure.MsgHTTPStatus)
			if want := "opening handshake of ws://peer.test/chat: the server answered " +
				c.detail; err.Error() != want {
				t.Errorf("got  %q\nwant %q", err, want)
			}
			if resp.Header == nil {
				t.Error("no header")
			}
			resp.Header = nil
			if !reflect.DeepEqual(*resp, c.want) {
				t.Errorf("got %+v", *resp)
			}
		})
	}
}

func TestClientRetryAfterDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock is at a whole second
		for _, c := range []struct{ ahead, passed, want time.Duration }{
			{90 * time.Second, 0, 90 * time.Second},
			{0, 500 * time.Millisecond, 90 * time.Second}, // 89.5 s
			{-time.Hour, 0, 0},
		} {
			time.Sleep(c.passed)
			date := time.Now().Truncate(time.Second).Add(c.ahead)
			if c.ahead == 0 {
				date = date.Add(90 * time.Second)
			}
			resp, err := answerWith(t, "HTTP/1.1 503 Busy\r\nRetry-After: "+date.UTC().Format(http.TimeFormat)+
				"\r\n\r\n")
			wantFailure(t, err, failure.HTTPStatus, failure.MsgHTTPStatus)
			if resp.RetryAfter == nil || *resp.RetryAfter != c.want {
				t.Errorf("got %v, want %s", resp.RetryAfter, c.want)
			}
		}
	})
}

func TestClientTransportErrors(t *testing.T) {
	read := func(err error) error {
		return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", err)}
	}
	for _, c := range []struct {
		name     string
		wire     wire
		category failure.Category
		message  string
		detail   string
	}{
		{"reset while writing", wire{write: read(syscall.EPIPE)}, failure.Reset, failure.MsgTransport,
			"connection reset by the server"},
		{"reset while reading", wire{end: read(syscall.ECONNRESET)}, failure.Reset, failure.MsgTransport,
			"connection reset by the server"},
		{"reset in the middle", wire{in: []byte(agreement[:30]), end: read(syscall.ECONNRESET)}, failure.Reset,
			failure.MsgTransport, ""},
		{"TLS without close_notify", wire{in: []byte(agreement[:30]), end: io.ErrUnexpectedEOF}, failure.EOF,
			failure.MsgTransport,
			"TLS ended without close_notify"},
		{"no acknowledgements", wire{end: read(syscall.ETIMEDOUT)}, failure.Timeout, failure.MsgTimerExpired,
			"timed out"},
		{"a TLS alert", wire{end: &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}},
			failure.TLS,
			failure.MsgTransport, "the server refuses: certificate required"},
		{"anything else", wire{end: errors.New("no idea")}, failure.Internal, failure.MsgTransport, "no idea"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := handshake.Client(t.Context(), &c.wire, &c.wire, request(), time.Minute)
			wantFailure(t, err, c.category, c.message)
			if !strings.Contains(err.Error(), c.detail) {
				t.Errorf("got %q, want %q", err, c.detail)
			}
			if cause := cmp.Or(c.wire.end, c.wire.write); !errors.Is(err, cause) {
				t.Errorf("the cause is lost: %v", err)
			}
		})
	}
}

// A transport that knows better than the handshake in which phase it failed is believed.
func TestClientTransportFailure(t *testing.T) {
	known := failure.New(failure.PhaseTLS, failure.TLS, failure.MsgTLSFailed, "certificate required")
	for _, w := range []wire{{end: known}, {write: fmt.Errorf("write: %w", known)}} {
		if _, err := handshake.Client(t.Context(), &w, &w, request(), time.Minute); err != known {
			t.Errorf("got %v", err)
		}
	}
}

func TestClientNoRandomness(t *testing.T) {
	req := request()
	req.Random = strings.NewReader("too short")
	w := &wire{}
	_, err := handshake.Client(t.Context(), w, w, req, time.Minute)
	wantFailure(t, err, failure.Internal, failure.MsgTransport)
	if w.writes != 0 {
		t.Error("a request went out")
	}
}

func TestClientTimer(t *testing.T) {
	for _, c := range []struct {
		name   string
		server func(net.Conn)
		detail string
	}{
		{"the server does not read", func(net.Conn) {}, "no word from the server within 5s"},
		{"the server does not answer", func(conn net.Conn) { io.Copy(io.Discard, conn) }, "no word from the server " +
			"within 5s"},
		{"the server does not finish", func(conn net.Conn) {
			readRequest(conn)
			conn.Write([]byte(agreement[:100]))
		}, "not finished within 5s, 100 bytes came from the server"},
		{"the server trickles", func(conn net.Conn) {
			readRequest(conn)
			for i := range agreement {
				time.Sleep(2 * time.Second)
				if _, err := conn.Write([]byte(agreement[i : i+1])); err != nil {
					return
				}
			}
		}, "not finished within 5s, 2 bytes came from the server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := net.Pipe()
				served := make(chan struct{})
				go func() { defer close(served); c.server(server) }()
				begin := time.Now()
				_, err := handshake.Client(t.Context(), client, client, request(), 5*time.Second)
				wantFailure(t, err, failure.Timeout, failure.MsgHandshakeTimeout)
				if want := "opening handshake of ws://peer.test/chat: " + c.detail; err.Error() != want {
					t.Errorf("got %q, want %q", err, want)
				}
				if took := time.Since(begin); took != 5*time.Second {
					t.Errorf("took %s", took)
				}
				<-served
			})
		})
	}
}

func TestClientBodyHoldsNothingUp(t *testing.T) {
	for _, c := range []struct{ timeout, want time.Duration }{
		{5 * time.Second, time.Second},
		{300 * time.Millisecond, 300 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, server := net.Pipe()
			go func() {
				readRequest(server)
				io.WriteString(server, "HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\npart")
				io.Copy(io.Discard, server) // and never the rest
				server.Close()
			}()
			begin := time.Now()
			resp, err := handshake.Client(t.Context(), client, client, request(), c.timeout)
			wantFailure(t, err, failure.HTTPStatus, failure.MsgHTTPStatus)
			if resp.Body != "part" || resp.Status != 503 {
				t.Errorf("got %+v", resp)
			}
			if took := time.Since(begin); took != c.want {
				t.Errorf("took %s, want %s", took, c.want)
			}
		})
	}
}

func TestClientCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		go func() { io.Copy(io.Discard, server); server.Close() }()
		ctx, cancel := context.WithCancelCause(t.Context())
		closing := errors.New("closed by the script")
		time.AfterFunc(time.Second, func() { cancel(closing) })
		begin := time.Now()
		_, err := handshake.Client(ctx, client, client, request(), 5*time.Second)
		wantFailure(t, err, failure.Closed, failure.MsgTransport)
		if !errors.Is(err, closing) || !strings.HasSuffix(err.Error(), ": cancelled: closed by the script") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestClientCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := &wire{in: []byte(agreement), end: io.EOF}
	_, err := handshake.Client(ctx, w, w, request(), time.Minute)
	wantFailure(t, err, failure.Closed, failure.MsgTransport)
	if w.closed != 1 {
		t.Errorf("closed %d times", w.closed)
	}
}

func TestClientOverTCP(t *testing.T) {
	for _, c := range []struct {
		name   string
		server func(*net.TCPConn)
		want   failure.Category
	}{
		{"agreement", func(conn *net.TCPConn) { io.WriteString(conn, agreement) }, ""},
		{"FIN", func(*net.TCPConn) {}, failure.EOF},
		{"reset", func(conn *net.TCPConn) { conn.SetLinger(0) }, failure.Reset},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, server := tcpPair(t)
			served := make(chan struct{})
			go func() {
				defer close(served)
				readRequest(server)
				c.server(server)
				server.Close()
			}()
			_, err := handshake.Client(t.Context(), client, client, request(), time.Minute)
			<-served
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var f *failure.Error
			if !errors.As(err, &f) || f.Category != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func FuzzClientAnswer(f *testing.F) {
	for _, c := range agreements {
		f.Add([]byte(c.answer), uint8(0))
	}
	for _, seed := range []string{
		"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone", "HTTP/1.1 503 X\r\nRetry-After: 9\r\n\r\n",
		"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyou\r\n0\r\n\r\n", "SSH-2.0\r\n", "",
		with("Sec-WebSocket-Extensions: x"), with("Sec-WebSocket-Protocol: x"), "HTTP/1.1 301 X\r\nLocation: /\r\n\r\n",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	documented := map[failure.Category][]string{
		failure.HTTPStatus: {failure.MsgHTTPStatus},
		failure.EOF:        {failure.MsgEOF},
		failure.Handshake: {failure.MsgHeaderMissing, failure.MsgHTTPParse, failure.MsgExtension,
			failure.MsgSubprotocol},
	}
	f.Fuzz(func(t *testing.T, answer []byte, step uint8) {
		w := &wire{in: answer, step: int(step), end: io.EOF}
		req := request()
		req.Protocols = []string{"chat", "v2"}
		resp, err := handshake.Client(t.Context(), w, w, req, time.Minute)
		if len(resp.Body) > 4096 || resp.RetryAfter != nil &&
			(*resp.RetryAfter < 0 || *resp.RetryAfter%time.Second != 0) {
			t.Errorf("got %+v", resp)
		}
		if err != nil {
			var failed *failure.Error
			if !errors.As(err, &failed) || failed.Phase != failure.PhaseHandshake ||
				!strings.Contains(strings.Join(documented[failed.Category], "\n"), failed.Message) {
				t.Fatalf("got %#v", err)
			}
			if strings.ContainsAny(err.Error(), "\r\n\x00\x1b") || len(err.Error()) > 1000 {
				t.Errorf("not one short printable line: %q", err)
			}
			if resp.Buffered != nil || resp.Protocol != "" {
				t.Errorf("a failure with %+v", resp)
			}
			return
		}
		if resp.Status != 101 || resp.Header.Get("Sec-WebSocket-Accept") != sampleAccept ||
			!strings.Contains(",chat,v2,,", ","+resp.Protocol+",") ||
			resp.Header.Get("Sec-WebSocket-Extensions") != "" {
			t.Errorf("agreed on %+v", resp)
		}
		if rest := string(resp.Buffered) + string(w.in); !strings.HasSuffix(string(answer), rest) ||
			!strings.HasSuffix(strings.TrimSuffix(string(answer), rest), "\n") {
			t.Errorf("%q gives the rest %q", answer, rest)
		}
	})
}

// with is agreement with further lines.
func with(lines string) string {
	return strings.TrimSuffix(agreement, "\r\n") + lines + "\r\n\r\n"
}

func wantFailure(t *testing.T, err error, category failure.Category, message string) {
	t.Helper()
	var f *failure.Error
	if !errors.As(err, &f) {
		t.Fatalf("got %T %v, want a *failure.Error", err, err)
	}
	if f.Phase != failure.PhaseHandshake || f.Category != category || f.Message != message {
		t.Fatalf("got %s, %s, %q (%v), want %s, %q", f.Phase, f.Category, f.Message, f, category, message)
	}
}

// readRequest reads up to the empty line.
func readRequest(conn net.Conn) {
	var seen []byte
	buf := make([]byte, 4096)
	for !bytes.HasSuffix(seen, []byte("\r\n\r\n")) {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		seen = append(seen, buf[:n]...)
	}
}

func tcpPair(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialled, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialled.Close(); accepted.Close() })
	return dialled.(*net.TCPConn), accepted.(*net.TCPConn)
}

// An extension that was offered is for Negotiate to judge (§9.1).
func TestClientNegotiatesExtensions(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		err          error
		want         string // of Response.Extensions
	}{
		{"§9.1 taken", "Sec-WebSocket-Extensions: x-test; a=1\r\nSec-WebSocket-Extensions: x-more\r\n", nil,
			"x-test; a=1, x-more"},
		{"§9.1 not taken", "", nil, ""},
		{"§4.1 item 5, refused by us", "Sec-WebSocket-Extensions: x-other\r\n", errors.New("never heard of it"), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, server := net.Pipe()
			defer client.Close()
			defer server.Close()
			go func() {
				request, err := http.ReadRequest(bufio.NewReader(server))
				if err != nil || request.Header.Get("Sec-WebSocket-Extensions") != "x-test" {
					server.Close()
					return
				}
				fmt.Fprintf(server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
					"Sec-WebSocket-Accept: %s\r\n%s\r\n", sampleAccept, test.answer)
			}()
			var judged []string
			resp, err := handshake.Client(t.Context(), client, client,
				handshake.Request{Host: "x", RequestURI: "/", Extensions: "x-test",
					Random:    strings.NewReader(sampleNonce),
					Negotiate: func(values []string) error { judged = values; return test.err }}, time.Minute)
			var failed *failure.Error
			if test.err != nil {
				if !errors.As(err, &failed) || failed.Message != failure.MsgExtension ||
					!strings.Contains(err.Error(), "never heard") {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil || resp.Extensions != test.want {
				t.Errorf("extensions %q, %v; judged %q", resp.Extensions, err, judged)
			}
		})
	}
}
