package wscontract

import (
	"net/http"
	"reflect"
	"time"

	"github.com/tidewire/tidewire/engine"
)

// options are the rules of Connect's third argument.
var options = []rule{
	{"every option reaches the engine", func(r *rig) {
		r.do(`
			local options = setmetatable({
				headers = {Authorization = "Bearer x", ["x-count"] = 5, ["X-List"] = {"a", 2}},
				protocols = {"mqtt", "wamp"},
				origin = "https://app.test",
				kind = "binary",
				timeout = {tcp = 1.5, closing = 1/0},
				maxMessage = 1000,
				sendQueue = 2^60,
				ping = 0, pong = 2.5, redirects = 3,
				compression = {server_no_context_takeover = true, server_max_window_bits = 9, client_max_window_bits = true},
				proxy = "socks5h://proxy.test:1080",
				tls = {ca = {"/etc/ca.pem", exclusive = true}, cert = "c", key = "k", serverName = "n", insecure = true},
			}, {__index = {receiveQueue = 7}})
			websocket.Connect("ws://peer.test/", {}, options)`)
		r.wantOptions(0, engine.ConnectOptions{
			Header:       http.Header{"Authorization": {"Bearer x"}, "X-Count": {"5"}, "X-List": {"a", "2"}},
			Protocols:    []string{"mqtt", "wamp"},
			Origin:       "https://app.test",
			Kind:         engine.Binary,
			Timeouts:     engine.Timeouts{TCP: 1500 * time.Millisecond, Closing: 100 * 365 * 24 * time.Hour},
			MaxMessage:   1000,
			SendQueue:    1 << 53,
			ReceiveQueue: 7,
			Ping:         -1,
			Pong:         2500 * time.Millisecond,
			Redirects:    3,
			Compression: &engine.Compression{ServerNoContextTakeover: true, ServerMaxWindowBits: 9,
				ClientMaxWindowBits: -1},
			Proxy: "socks5h://proxy.test:1080",
			TLS: engine.TLSOptions{
				CA: "/etc/ca.pem", CAExclusive: true, Cert: "c", Key: "k", ServerName: "n", Insecure: true,
			},
			Caller: "bot.lua:15",
		})
	}},
	{"a number as timeout is each phase's, and never too small to count", func(r *rig) {
		// The engine takes 0 for the default: the smallest timeout is not none.
		r.do(`websocket.Connect("ws://peer.test/", {}, {timeout = 1e-12})`)
		r.wantOptions(0, engine.ConnectOptions{
			Timeouts: engine.Timeouts{TCP: 1, TLS: 1, Handshake: 1, Closing: 1}, Caller: "bot.lua:1",
		})
	}},
	{"an option that is off", func(r *rig) {
		r.do(`websocket.Connect("ws://peer.test/", {}, {compression = false, proxy = false, tls = {ca = "pem"}})`)
		r.wantOptions(0, engine.ConnectOptions{Proxy: "direct", TLS: engine.TLSOptions{CA: "pem"}, Caller: "bot.lua:1"})
	}},
	{"compression = true", func(r *rig) {
		r.do(`websocket.Connect("ws://peer.test/", {}, {compression = true})`)
		r.wantOptions(0, engine.ConnectOptions{
			Compression: &engine.Compression{ClientMaxWindowBits: -1}, Caller: "bot.lua:1",
		})
	}},
	{"no options", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/", {}, {})
			websocket.Connect("ws://peer.test/", {}, nil)`)
		r.wantOptions(0, engine.ConnectOptions{Caller: "bot.lua:2"})
		r.wantOptions(1, engine.ConnectOptions{Caller: "bot.lua:3"})
	}},
	{"a bad value or name raises and names the field", func(r *rig) {
		for _, test := range badOptions {
			call := `websocket.Connect("ws://peer.test/", {}, ` + test.options + `)`
			r.do("print(pcall(function() " + call + " end))")
			r.wantPrinted(`false` + "\t" + `bot.lua:1: bad argument #3 to 'Connect' (` + test.want + `)`)
		}
		r.wantConnects(0)
	}},
	{"an option that the engine refuses", func(r *rig) {
		r.engine.connectErr = &engine.OptionError{Field: "headers", Expected: "a header that may be set", Got: "Host"}
		r.do(`
			print(pcall(websocket.Connect, "ws://peer.test/", {}, {headers = {Host = "x"}}))
			print(pcall(function() websocket.Connect("ws://peer.test/", {}, {headers = {Host = "x"}}) end))`)
		const refused = "(field 'headers': a header that may be set expected, got Host)"
		r.wantPrinted("false\tbad argument #3 to '?' "+refused,
			"false\tbot.lua:3: bad argument #3 to 'Connect' "+refused)
	}},
	{"an error in a metamethod of the options is raised as it is", func(r *rig) {
		r.do(`
			local function connect(raise) websocket.Connect("", {}, setmetatable({}, {__index = raise})) end
			print(pcall(connect, function() error("boom", 0) end))
			print(pcall(connect, function() error("boom") end))
			local object = {}
			local ok, err = pcall(connect, function() error(object) end)
			print(ok, err == object)`)
		r.wantPrinted("false\tboom", "false\tbot.lua:4: boom", "false\ttrue")
		r.wantConnects(0)
	}},
}

