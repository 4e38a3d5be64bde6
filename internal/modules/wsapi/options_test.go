package wsapi_test

import (
	"errors"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/permission"
)

// readOptions is ReadOptions without limits.
func readOptions(table wsapi.Table) (engine.ConnectOptions, error) {
	return wsapi.ReadOptions(table, permission.Limits{}, engine.ConnectOptions{})
}

func TestReadOptions(t *testing.T) {
	for name, test := range map[string]struct {
		table *table
		want  engine.ConnectOptions
	}{
		"all": {
			&table{pairs: tableOf(
				"headers", tableOf("Authorization", "Bearer x", "x-count", 5, "X-List", list("a", 2)),
				"protocols", list("mqtt", "wamp"),
				"origin", "https://app.test",
				"kind", "binary",
				"timeout", tableOf("tcp", 1.5, "closing", math.Inf(1)),
				"maxMessage", 1000,
				"sendQueue", math.Pow(2, 60),
				"ping", 0, "pong", 2.5, "redirects", 3,
				"compression", tableOf("server_no_context_takeover", true, "server_max_window_bits", 9,
					"client_max_window_bits", true),
				"proxy", "socks5h://proxy.test:1080",
				"tls", tableOf("ca", tableOf(1, "/etc/ca.pem", "exclusive", true), "cert", "c", "key", "k",
					"serverName", "n", "insecure", true),
			).pairs, index: tableOf("receiveQueue", 7, "origin", "hidden")},
			engine.ConnectOptions{
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
					CA: "/etc/ca.pem", CAExclusive: true, Cert: "c", Key: "k", ServerName: "n", Insecure: true},
			}},
		// The engine takes 0 for the default, which the smallest timeout is not.
		"a picosecond": {tableOf("timeout", 1e-12), engine.ConnectOptions{
			Timeouts: engine.Timeouts{TCP: 1, TLS: 1, Handshake: 1, Closing: 1}}},
		"nothing of it": {tableOf("compression", false, "proxy", false, "tls", tableOf("ca", "pem")),
			engine.ConnectOptions{Proxy: "direct", TLS: engine.TLSOptions{CA: "pem"}}},
		"compression": {tableOf("compression", true),
			engine.ConnectOptions{Compression: &engine.Compression{ClientMaxWindowBits: -1}}},
		"client_no_context_takeover": {tableOf("compression",
			tableOf("client_no_context_takeover", true, "client_max_window_bits", 15)),
			engine.ConnectOptions{Compression: &engine.Compression{ClientNoContextTakeover: true,
				ClientMaxWindowBits: 15}}},
		"nested defaults": {tableOf("timeout", &table{index: tableOf("tls", 2)}),
			engine.ConnectOptions{Timeouts: engine.Timeouts{TLS: 2 * time.Second}}},
		"endless": {tableOf("redirects", math.Inf(1)), engine.ConnectOptions{Redirects: math.MaxInt32}},
		"empty":   {tableOf(), engine.ConnectOptions{}},
	} {
		if got, err := readOptions(test.table); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s\ngot  %+v, error %v\nwant %+v", name, got, err, test.want)
		}
	}
	if got, err := readOptions(nil); err != nil || !reflect.DeepEqual(got, engine.ConnectOptions{}) {
		t.Errorf("no table: got %+v, error %v", got, err)
	}
}

