package engine_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// Neither info.detail nor a log line shows user, password or the values of a query,
// whatever goes wrong; info.url has the query.
func TestDetailKeepsSecrets(t *testing.T) {
	const credentials = "joe:secret@"
	const url = "ws://" + credentials + "peer.test/room?token=secret&secret"
	answer := func(raw string) func(*wstest.Peer) {
		return func(peer *wstest.Peer) { peer.ReadRequest(); peer.SendRaw([]byte(raw)) }
	}
	redirect := func(location string) func(*wstest.Peer) {
		return answer("HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n")
	}
	withSecrets := engine.ConnectOptions{Header: http.Header{"X-Key": {"header-secret"}}}
	for name, c := range map[string]struct {
		url       string
		opts      engine.ConnectOptions
		serve     func(*wstest.Peer) // nil: nobody is asked
		named     string             // in the detail
		wantPhase engine.Phase
	}{
		"a URL that cannot be read": {url: url + "#", named: "token=…", wantPhase: engine.PhaseURI},
		"a port that is none": {url: "ws://" + credentials + "h:0/?secret", named: "h:0/?…",
			wantPhase: engine.PhaseURI},
		"a proxy that cannot be read": {url: url,
			opts:  engine.ConnectOptions{Proxy: "http://joe:secret@h/?token=secret"},
			named: "token=…", wantPhase: engine.PhaseProxy},
		"a name that is not found": {url: strings.Replace(url, "peer.test", "x.invalid", 1),
			wantPhase: engine.PhaseDNS},
		"no connection": {url: strings.Replace(url, "peer.test", "nobody.test", 1),
			wantPhase: engine.PhaseTCP},
		"a status": {url: url, serve: answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
			named: "token=…", wantPhase: engine.PhaseHandshake},
		"no HTTP": {url: url, serve: answer("SSH-2.0\r\n\r\n"), named: "token=…",
			wantPhase: engine.PhaseHandshake},
		"words of the server": {url: url, opts: withSecrets,
			serve: answer("HTTP/1.1 401 Bad secret\r\nContent-Length: 24\r\n\r\nno secret, header-secret\n"),
			named: "401 Bad …: no …, …", wantPhase: engine.PhaseHandshake},
		"a long line of the server": {url: url, opts: withSecrets,
			serve: answer("HTTP/1.1 401 No\r\nContent-Length: 130\r\n\r\n" + strings.Repeat("x", 117) + "header-secret"),
			named: "x…", wantPhase: engine.PhaseHandshake},
		"no HTTP, but a secret": {url: url, opts: withSecrets, serve: answer("header-secret\r\n\r\n"), named: "token=…",
			wantPhase: engine.PhaseHandshake},
		"a field with a secret": {url: url, opts: withSecrets,
			serve: answer("HTTP/1.1 101 Go\r\nUpgrade: header-secret\r\nConnection: Upgrade\r\n\r\n"),
			named: `Upgrade: "…"`, wantPhase: engine.PhaseHandshake},
		"an end": {url: url,
			serve: func(peer *wstest.Peer) { peer.ReadRequest(); peer.Conn.Close() }, named: "token=…",
			wantPhase: engine.PhaseHandshake},
		"a redirect, not followed": {url: url, serve: redirect("ws://joe:secret@h/a?key=secret"),
			named: "ws://h/a?key=…", wantPhase: engine.PhaseHandshake},
		"a relative one, not followed": {url: url, serve: redirect("/b?key=secret"), named: "/b?key=…",
			wantPhase: engine.PhaseHandshake},
		"a redirect, refused": {url: url, opts: engine.ConnectOptions{Redirects: 1},
			serve: redirect("ftp://joe:secret@h/a?key=secret"), named: "ftp://h/a?key=…",
			wantPhase: engine.PhaseHandshake},
		"a redirect to a path, not followed": {url: url, serve: redirect("ws://h/secret"), named: "ws://h/…, which",
			wantPhase: engine.PhaseHandshake},
		"a redirect to a host, not followed": {url: url, serve: redirect("ws://SECRET.h/"), named: "ws://….h/, which",
			wantPhase: engine.PhaseHandshake},
		"a redirect that is shortened": {url: url, opts: withSecrets,
			serve: redirect("ws://h/" + strings.Repeat("x", 183) + "header-secret"), named: "xx…, which",
			wantPhase: engine.PhaseHandshake},
		"a redirect to a path, refused": {url: url, opts: engine.ConnectOptions{Redirects: 1},
			serve: redirect("ftp://h/secret"), named: "ftp://h/…, which", wantPhase: engine.PhaseHandshake},
		"a redirect to a host, not found": {url: url, opts: engine.ConnectOptions{Redirects: 1},
			serve: redirect("ws://SECRET.invalid/"), named: "look up ….invalid", wantPhase: engine.PhaseDNS},
		"a redirect to a host, not there": {url: url, opts: engine.ConnectOptions{Redirects: 1},
			serve: redirect("ws://secret.test/"), named: "….test", wantPhase: engine.PhaseTCP},
		"a token as name": {url: "ws://peer.test/?secret-of-16-byte=1",
			serve: answer("HTTP/1.1 401 No secret-of-16-byte\r\n\r\n"), named: "?…=…: the server answered 401 No …",
			wantPhase: engine.PhaseHandshake},
		"words of a value": {url: "ws://peer.test/?a=Bearer%20secret&b=c=other-secret&j={%22k%22:%22json-secret%22}",
			serve: answer("HTTP/1.1 401 No secret, other-secret, json-secret\r\n\r\n"), named: "401 No …, …, …",
			wantPhase: engine.PhaseHandshake},
		"a value in other forms": {url: "ws://peer.test/?a=secret%2Fof%22mine",
			serve: answer("HTTP/1.1 401 secret%2fof%22mine, secret\\/of\\\"mine, SECRET/OF\"MINE\r\n\r\n"),
			named: "401 …, …, …", wantPhase: engine.PhaseHandshake},
		"a field that is shortened": {url: url, opts: withSecrets,
			serve: answer("HTTP/1.1 101 Go\r\nUpgrade: " + strings.Repeat("x", 92) + "header-secret\r\n\r\n"),
			named: `x…"`, wantPhase: engine.PhaseHandshake},
		"a body that ends within a secret": {url: "ws://peer.test/?token=secretive", opts: engine.ConnectOptions{Header: http.Header{
			"X-Key": {strings.Repeat("long-secret", 30)}}},
			serve: answer("HTTP/1.1 401 No\r\n\r\n" + strings.Repeat("long-secret", 400)), named: "401 No: …",
			wantPhase: engine.PhaseHandshake},
	} {
		inBubble(t, name, func(t *testing.T) {
			var log bytes.Buffer
			h := enginetest.New(t, engine.Options{Logger: slog.New(slog.NewTextHandler(&log,
				&slog.HandlerOptions{Level: slog.LevelDebug}))})
			h.ID = h.Connect(c.url, c.opts)
			if c.serve != nil {
				peer := wstest.Accept(t, h.Listener)
				c.serve(peer)
			}
			end := h.End(h.ID)
			if strings.Contains(end.Detail, "secret") || !strings.Contains(end.Detail, c.named) ||
				end.Phase != c.wantPhase {
				t.Errorf("detail %q of phase %s, want %s and %q in it", end.Detail, end.Phase, c.wantPhase, c.named)
			}
			if strings.Contains(end.URL, "joe") || !strings.Contains(end.URL, "secret") {
				t.Errorf("url %q", end.URL)
			}
			if strings.Contains(log.String(), "secret") {
				t.Errorf("logged %s", log.String())
			}
		})
	}
}

