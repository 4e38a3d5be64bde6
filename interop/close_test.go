//go:build interop

package interop

import (
	"strings"
	"testing"
)

func TestBothClose(t *testing.T) {
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			args := []string{p.base}
			if strings.HasPrefix(p.name, "node") {
				args = append(args, "must cross")
			}
			script{name: "crossing", args: args}.mustPass(t)
		})
	}
}

// However a connection over TLS ends by agreement, the server reads a close_notify before
// the end of TCP. This shows that no attacker has caused the end (RFC 8446 §6.1).
func TestCloseNotify(t *testing.T) {
	needPython(t, "websockets", "python3-websockets")
	ca := newAuthority(t, t.TempDir(), "test authority")
	for _, version := range []string{"TLSv1_2", "TLSv1_3"} {
		for name, c := range map[string]struct {
			args []string
			want string
		}{
			"server ends TLS": {[]string{"--first"}, "^ended answered 1000$"},
			"client ends TLS": {nil, "^ended close_notify 1000$"},
		} {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel() // the client gives the server 2 s to end TCP
				server := openSSL(t, ca.issue(t, "server", nil), append(c.args, "--version", version)...)
				url := "wss://localhost:" + server.says(t, `^listening (\d+)$`)[1] + "/"
				seen, _ := visit(t, url, tlsOptions("ca = %q", ca.certFile))
				seen.want(t, echoed(report{"http.status": "101"}))
				server.says(t, c.want)
			})
		}
	}
}