func TestBadOptionsNameTheField(t *testing.T) {
	const function, inTheManual = wsapi.Type("function"), `: those that exist are under "Options" in the manual`
	const ofTimeout = "'timeout' takes 'tcp', 'tls', 'handshake' or 'closing'"
	r := newRig(t)
	for _, test := range []struct {
		table *table
		want  string
	}{
		{tableOf("timeout", "soon"), `field 'timeout': positive number expected, got string`},
		{tableOf("timeout", "5"), `field 'timeout': positive number expected, got string`},
		{tableOf("timeout", 0), `field 'timeout': positive number expected, got 0`},
		{tableOf("timeout", -1.5), `field 'timeout': positive number expected, got -1.5`},
		{tableOf("timeout", math.NaN()), `field 'timeout': positive number expected, got nan`},
		{tableOf("timeout", tableOf("tcp", false)), `field 'timeout.tcp': positive number expected, got boolean`},
		{tableOf("timeout", tableOf("dns", 1)), `unknown option 'timeout.dns': ` + ofTimeout},
		{tableOf("timeout", list(5)), `unknown option 'timeout.1': ` + ofTimeout},
		{tableOf("maxMessage", 0), `field 'maxMessage': positive whole number expected, got 0`},
		{tableOf("maxMessage", 1.5), `field 'maxMessage': positive whole number expected, got 1.5`},
		{tableOf("sendQueue", tableOf()), `field 'sendQueue': positive whole number expected, got table`},
		{tableOf("receiveQueue", -1), `field 'receiveQueue': positive whole number expected, got -1`},
		{tableOf("kind", "Text"), `field 'kind': 'auto', 'text' or 'binary' expected, got 'Text'`},
		{tableOf("kind", 1), `field 'kind': string expected, got number`},
		{tableOf("origin", function), `field 'origin': string expected, got function`},
		{tableOf("protocols", "mqtt"), `field 'protocols': table expected, got string`},
		{tableOf("protocols", list("a", tableOf())), `field 'protocols[2]': string expected, got table`},
		{tableOf("protocols", list("a", nil, "c")), `field 'protocols': list expected, got key 3`},
		{tableOf("protocols", tableOf("a", "b")), `field 'protocols': list expected, got key 'a'`},
		{tableOf("protocols", tableOf(0, "a")), `field 'protocols': list expected, got key 0`},
		{tableOf("protocols", tableOf(1, "a", 2, "b", 1.5, "c")), `field 'protocols': list expected, got key 1.5`},
		{tableOf("protocols", tableOf(true, "b")), `field 'protocols': list expected, got key true`},
		{tableOf("protocols", tableOf(function, "b")), `field 'protocols': list expected, got key function`},
		{tableOf("headers", "X: y"), `field 'headers': table expected, got string`},
		{tableOf("headers", list("X: y")), `field 'headers': header name as key expected, got 1`},
		{tableOf("headers", tableOf(false, "y")), `field 'headers': header name as key expected, got false`},
		{tableOf("headers", tableOf("X", true)), `field 'headers.X': string expected, got boolean`},
		{tableOf("headers", tableOf("X", list("a", false))), `field 'headers.X[2]': string expected, got boolean`},
		{tableOf("ping", -1), `field 'ping': positive number or 0 expected, got -1`},
		{tableOf("pong", "5"), `field 'pong': positive number or 0 expected, got string`},
		{tableOf("compression", 1), `field 'compression': boolean or table expected, got number`},
		{tableOf("compression", tableOf("server_max_window_bits", 16)),
			`field 'compression.server_max_window_bits': whole number from 8 to 15 expected, got 16`},
		{tableOf("compression", tableOf("client_max_window_bits", 8.5)),
			`field 'compression.client_max_window_bits': whole number from 8 to 15 expected, got 8.5`},
		{tableOf("compression", tableOf("client_max_window_bits", false)),
			`field 'compression.client_max_window_bits': whole number from 8 to 15 expected, got boolean`},
		{tableOf("compression", tableOf("server_no_context_takeover", 1)),
			`field 'compression.server_no_context_takeover': boolean expected, got number`},
		{tableOf("compression", tableOf("serverMaxWindowBits", 9)),
			`unknown option 'compression.serverMaxWindowBits': did you mean 'compression.server_max_window_bits'?`},
		{tableOf("proxy", true), `field 'proxy': string or false expected, got boolean`},
		{tableOf("tls", "x"), `field 'tls': table expected, got string`},
		{tableOf("tls", tableOf("ca", tableOf())), `field 'tls.ca': {ca, exclusive = true} expected, got a table ` +
			`without [1]`},
		{tableOf("tls", tableOf("ca", list(true))), `field 'tls.ca[1]': string expected, got boolean`},
		{tableOf("tls", tableOf("ca", list("x", "y"))), `unknown option 'tls.ca.2': 'tls.ca' takes 'exclusive'`},
		{tableOf("tls", tableOf("ca", tableOf(1, "x", "exclusive", 1))), `field 'tls.ca.exclusive': boolean ` +
			`expected, ` +
			`got number`},
		{tableOf("tls", tableOf("ca", tableOf(1, "x", "only", true))), `unknown option 'tls.ca.only': 'tls.ca' takes 'exclusive'`},
		{tableOf("tls", tableOf("insecure", "yes")), `field 'tls.insecure': boolean expected, got string`},
		{tableOf("tls", tableOf("servername", "x")), `unknown option 'tls.servername': did you mean 'tls.serverName'?`},
		{tableOf("redirects", -1), `field 'redirects': whole number from 0 on expected, got -1`},
		{tableOf("redirects", 1.5), `field 'redirects': whole number from 0 on expected, got 1.5`},
		{tableOf("redirects", true), `field 'redirects': whole number from 0 on expected, got boolean`},
		{tableOf("timeOut", 1), `unknown option 'timeOut': did you mean 'timeout'?`},
		{tableOf("header", tableOf()), `unknown option 'header': did you mean 'headers'?`},
		{tableOf("foo", 1, "bar", 2), `unknown option 'foo'` + inTheManual},
		{tableOf("max_message", 1), `unknown option 'max_message': did you mean 'maxMessage'?`},
		{list("headers"), `unknown option '1'` + inTheManual},
		{tableOf(function, 1), `unknown option 'function'` + inTheManual},
	} {
		_, err := r.connect(nil, test.table)
		wantArgument(t, err, 3, test.want)
	}
	if len(r.engine.connects) != 0 {
		t.Errorf("%d calls that raised reached the engine", len(r.engine.connects))
	}
}

