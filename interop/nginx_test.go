//go:build interop

package interop

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

var nginxTool = tool{names: []string{"nginx"}, debian: "nginx-light"}

// nginx runs nginx with these server blocks. "PORT" in the nth one becomes a free port;
// the nth address returned has it.
func nginx(t *testing.T, blocks ...string) (started *service, addresses []string) {
	t.Helper()
	dir := t.TempDir()
	for i, block := range blocks {
		address := freeAddress(t)
		_, port, _ := strings.Cut(address, ":")
		blocks[i] = "server {\n" + strings.ReplaceAll(block, "PORT", port) + "\n}\n"
		addresses = append(addresses, address)
	}
	// One process, in the foreground, that leaves nothing outside of its directory.
	config := fmt.Sprintf(`
daemon off;
master_process off;
pid %[1]s/pid;
error_log stderr notice;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	ssl_session_cache off;
	%[2]s
}
`, dir, strings.Join(blocks, ""))
	started = serve(t, nginxTool.path(t), "-p", dir, "-e", "stderr", "-c",
		writeFile(t, filepath.Join(dir, "nginx.conf"), config))
	started.await(t, addresses...)
	return started, addresses
}

// passTo is the body of an nginx location that leads to a WebSocket server.
func passTo(address string) string {
	return `proxy_pass http://` + address + `;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $http_connection;
		proxy_set_header Host $http_host;`
}

// nginx refuses the upgrade itself, or redirects it.
func TestNginxAnswers(t *testing.T) {
	server, dead := peerNamed(t, "node-ws").plain, refusedAddress(t)
	locations := `
		location / { ` + passTo(server) + ` }
		location /down { ` + passTo(dead) + ` }
		location /later { add_header Retry-After 120 always; return 503 "come back later\n"; }
		location /moved { return 301 /headers?moved; }
		location /found { absolute_redirect off; return 302 /headers?found; }
		location /temporary { return 307 /headers?temporary; }
		location /permanent { return 308 /moved; }
		location /loop { return 302 /loop; }
		location /nowhere { return 404; }
		location /across { return 302 http://$host:OTHER/headers?across; }
		location /secure { return 301 https://$host:SECURE/echo; }`
	_, addresses := nginx(t,
		"listen 127.0.0.1:PORT; location / { "+passTo(server)+" }",
		fmt.Sprintf("listen 127.0.0.1:PORT ssl; ssl_certificate %s; ssl_certificate_key %s; location / { %s "+
			"}\nlocation /plain { return 302 http://$host/echo; }",
			certs.certFile, certs.keyFile, passTo(server)))
	_, other, _ := strings.Cut(addresses[0], ":")
	_, secure, _ := strings.Cut(addresses[1], ":")
	_, fronts := nginx(t, "listen 127.0.0.1:PORT;"+
		strings.NewReplacer("OTHER", other, "SECURE", secure).Replace(locations))
	base := "ws://" + strings.Replace(fronts[0], "127.0.0.1", "localhost", 1)
	trust := fmt.Sprintf("tls = {ca = %q}", certs.certFile)

	refused := func(more report) report {
		want := report{"opened": "false", "failed": "Invalid HTTP status.", "phase": "handshake",
			"category": "http_status"}
		for name, value := range more {
			want[name] = value
		}
		return want
	}
	for _, c := range []struct {
		name, url, options string
		want               report
	}{
		{"passed on", base + "/echo", "nil", echoed(nil)},
		{"404", base + "/nowhere", "nil", refused(report{"http.status": "404", "retryable": "false",
			"http.body": "…404 Not Found"})},
		{"502", base + "/down", "nil", refused(report{"http.status": "502", "retryable": "true",
			"http.body": "…502 Bad Gateway"})},
		{"503", base + "/later", "nil", refused(report{"http.status": "503", "retryable": "true",
			"http.retryAfter": "120",
			"http.body":       `come back later\x0a`})},
		{"301 not followed", base + "/moved", "nil", refused(report{"http.status": "301", "retryable": "false",
			"http.location": "…http://localhost:" + strings.TrimPrefix(fronts[0], "127.0.0.1:") + "/headers?moved"})},

		{"301", base + "/moved", "{redirects = 1}", report{"opened": "true", "received": "…target: /headers?moved"}},
		{"302, relative", base + "/found", "{redirects = 1}",
			report{"opened": "true", "received": "…target: /headers?found"}},
		{"307", base + "/temporary", "{redirects = 1}",
			report{"opened": "true", "received": "…target: /headers?temporary"}},
		{"308, then 301", base + "/permanent", "{redirects = 2}",
			report{"opened": "true", "received": "…target: /headers?moved"}},
		{"more than allowed", base + "/permanent", "{redirects = 1}", refused(report{"http.status": "301",
			"detail": "…more than the 1 that option redirects allows"})},
		{"loop", base + "/loop", "{redirects = 10}", refused(report{"http.status": "302", "detail": "…/loop"})},
		{"to wss", base + "/secure", "{redirects = 1, " + trust + "}",
			echoed(report{"tls.subject": "CN=tidewire interop"})},
		{"from wss to ws", "wss://localhost:" + secure + "/plain", "{redirects = 1, " + trust + "}", refused(report{
			"http.status": "302", "detail": "…which is not followed"})},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen, _ := visit(t, c.url, c.options)
			seen.want(t, c.want)
		})
	}

	// Headers that belong to one origin stay there: the other port is another origin.
	secrets := "{redirects = 1, headers = {Authorization = 'Bearer token', Cookie = 'a=b', ['X-Kept'] = 'kept'}}"
	t.Run("same origin", func(t *testing.T) {
		seen, _ := visit(t, base+"/moved", secrets)
		for _, want := range []string{"authorization: Bearer token", "cookie: a=b", "x-kept: kept"} {
			seen.want(t, report{"received": "…" + want})
		}
	})
	t.Run("another origin", func(t *testing.T) {
		seen, _ := visit(t, strings.Replace(base, "ws://", "ws://user:word@", 1)+"/across",
			strings.Replace(secrets, "Authorization = 'Bearer token', ", "", 1))
		seen.want(t, report{"received": "…x-kept: kept"})
		for _, secret := range []string{"authorization:", "cookie:"} {
			if strings.Contains(seen["received"], secret) {
				t.Errorf("the other origin was sent %s %s", secret, seen["received"])
			}
		}
	})
}
