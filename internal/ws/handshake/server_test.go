package handshake_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/handshake"
)

// asking is a request that is as short as it may be.
const asking = "GET /chat?a=b HTTP/1.1\r\n" +
	"Host: peer.test\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Key: " + sampleKey + "\r\n" +
	"Sec-WebSocket-Version: 13\r\n\r\n"

func asks(lines string) string { return strings.TrimSuffix(asking, "\r\n") + lines + "\r\n\r\n" }

func asksInstead(old, new string) string { return strings.Replace(asking, old, new, 1) }

func second(offered []string) string {
	if len(offered) < 2 {
		return ""
	}
	return offered[1]
}

// unreadable is Choices.Extensions of a server that can make nothing of the field.
func unreadable([]string) (string, error) { return "", errors.New("unreadable") }

// requests are valid ones.
var requests = []struct {
	name, request, protocol, rest string
}{
	{"§1.3 the example", asking, "", ""},
	{"§4.2.1 in any case", strings.NewReplacer("websocket\r", "WebSocket\r", "Upgrade: ", "UPGRADE: ",
		"Connection: Upgrade",
		"connection: keep-alive, uPGRADE").Replace(asking), "", ""},
	{"§4.2.1 item 8 subprotocols", asks("Sec-WebSocket-Protocol: chat, v2"), "v2", ""},
	{"§4.2.1 item 8 subprotocols in two lines", asks("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: v2"),
		"v2", ""},
	{"§4.2.1 item 8 one that is not chosen", asks("Sec-WebSocket-Protocol: chat"), "", ""},
	{"§4.2.1 item 9 extensions are declined", asks("Sec-WebSocket-Extensions: permessage-deflate"), "", ""},
	{"an empty body", asks("Content-Length: 0"), "", ""},
	{"frames behind the header", asking + "\x81\x85", "", "\x81\x85"},
}