// A server that a redirect leads to repeats the secrets of the request before it, which it
// was not sent.
func TestDetailKeepsSecretsOfEarlierHops(t *testing.T) {
	for answer, named := range map[string]string{
		"HTTP/1.1 401 No query-secret, Bearer secret, joe-secret, pw-secret\r\n\r\n": "401 No …, …, …, …",
		"HTTP/1.1 302 Go\r\nLocation: ws://third.test/query-secret\r\n\r\n":          "ws://third.test/…, which",
		"HTTP/1.1 101 Go\r\nUpgrade: query-secret\r\n\r\n":                           `Upgrade: "…"`,
		"query-secret\r\n\r\n": `HTTP response "…"`,
	} {
		inBubble(t, "", func(t *testing.T) {
			var log bytes.Buffer
			h := enginetest.New(t, engine.Options{Logger: slog.New(slog.NewTextHandler(&log,
				&slog.HandlerOptions{Level: slog.LevelDebug}))})
			other, err := h.Net.Listen("other.test:80")
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			h.ID = h.Connect("ws://joe-secret:pw-secret@peer.test/?token=query-secret", engine.ConnectOptions{
				Redirects: 1, Header: http.Header{"Cookie": {"sid=cookie-secret"}, "authorization": {"Bearer secret"}}})
			first := wstest.Accept(t, h.Listener)
			first.ReadRequest()
			first.SendRaw([]byte("HTTP/1.1 302 Go\r\nLocation: ws://other.test/cookie-secret\r\n\r\n"))
			second := wstest.Accept(t, other)
			second.ReadRequest()
			second.SendRaw([]byte(answer))
			second.Conn.Close()
			end := h.End(h.ID)
			if strings.Contains(end.Detail, "secret") || !strings.Contains(end.Detail, named) {
				t.Errorf("detail %q, want %q in it", end.Detail, named)
			}
			if strings.Contains(log.String(), "secret") {
				t.Errorf("logged %s", log.String())
			}
		})
	}
}

// A close reason that repeats a secret reaches the script as it is; the detail and the log
// hide it.
func TestCloseReasonWithASecret(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		var log bytes.Buffer
		h := enginetest.New(t, engine.Options{Logger: slog.New(slog.NewTextHandler(&log,
			&slog.HandlerOptions{Level: slog.LevelDebug}))})
		peer := h.Open(engine.ConnectOptions{Header: http.Header{"Authorization": {"Bearer secret"}}}, wstest.Answer{})
		peer.Close(4001, "no such token: secret")
		end := h.End(h.ID)
		if end.Reason != "no such token: secret" || end.Detail != `closed with 4001 "no such token: …"` {
			t.Errorf("reason %q, detail %q", end.Reason, end.Detail)
		}
		if strings.Contains(log.String(), "secret") {
			t.Errorf("logged %s", log.String())
		}
	})
}