// A name or a word of megabytes does not end up in an error's text, and takes no
// time to compare.
func TestHugeNamesAndWords(t *testing.T) {
	huge := strings.Repeat("headers", 1_000_000)
	for name, table := range map[string]*table{
		"option": tableOf(huge, 1),
		"nested": tableOf("tls", tableOf(huge, 1)),
		"header": tableOf("headers", tableOf(huge, true)),
		"key":    tableOf("protocols", tableOf(huge, 1)),
		"word":   tableOf("kind", huge),
	} {
		if _, err := readOptions(table); err == nil || len(err.Error()) > 500 ||
			!strings.Contains(err.Error(), "7000000 bytes") {
			t.Errorf("%s: %.1000v", name, err)
		}
	}
	if _, err := wsapi.ParseKind(huge); err == nil || len(err.Error()) > 500 {
		t.Errorf("ParseKind: %.1000v", err)
	}
}

// An error of a metamethod, or an interrupt, is not taken for a fault of the options.
func TestErrorsOfATableComeBackAsTheyAre(t *testing.T) {
	boom := errors.New("boom")
	broken := &table{failing: boom}
	r := newRig(t)
	for name, options := range map[string]*table{
		"options":        broken,
		"__index":        {index: broken},
		"timeout":        tableOf("timeout", &table{index: broken}),
		"headers":        tableOf("headers", broken),
		"list":           tableOf("protocols", broken),
		"list of header": tableOf("headers", tableOf("X", broken)),
		"ca":             tableOf("tls", tableOf("ca", broken)),
		"exclusive":      tableOf("tls", tableOf("ca", &table{pairs: list("x").pairs, index: broken})),
	} {
		if _, err := r.connect(nil, options); err != boom {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := r.connect(broken, nil); err != boom {
		t.Errorf("callbacks: got %v", err)
	}
	if len(r.engine.connects) != 0 {
		t.Errorf("%d calls that raised reached the engine", len(r.engine.connects))
	}
}

// A value that the engine refuses is the third argument's, too many connections is
// nobody's.
func TestErrorsOfTheEngine(t *testing.T) {
	r := newRig(t)
	r.engine.connectErr = &engine.OptionError{Field: "Header", Expected: "a header that may be set", Got: "Host"}
	_, err := r.connect(nil, nil)
	wantArgument(t, err, 3, `field 'headers': a header that may be set expected, got Host`)
	r.engine.connectErr = engine.ErrTooManyConnections
	if _, err := r.connect(nil, nil); err != engine.ErrTooManyConnections || err.Error() != "too many connections" {
		t.Errorf("got %v", err)
	}
	r.engine.connectErr = nil
	if c := r.live(); c.Number != 1 {
		t.Errorf("the first connection has the id %v", c.Number)
	}
}

// A header that the handshake sets itself comes with the name of the script's option that
// sets it.
func TestHeadersOfTheHandshake(t *testing.T) {
	eng := engine.New(engine.Options{})
	defer eng.Shutdown(t.Context())
	session := wsapi.NewSession[string](eng, wsapi.Options{})
	for header, want := range map[string]string{
		"Host":                     ", use the URL",
		"Sec-WebSocket-Protocol":   ", use the option 'protocols'",
		"Sec-WebSocket-Extensions": ", use the option 'compression'",
		"Sec-WebSocket-Key":        "",
	} {
		_, err := session.Connect(wsapi.ConnectCall[string]{
			URL: "ws://peer.test/", Callbacks: tableOf(), Options: tableOf("headers", tableOf(header, "x")),
		})
		wantArgument(t, err, 3, "field 'headers': a header that may be set expected, got "+
			http.CanonicalHeaderKey(header)+": the opening handshake sets it"+want)
	}
}

// Each value that the engine refuses is named as the script has it.
func TestWordsForFieldsOfTheEngine(t *testing.T) {
	r := newRig(t)
	eng := engine.New(engine.Options{})
	defer eng.Shutdown(t.Context())
	for name, options := range map[string]engine.ConnectOptions{
		"headers":   {Header: http.Header{"Host": {"x"}}},
		"protocols": {Protocols: []string{"a", "a"}},
		"origin":    {Origin: "a\nb"},
		"kind":      {Kind: 99},
		"compression.server_max_window_bits": {
			Compression: &engine.Compression{ServerMaxWindowBits: 99}},
		"compression.client_max_window_bits": {
			Compression: &engine.Compression{ClientMaxWindowBits: 7}},
		"timeout":      {Timeouts: engine.Timeouts{TCP: -1}},
		"maxMessage":   {MaxMessage: -1},
		"sendQueue":    {SendQueue: -1},
		"receiveQueue": {ReceiveQueue: -1},
		"redirects":    {Redirects: -1},
	} {
		_, refused := eng.Connect("ws://server.test/", options)
		var field *engine.OptionError
		if !errors.As(refused, &field) || strings.Contains(refused.Error(), name) {
			t.Errorf("%s: the engine says %v", name, refused)
		}
		r.engine.connectErr = refused
		if _, err := r.connect(nil, nil); err == nil || !strings.Contains(err.Error(), "field '"+name+"': ") {
			t.Errorf("the script is told %v, want the field %s", err, name)
		}
	}
}
