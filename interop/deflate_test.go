//go:build interop

package interop

import "testing"

// deflateServers are servers whose compressor, decompressor and negotiation others wrote.
var deflateServers = []struct {
	name    string
	command []string
	need    func(t *testing.T)
}{
	{"node", []string{"node", "servers/node_deflate.mjs"}, func(*testing.T) {}}, // TestMain has seen to it
	{"python", []string{"/usr/bin/python3", "servers/python_deflate.py"},
		func(t *testing.T) { needPython(t, "websockets", "python3-websockets") }},
	{"aiohttp", []string{"/usr/bin/python3", "servers/python_aiohttp.py"},
		func(t *testing.T) { needPython(t, "aiohttp", "python3-aiohttp") }},
}

func TestDeflate(t *testing.T) {
	for _, s := range deflateServers {
		t.Run(s.name, func(t *testing.T) {
			s.need(t)
			server := serve(t, s.command[0], s.command[1:]...)
			base := "ws://127.0.0.1:" + server.says(t, `^listening (\d+)$`)[1]
			script{name: "deflate", args: []string{base, s.name}}.mustPass(t)
		})
	}
}

func TestDeflateRules(t *testing.T) {
	server := serve(t, "/usr/bin/python3", "servers/python_raw.py")
	base := "ws://127.0.0.1:" + server.says(t, `^listening (\d+)$`)[1]
	script{name: "deflate_rules", args: []string{base}}.mustPass(t)
}