func TestServerAccepts(t *testing.T) {
	for _, c := range requests {
		for _, step := range []int{0, 1, 7} {
			t.Run(fmt.Sprintf("%s, %d", c.name, step), func(t *testing.T) {
				w := &wire{in: []byte(c.request), step: step, end: io.EOF}
				accepted, err := handshake.Server(t.Context(), w, w, handshake.Choices{Protocol: second}, time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				if accepted.Host != "peer.test" || accepted.RequestURI != "/chat?a=b" ||
					accepted.Protocol != c.protocol ||
					accepted.Header.Get("Sec-WebSocket-Version") != "13" {
					t.Errorf("got %+v", accepted)
				}
				if rest := string(accepted.Buffered) + string(w.in); rest != c.rest {
					t.Errorf("rest %q", rest)
				}
				want := agreement
				if c.protocol != "" {
					want = with("Sec-WebSocket-Protocol: " + c.protocol)
				}
				if got := w.out.String(); got != want || w.closed != 0 || w.writes != 1 {
					t.Errorf("answered\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

func TestServerRequestCutAnywhere(t *testing.T) {
	for _, c := range requests {
		for n := range len(c.request) - len(c.rest) {
			w := &wire{in: []byte(c.request[:n]), end: io.EOF}
			_, err := handshake.Server(t.Context(), w, w, handshake.Choices{Protocol: second}, time.Minute)
			wantFailure(t, err, failure.EOF, failure.MsgEOF)
			if w.writes != 0 {
				t.Fatalf("%s, cut at %d: answered %q", c.name, n, w.out.String())
			}
		}
	}
}

func TestServerRefuses(t *testing.T) {
	for _, c := range []struct {
		name, request string
		status        int
		header, body  string
	}{
		{"§4.2.1 item 1: another method", asksInstead("GET", "POST"), 405, "Allow: GET",
			"a WebSocket begins with GET"},
		{"§4.2.1 item 1: HTTP/1.0", asksInstead("HTTP/1.1", "HTTP/1.0"), 505, "", "a WebSocket begins in HTTP/1.1"},
		{"§4.2.1 item 1: a body", asks("Content-Length: 2"), 400, "", "an opening handshake has no body"},
		{"§4.2.1 item 1: a body in chunks", asks("Transfer-Encoding: chunked"), 400, "", "an opening handshake " +
			"has no body"},
		{"§4.2.1 item 2: no Host", asksInstead("Host: peer.test\r\n", ""), 400, "", "no Host"},
		{"§4.2.1 item 3: no Upgrade", asksInstead("Upgrade: websocket\r\n", ""), 426, "Upgrade: websocket",
			"connect with ws://"},
		{"§4.2.1 item 3: another Upgrade", asksInstead("websocket\r", "h2c\r"), 426, "Upgrade: websocket",
			"connect with ws://"},
		{"§4.2.1 item 4: no Connection", asksInstead("Connection: Upgrade\r\n", ""), 400, "",
			"no Connection, want Upgrade"},
		{"§4.2.1 item 4: another Connection", asksInstead("Connection: Upgrade", "Connection: close"), 400, "",
			`Connection: "close"`},
		{"§4.2.1 item 5: no key", asksInstead("Sec-WebSocket-Key", "X"), 400, "", "no Sec-WebSocket-Key, want " +
			"one of " +
			"16 bytes"},
		{"§4.2.1 item 5: a short key", asksInstead(sampleKey, "c2hvcnQ="), 400, "", "want one of 16 bytes in base64"},
		{"§4.2.1 item 5: no base64", asksInstead(sampleKey, "!!!!"), 400, "", `Sec-WebSocket-Key: "!!!!"`},
		{"§4.2.1 item 5: two keys", asks("Sec-WebSocket-Key: " + sampleKey), 400, "", "want one of 16 bytes in " +
			"base64"},
		{"§4.2.1 item 6: no version", asksInstead("Sec-WebSocket-Version: 13\r\n", ""), 426,
			"Sec-WebSocket-Version: 13",
			"want 13"},
		{"§4.4: another version", asksInstead("13\r", "8\r"), 426, "Sec-WebSocket-Version: 13",
			`Sec-WebSocket-Version: "8", want 13`},
		{"§4.4: two versions", asks("Sec-WebSocket-Version: 8"), 426, "Sec-WebSocket-Version: 13", "want 13"},
		{"§4.2.1 item 8: a subprotocol that is no token", asks("Sec-WebSocket-Protocol: chat, v 2"), 400, "",
			`Sec-WebSocket-Protocol: "chat, v 2" is no list of subprotocols`},
		{"§9.1: extensions that are no list of them", asks("Sec-WebSocket-Extensions: x-test; ="), 400, "",
			`Sec-WebSocket-Extensions: "x-test; =" is no list of extensions`},
		{"no HTTP", "hello\r\n\r\n", 400, "", "this is no HTTP request"},
		{"TLS", "\x16\x03\x01\x00\xf8\x01\n\r\n", 400, "", "this is no HTTP request"},
		{"a header over 64 KiB", asks("X: " + strings.Repeat("x", 64<<10)), 431, "", "no end of its header within " +
			"65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &wire{in: []byte(c.request), end: io.EOF}
			accepted, err := handshake.Server(t.Context(), w, w, handshake.Choices{Protocol: second, Extensions: unreadable},
				time.Minute)
			wantFailure(t, err, failure.Handshake, failure.MsgHTTPParse)
			if accepted != nil || w.closed != 0 {
				t.Errorf("got %+v, closed %d times", accepted, w.closed)
			}
			answer, err := http.ReadResponse(bufio.NewReader(&w.out), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			if err != nil || !strings.Contains(string(body), c.body) || answer.StatusCode != c.status || !answer.Close {
				t.Errorf("answered %d %q, %v", answer.StatusCode, body, err)
			}
			if name, value, found := strings.Cut(c.header, ": "); found && answer.Header.Get(name) != value {
				t.Errorf("answered %q, want %s", answer.Header, c.header)
			}
			if w.out.Len() != 0 {
				t.Errorf("behind the answer: %q", w.out.String())
			}
		})
	}
}

func TestServerWithoutChoice(t *testing.T) {
	w := &wire{in: []byte(asks("Sec-WebSocket-Protocol: chat")), end: io.EOF}
	accepted, err := handshake.Server(t.Context(), w, w, handshake.Choices{}, time.Minute)
	if err != nil || accepted.Protocol != "" || w.out.String() != agreement {
		t.Errorf("got %+v, %v", accepted, err)
	}
}

func TestServerTransportErrors(t *testing.T) {
	gone := errors.New("gone")
	for _, request := range []string{asking, asksInstead("13\r", "8\r"), "hello\r\n\r\n"} {
		w := &wire{in: []byte(request), write: gone}
		_, err := handshake.Server(t.Context(), w, w, handshake.Choices{}, time.Minute)
		wantFailure(t, err, failure.Internal, failure.MsgTransport)
		if !errors.Is(err, gone) {
			t.Errorf("the cause is lost: %v", err)
		}
	}
}

func TestServerTimerAndCancel(t *testing.T) {
	for _, c := range []struct {
		name     string
		said     string
		cancel   time.Duration
		category failure.Category
		message  string
		want     string
		took     time.Duration
	}{
		{"silence", "", time.Hour, failure.Timeout, failure.MsgHandshakeTimeout, "no word from the client within 5s",
			5 * time.Second},
		{"half a request", asking[:50], time.Hour, failure.Timeout, failure.MsgHandshakeTimeout,
			"not finished within 5s, 50 bytes came from the client", 5 * time.Second},
		{"TLS", "\x16\x03\x01", time.Hour, failure.Timeout, failure.MsgHandshakeTimeout, "(it speaks TLS: use ws://)",
			5 * time.Second},
		{"nobody reads the answer", asking, time.Hour, failure.Timeout, failure.MsgHandshakeTimeout,
			"not finished within 5s", 5 * time.Second},
		{"shutdown", "", time.Second, failure.Closed, failure.MsgTransport, "cancelled: context canceled", time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := net.Pipe()
				defer client.Close()
				ctx, cancel := context.WithCancel(t.Context())
				defer time.AfterFunc(c.cancel, cancel).Stop()
				go io.WriteString(client, c.said)
				begin := time.Now()
				_, err := handshake.Server(ctx, server, server, handshake.Choices{}, 5*time.Second)
				wantFailure(t, err, c.category, c.message)
				if !strings.Contains(err.Error(), c.want) || time.Since(begin) != c.took {
					t.Errorf("got %q after %s, want %q", err, time.Since(begin), c.want)
				}
			})
		})
	}
}

func TestServerCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := &wire{in: []byte(asking), end: io.EOF}
	_, err := handshake.Server(ctx, w, w, handshake.Choices{}, time.Minute)
	wantFailure(t, err, failure.Closed, failure.MsgTransport)
	if w.closed != 1 {
		t.Errorf("closed %d times", w.closed)
	}
}

func TestBothRoles(t *testing.T) {
	client, server := tcpPair(t)
	failed := make(chan error, 1)
	go func() {
		_, err := handshake.Server(t.Context(), server, server, handshake.Choices{Protocol: second}, time.Minute)
		failed <- err
	}()
	req := request()
	req.Protocols, req.Random = []string{"chat", "v2"}, nil
	resp, err := handshake.Client(t.Context(), client, client, req, time.Minute)
	if err := errors.Join(err, <-failed); err != nil {
		t.Fatal(err)
	}
	if resp.Protocol != "v2" || len(resp.Buffered) != 0 {
		t.Errorf("got %+v", resp)
	}
}

func FuzzServerRequest(f *testing.F) {
	for _, c := range requests {
		f.Add([]byte(c.request), uint8(0))
	}
	f.Add([]byte(asksInstead("13\r", "8\r")), uint8(1))
	f.Add([]byte("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), uint8(0))
	f.Fuzz(func(t *testing.T, request []byte, step uint8) {
		w := &wire{in: bytes.Clone(request), step: int(step), end: io.EOF}
		accepted, err := handshake.Server(t.Context(), w, w, handshake.Choices{Protocol: second}, time.Minute)
		if err == nil {
			rest := string(accepted.Buffered) + string(w.in)
			if !strings.HasSuffix(string(request), rest) || !strings.HasPrefix(w.out.String(), "HTTP/1.1 101 ") {
				t.Errorf("rest %q, answered %q", rest, w.out.String())
			}
			return
		}
		var failed *failure.Error
		if !errors.As(err, &failed) || failed.Phase != failure.PhaseHandshake {
			t.Fatalf("got %#v", err)
		}
		switch failed.Message {
		case failure.MsgEOF:
			if w.writes != 0 {
				t.Errorf("answered %q to nobody", w.out.String())
			}
		case failure.MsgHTTPParse:
			answer, err := http.ReadResponse(bufio.NewReader(&w.out), nil)
			if err != nil || answer.StatusCode < 400 {
				t.Fatalf("answered %+v, %v", answer, err)
			}
			if body, err := io.ReadAll(answer.Body); err != nil || len(body) > 300 {
				t.Errorf("answered %q, %v", body, err)
			}
		default:
			t.Errorf("got %s, %q", failed.Category, failed.Message)
		}
	})
}