// wantOptions compares the options of a call of Connect. In every call the engine is to
// name the script's options, not its own fields.
func (r *rig) wantOptions(call int, want engine.ConnectOptions) {
	r.t.Helper()
	got := r.engine.options[call]
	if got.FieldName == nil {
		r.t.Fatal("the engine does not know the names of the script's options")
	}
	for field, name := range map[string]string{
		"TLS.CA": "tls.ca", "TLS.Cert": "tls.cert", "TLS.Key": "tls.key", "TLS.ServerName": "tls.serverName",
		"TLS.Insecure": "tls.insecure", "Redirects": "redirects", "Protocols": "protocols",
		"Compression": "compression",
	} {
		if is := got.FieldName(field); is != name {
			r.t.Errorf("%s is called %q, want %q", field, is, name)
		}
	}
	got.FieldName = nil // two functions are never equal
	if !reflect.DeepEqual(got, want) {
		r.t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

var badOptions = []struct{ options, want string }{
	{`{timeout = "soon"}`, `field 'timeout': positive number expected, got string`},
	{`{timeout = "5"}`, `field 'timeout': positive number expected, got string`},
	{`{timeout = 0}`, `field 'timeout': positive number expected, got 0`},
	{`{timeout = -1.5}`, `field 'timeout': positive number expected, got -1.5`},
	{`{timeout = 0/0}`, `field 'timeout': positive number expected, got nan`},
	{`{timeout = {tcp = false}}`, `field 'timeout.tcp': positive number expected, got boolean`},
	{`{timeout = {dns = 1}}`, `unknown option 'timeout.dns': 'timeout' takes 'tcp', 'tls', 'handshake' or 'closing'`},
	{`{timeout = {5}}`, `unknown option 'timeout.1': 'timeout' takes 'tcp', 'tls', 'handshake' or 'closing'`},
	{`{maxMessage = 0}`, `field 'maxMessage': positive whole number expected, got 0`},
	{`{maxMessage = 1.5}`, `field 'maxMessage': positive whole number expected, got 1.5`},
	{`{sendQueue = {}}`, `field 'sendQueue': positive whole number expected, got table`},
	{`{receiveQueue = -1}`, `field 'receiveQueue': positive whole number expected, got -1`},
	{`{kind = "Text"}`, `field 'kind': 'auto', 'text' or 'binary' expected, got 'Text'`},
	{`{kind = 1}`, `field 'kind': string expected, got number`},
	{`{origin = {}}`, `field 'origin': string expected, got table`},
	{`{protocols = "mqtt"}`, `field 'protocols': table expected, got string`},
	{`{protocols = {"a", {}}}`, `field 'protocols[2]': string expected, got table`},
	{`{protocols = {"a", nil, "c"}}`, `field 'protocols': list expected, got key 3`},
	{`{protocols = {a = "b"}}`, `field 'protocols': list expected, got key 'a'`},
	{`{headers = "X: y"}`, `field 'headers': table expected, got string`},
	{`{headers = {"X: y"}}`, `field 'headers': header name as key expected, got 1`},
	{`{headers = {X = true}}`, `field 'headers.X': string expected, got boolean`},
	{`{headers = {X = {"a", false}}}`, `field 'headers.X[2]': string expected, got boolean`},
	{`{ping = -1}`, `field 'ping': positive number or 0 expected, got -1`},
	{`{pong = "5"}`, `field 'pong': positive number or 0 expected, got string`},
	{`{compression = 1}`, `field 'compression': boolean or table expected, got number`},
	{`{compression = {server_max_window_bits = 16}}`,
		`field 'compression.server_max_window_bits': whole number from 8 to 15 expected, got 16`},
	{`{compression = {client_max_window_bits = 8.5}}`,
		`field 'compression.client_max_window_bits': whole number from 8 to 15 expected, got 8.5`},
	{`{compression = {client_max_window_bits = false}}`,
		`field 'compression.client_max_window_bits': whole number from 8 to 15 expected, got boolean`},
	{`{compression = {server_no_context_takeover = 1}}`,
		`field 'compression.server_no_context_takeover': boolean expected, got number`},
	{`{compression = {serverMaxWindowBits = 9}}`,
		`unknown option 'compression.serverMaxWindowBits': did you mean 'compression.server_max_window_bits'?`},
	{`{proxy = true}`, `field 'proxy': string or false expected, got boolean`},
	{`{tls = "x"}`, `field 'tls': table expected, got string`},
	{`{tls = {ca = {}}}`, `field 'tls.ca': {ca, exclusive = true} expected, got a table without [1]`},
	{`{tls = {ca = {"x", exclusive = 1}}}`, `field 'tls.ca.exclusive': boolean expected, got number`},
	{`{tls = {ca = {"x", only = true}}}`,
		`unknown option 'tls.ca.only': 'tls.ca' takes 'exclusive'`},
	{`{tls = {insecure = "yes"}}`, `field 'tls.insecure': boolean expected, got string`},
	{`{tls = {servername = "x"}}`, `unknown option 'tls.servername': did you mean 'tls.serverName'?`},
	{`{redirects = -1}`, `field 'redirects': whole number from 0 on expected, got -1`},
	{`{redirects = 1.5}`, `field 'redirects': whole number from 0 on expected, got 1.5`},
	{`{redirects = true}`, `field 'redirects': whole number from 0 on expected, got boolean`},
	{`{timeOut = 1}`, `unknown option 'timeOut': did you mean 'timeout'?`},
	{`{header = {}}`, `unknown option 'header': did you mean 'headers'?`},
	{`{foo = 1}`, `unknown option 'foo': those that exist are under "Options" in the manual`},
	{`{max_message = 1}`, `unknown option 'max_message': did you mean 'maxMessage'?`},
	{`{"headers"}`, `unknown option '1': those that exist are under "Options" in the manual`},
	{`{[true] = 1}`, `unknown option 'true': those that exist are under "Options" in the manual`},
}
