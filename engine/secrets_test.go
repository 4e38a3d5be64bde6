package engine_test

import (
	"bytes"
	"log/slog"
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
