package httpclient_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

// Neither a failure's text nor a log line shows user, password, the values of a query or
// header values that a server repeats, wherever it does so; the result's URL has the query.
func TestFailuresKeepSecrets(t *testing.T) {
	const secondHop = "HTTP/1.1 302 F\r\nLocation: http://b.test/hop-secret\r\n\r\n"
	redirect := func(location string) string { return "HTTP/1.1 302 F\r\nLocation: " + location + "\r\n\r\n" }
	for name, c := range map[string]struct {
		answer string
		second string // of b.test
		named  string // in the failure
		phase  failure.Phase
	}{
		"no HTTP":          {answer: "FOO query-secret\r\n\r\n", named: `status code "…"`, phase: failure.PhaseHandshake},
		"a length":         {answer: ok + "Content-Length: key-secret\r\n\r\n", named: `bad Content-Length "…"`},
		"a coding":         {answer: ok + "Transfer-Encoding: key-secret\r\n\r\n", named: `transfer encoding: "…"`},
		"no colon":         {answer: ok + "Bearer key-secret\r\n\r\n", named: "malformed MIME header"},
		"a status":         {answer: "HTTP/1.1 joe-secret pw-secret\r\n\r\n", named: `malformed HTTP status code "…"`},
		"in other letters": {answer: "FOO QUERY-SECRET\r\n\r\n", named: `status code "…"`},
		"quoted":           {answer: ok + "Content-Length: quoted\"secret\r\n\r\n", named: `bad Content-Length "…"`},
		"shortened":        {answer: "FOO " + strings.Repeat("x", 165) + "query-secret\r\n\r\n", named: `xx…"`},
		"a redirect to another scheme": {answer: redirect("foo://x/query-secret"), named: "foo://x/…, which",
			phase: failure.PhaseHandshake},
		"a redirect to no URL":  {answer: redirect("http://%zz/query-secret"), named: "http://%zz/…, which"},
		"a redirect to no port": {answer: redirect("http://u:query-secret@x:0/key-secret"), named: "http://x:0/…, which"},
		"a redirect to a host that is none": {answer: redirect("http://QUERY-SECRET.invalid/"), named: "….invalid",
			phase: failure.PhaseDNS},
		"a redirect to a host that is not there": {answer: redirect("http://query-secret.test/"), named: "….test",
			phase: failure.PhaseTCP},
		"a second hop that is no HTTP": {answer: secondHop, second: "FOO query-secret key-secret\r\n\r\n",
			named: `status code "…"`, phase: failure.PhaseHandshake},
		"a second hop's length": {answer: secondHop, second: ok + "Content-Length: hop-secret\r\n\r\n",
			named: `bad Content-Length "…"`},
		"a second hop's redirect": {answer: secondHop, second: redirect("ftp://x/joe-secret/pw-secret"),
			named: "ftp://x/…/…, which"},
		"a second hop's answer": {answer: secondHop, second: ok + "Content-Length: 0\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			play(t, httpclient.Options{Logger: logger}, func(t *testing.T, r *rig) {
				r.serveRaw(addr, c.answer, closeConn)
				r.serveRaw("b.test:80", c.second, closeConn)
				result := r.do(httpclient.Request{
					URL:    "http://joe-secret:pw-secret@a.test/?token=query-secret&q=quoted%22secret",
					NoBody: true, Header: http.Header{"X-Key": {"Bearer key-secret"}, "Cookie": {"s=hop-secret"}}})
				defer result.Release()
				if !strings.Contains(strings.ToLower(result.URL), "secret") || strings.Contains(result.URL, "joe") {
					t.Errorf("url %s", result.URL)
				}
				if strings.Contains(strings.ToLower(log.String()), "secret") {
					t.Errorf("logged %s", log.String())
				}
				if c.named == "" {
					want(t, result, "200 ")
					return
				}
				story := result.Failure.Error()
				if strings.Contains(strings.ToLower(story), "secret") || !strings.Contains(story, c.named) {
					t.Errorf("%q, want %q in it", story, c.named)
				}
				if c.phase != "" && result.Failure.Phase != c.phase {
					t.Errorf("phase %s, want %s", result.Failure.Phase, c.phase)
				}
			})
		})
	}
}

// The names in a server's certificate are its words, too.
func TestCertificateKeepsSecrets(t *testing.T) {
	certificate := wstest.Certificate(t, "key-secret.test")
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		r.serve("a.test:443", certificate.Server, func(http.ResponseWriter, *http.Request) {})
		result := r.do(httpclient.Request{URL: "https://a.test/?key=key-secret", NoBody: true})
		if story := result.Failure.Error(); strings.Contains(story, "secret") || !strings.Contains(story, "….test") {
			t.Error(story)
		}
	})
}
