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
