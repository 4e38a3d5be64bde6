//go:build interop

package interop

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

var nginxTool = tool{names: []string{"nginx"}, debian: "nginx-light"}

// nginx runs nginx with these server blocks. "PORT" in the nth one becomes a free port; the nth address returned has it.
func nginx(t *testing.T, blocks ...string) (started *service, addresses []string) {
	t.Helper()
	dir := t.TempDir()
	for i, block := range blocks {
		address := refusedAddress(t)
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
	started = serve(t, nginxTool.path(t), "-p", dir, "-e", "stderr", "-c", writeFile(t, filepath.Join(dir, "nginx.conf"), config))
	started.await(addresses...)
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
