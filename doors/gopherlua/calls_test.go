package gopherlua_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
)

func TestTableHasSixKeysAndAliasesAreTheSameValue(t *testing.T) {
	r := newRig(t)
	r.do(`
		local keys = {}
		for key in pairs(websocket) do keys[#keys + 1] = key end
		table.sort(keys)
		assert(table.concat(keys, " ") == "Close Connect Send close connect send", table.concat(keys, " "))
		assert(rawequal(websocket.Connect, websocket.connect))
		assert(rawequal(websocket.Send, websocket.send))
		assert(rawequal(websocket.Close, websocket.close))
		assert(require "websocket" == websocket)
	`)
}

// The contract's table, and what it says of other types, of plain calls, aliases, method
// calls and coroutines.
func TestArgumentErrors(t *testing.T) {
	r := newRig(t)
	r.do(`id = websocket.Connect("ws://peer.test/", {})`)
	for _, test := range []struct{ code, want string }{
		{`pcall(websocket.Connect)`, `bad argument #1 to '?' (string expected, got no value)`},
		{`pcall(websocket.Connect, "wss://peer.test/")`, `bad argument #2 to '?' (table expected, got no value)`},
		{`pcall(websocket.Send)`, `bad argument #1 to '?' (number expected, got no value)`},
		{`pcall(websocket.Send, id)`, `bad argument #2 to '?' (string expected, got no value)`},
		{`pcall(websocket.Close)`, `bad argument #1 to '?' (number expected, got no value)`},

		{`pcall(websocket.connect)`, `bad argument #1 to '?' (string expected, got no value)`},
		{`pcall(websocket.Connect, nil)`, `bad argument #1 to '?' (string expected, got nil)`},
		{`pcall(websocket.Connect, {})`, `bad argument #1 to '?' (string expected, got table)`},
		{`pcall(websocket.Connect, "", nil)`, `bad argument #2 to '?' (table expected, got nil)`},
		{`pcall(websocket.Connect, "", print)`, `bad argument #2 to '?' (table expected, got function)`},
		{`pcall(websocket.Connect, "", {}, 5)`, `bad argument #3 to '?' (table expected, got number)`},
		{`pcall(websocket.Send, nil, "")`, `bad argument #1 to '?' (number expected, got nil)`},
		{`pcall(websocket.Send, "x", "")`, `bad argument #1 to '?' (number expected, got string)`},
		{`pcall(websocket.Send, id, nil)`, `bad argument #2 to '?' (string expected, got nil)`},
		{`pcall(websocket.Send, id, true)`, `bad argument #2 to '?' (string expected, got boolean)`},
		{`pcall(websocket.Send, id, "", {})`, `bad argument #3 to '?' (string expected, got table)`},
		{`pcall(websocket.Send, id, "", "Text")`, `bad argument #3 to '?' (invalid option 'Text')`},
		{`pcall(websocket.Send, id, "", "")`, `bad argument #3 to '?' (invalid option '')`},
		{`pcall(websocket.Send, id, "\255", "text")`, `bad argument #2 to '?' (valid UTF-8 expected)`},
		{`pcall(websocket.Send, 99, "\255", "text")`, `bad argument #2 to '?' (valid UTF-8 expected)`},
		{`pcall(websocket.Close, {})`, `bad argument #1 to '?' (number expected, got table)`},
		{`pcall(websocket.Close, id, "now")`, `bad argument #2 to '?' (number expected, got string)`},
		{`pcall(websocket.Close, id, 0)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
		{`pcall(websocket.Close, id, 1001)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
		{`pcall(websocket.Close, id, 3000.5)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
		{`pcall(websocket.Close, id, 5000)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
		{`pcall(websocket.Close, id, 0/0)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
		{`pcall(websocket.Close, id, 1000 + 65536)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
		{`pcall(websocket.Close, 99, -1)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
		{`pcall(websocket.Close, id, 1000, {})`, `bad argument #3 to '?' (string expected, got table)`},
		{`pcall(websocket.Close, id, nil, ("x"):rep(124))`, `bad argument #3 to '?' (at most 123 bytes of UTF-8 expected)`},
		{`pcall(websocket.Close, id, 3000, "\255")`, `bad argument #3 to '?' (at most 123 bytes of UTF-8 expected)`},

		{`pcall(function() websocket.Connect() end)`,
			`bot.lua:1: bad argument #1 to 'Connect' (string expected, got no value)`},
		{`pcall(function() local c = websocket.Connect; c() end)`,
			`bot.lua:1: bad argument #1 to 'c' (string expected, got no value)`},
		{`pcall(function() websocket.connect() end)`,
			`bot.lua:1: bad argument #1 to 'connect' (string expected, got no value)`},
		{`pcall(function() websocket:Connect("ws://peer.test/", {}) end)`,
			`bot.lua:1: calling 'Connect' on bad self (string expected, got table)`},
		{`coroutine.resume(coroutine.create(function() websocket.Send(id) end))`,
			`bot.lua:1: bad argument #2 to 'Send' (string expected, got no value)`},
		{`pcall(function() websocket.Close(id, 5) end)`,
			`bot.lua:1: bad argument #2 to 'Close' (1000 or 3000 to 4999 expected)`},
	} {
		if got := r.eval(test.code); got != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.code, got, test.want)
		}
	}
	if len(r.engine.connects) != 1 || len(r.engine.sends) != 0 || len(r.engine.closes) != 0 {
		t.Errorf("a call that raised reached the engine: %+v", r.engine)
	}
}

func TestIDsCountUpFromOneAndARaiseUsesNone(t *testing.T) {
	r := newRig(t)
	r.do(`
		assert(websocket.Connect("ws://peer.test/", {}) == 1)
		assert(websocket.connect("not a url", {}) == 2)
		assert(not pcall(websocket.Connect, "ws://peer.test/"))
		assert(not pcall(websocket.Connect, "ws://peer.test/", {}, {timeout = -1}))
	`)
	r.engine.connectErr = engine.ErrTooManyConnections
	r.do(`
		local ok, err = pcall(function() websocket.Connect("ws://peer.test/", {}) end)
		assert(err == "bot.lua:2: too many connections", err)
		ok, err = pcall(websocket.Connect, "ws://peer.test/", {})
		assert(err == "too many connections", err)
	`)
	r.engine.connectErr = nil
	r.do(`
		local in_coroutine = coroutine.wrap(function() return websocket.Connect(5, {}) end)
		assert(in_coroutine() == 3)
		assert(select("#", websocket.Connect("", {}, nil)) == 1)
	`)
	if got := r.engine.connects[2].url; got != "5" {
		t.Errorf("a number as URL came as %q", got)
	}
}

func TestSendAndCloseReturnOneNil(t *testing.T) {
	r := newRig(t)
	r.do(`
		local id = websocket.Connect("ws://peer.test/", {})
		for _, id in ipairs{id, 99} do
			assert(select("#", websocket.Send(id, "x")) == 1 and websocket.Send(id, "x") == nil)
			assert(select("#", websocket.Close(id)) == 1 and websocket.Close(id) == nil)
		end
	`)
}

func TestIDIsNeverTruncated(t *testing.T) {
	r := newRig(t)
	r.do(`
		id = websocket.Connect("ws://peer.test/", {})
		for _, other in ipairs{1.5, 0.9999999, -1, 0, 0/0, 1/0, -1/0, 2^53, 2^53 + 1, 2^32 + 1, 2^64 + 1, 101, "1.5", "nan"} do
			websocket.Send(other, "lost")
			websocket.Close(other)
		end
		websocket.Send("1", "a")
		websocket.Send(" 0x1 ", "b")
		websocket.Close("1")
	`)
	want := []fakeSend{{101, engine.DefaultKind, "a"}, {101, engine.DefaultKind, "b"}}
	if !reflect.DeepEqual(r.engine.sends, want) {
		t.Errorf("sent %v, want %v", r.engine.sends, want)
	}
	reached := 0
	for _, close := range r.engine.closes {
		if close.id != 0 {
			reached++
		}
	}
	if reached != 1 {
		t.Errorf("closed %v, want one of 101", r.engine.closes)
	}
	r.wantLog(`level=DEBUG`, `id=1.5`, `id=nan`)
}

func TestSendPassesDataAndKind(t *testing.T) {
	r := newRig(t)
	r.do(`
		local id = websocket.Connect("ws://peer.test/", {})
		local all = {}
		for byte = 0, 255 do all[#all + 1] = string.char(byte) end
		websocket.Send(id, table.concat(all), "binary")
		websocket.Send(id, "", "text")
		websocket.Send(id, "x", "auto")
		websocket.Send(id, "y", nil)
		websocket.Send(id, 1e15)
		websocket.Send(id, 42)
	`)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	want := []fakeSend{
		{101, engine.Binary, string(all)}, {101, engine.Text, ""}, {101, engine.Auto, "x"}, {101, engine.DefaultKind, "y"},
		{101, engine.DefaultKind, "1e+15"}, {101, engine.DefaultKind, "42"},
	}
	if !reflect.DeepEqual(r.engine.sends, want) {
		t.Errorf("sent %v\nwant %v", r.engine.sends, want)
	}
}

func TestClosePassesCodeAndReason(t *testing.T) {
	r := newRig(t)
	r.do(`
		local id = websocket.Connect("ws://peer.test/", {})
		websocket.Close(id)
		websocket.Close(id, nil, nil)
		websocket.Close(id, nil, "bye")
		websocket.Close(id, "3000", 5)
		websocket.Close(id, 4999, ("x"):rep(123))
	`)
	want := []fakeClose{
		{101, 1000, ""}, {101, 1000, ""}, {101, 1000, "bye"}, {101, 3000, "5"}, {101, 4999, strings.Repeat("x", 123)},
	}
	if !reflect.DeepEqual(r.engine.closes, want) {
		t.Errorf("closed %v, want %v", r.engine.closes, want)
	}
}

func TestOptionsReachTheEngine(t *testing.T) {
	r := newRig(t)
	r.do(`local options = setmetatable({
	headers = {Authorization = "Bearer x", ["x-count"] = 5, ["X-List"] = {"a", 2}},
	protocols = {"mqtt", "wamp"},
	origin = "https://app.test",
	kind = "binary",
	timeout = {tcp = 1.5, closing = math.huge},
	maxMessage = 1000,
	sendQueue = 2^60,
	ping = 0, pong = 2.5, redirects = 3,
	compression = {server_no_context_takeover = true, server_max_window_bits = 9, client_max_window_bits = true},
	proxy = "socks5h://proxy.test:1080",
	tls = {ca = {"/etc/ca.pem", exclusive = true}, cert = "c", key = "k", serverName = "n", insecure = true},
}, {__index = {receiveQueue = 7}})
websocket.Connect("ws://peer.test/", {}, options)
websocket.Connect("ws://peer.test/", {}, {timeout = 1e-12})
websocket.Connect("ws://peer.test/", {}, {compression = false, proxy = false, tls = {ca = "pem"}})
websocket.Connect("ws://peer.test/", {}, {compression = true})
websocket.Connect("ws://peer.test/", {}, {})`)
	want := engine.ConnectOptions{
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
		Compression:  &engine.Compression{ServerNoContextTakeover: true, ServerMaxWindowBits: 9, ClientMaxWindowBits: -1},
		Proxy:        "socks5h://proxy.test:1080",
		TLS:          engine.TLSOptions{CA: "/etc/ca.pem", CAExclusive: true, Cert: "c", Key: "k", ServerName: "n", Insecure: true},
		Caller:       "bot.lua:14",
	}
	if got := r.engine.connects[0].opts; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	// The engine takes 0 for the default: the smallest timeout is not none.
	if got := r.engine.connects[1].opts.Timeouts; got != (engine.Timeouts{TCP: 1, TLS: 1, Handshake: 1, Closing: 1}) {
		t.Errorf("a timeout of a picosecond came as %+v", got)
	}
	if got, want := r.engine.connects[2].opts, (engine.ConnectOptions{
		Proxy: "direct", TLS: engine.TLSOptions{CA: "pem"}, Caller: "bot.lua:16"}); !reflect.DeepEqual(got, want) {
		t.Errorf("none of it came as %+v", got)
	}
	if got := r.engine.connects[3].opts.Compression; got == nil || *got != (engine.Compression{ClientMaxWindowBits: -1}) {
		t.Errorf("compression = true came as %+v", got)
	}
	if got := r.engine.connects[4].opts; !reflect.DeepEqual(got, engine.ConnectOptions{Caller: "bot.lua:18"}) {
		t.Errorf("no options came as %+v", got)
	}
}

func TestBadOptionsNameTheField(t *testing.T) {
	r := newRig(t)
	for _, test := range []struct{ options, want string }{
		{`{timeout = "soon"}`, `field 'timeout': positive number expected, got string`},
		{`{timeout = "5"}`, `field 'timeout': positive number expected, got string`},
		{`{timeout = 0}`, `field 'timeout': positive number expected, got 0`},
		{`{timeout = -1.5}`, `field 'timeout': positive number expected, got -1.5`},
		{`{timeout = 0/0}`, `field 'timeout': positive number expected, got nan`},
		{`{timeout = {tcp = false}}`, `field 'timeout.tcp': positive number expected, got boolean`},
		{`{timeout = {dns = 1}}`, `unknown option 'timeout.dns': those that exist are under "Options" in the manual`},
		{`{timeout = {5}}`, `unknown option 'timeout.1': those that exist are under "Options" in the manual`},
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
		{`{compression = {server_max_window_bits = 16}}`, `field 'compression.server_max_window_bits': whole number from 8 to 15 expected, got 16`},
		{`{compression = {client_max_window_bits = 8.5}}`, `field 'compression.client_max_window_bits': whole number from 8 to 15 expected, got 8.5`},
		{`{compression = {client_max_window_bits = false}}`, `field 'compression.client_max_window_bits': whole number from 8 to 15 expected, got boolean`},
		{`{compression = {server_no_context_takeover = 1}}`, `field 'compression.server_no_context_takeover': boolean expected, got number`},
		{`{compression = {serverMaxWindowBits = 9}}`, `unknown option 'compression.serverMaxWindowBits': did you mean 'compression.server_max_window_bits'?`},
		{`{proxy = true}`, `field 'proxy': string or false expected, got boolean`},
		{`{tls = "x"}`, `field 'tls': table expected, got string`},
		{`{tls = {ca = {}}}`, `field 'tls.ca': {ca, exclusive = true} expected, got a table without [1]`},
		{`{tls = {ca = {"x", exclusive = 1}}}`, `field 'tls.ca.exclusive': boolean expected, got number`},
		{`{tls = {ca = {"x", only = true}}}`, `unknown option 'tls.ca.only': those that exist are under "Options" in the manual`},
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
	} {
		want := `bot.lua:1: bad argument #3 to 'Connect' (` + test.want + `)`
		got := r.eval(`pcall(function() websocket.Connect("ws://peer.test/", {}, ` + test.options + `) end)`)
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", test.options, got, want)
		}
	}
	r.engine.connectErr = &engine.OptionError{Field: "headers", Expected: "a header that may be set", Got: "Host"}
	got := r.eval(`pcall(websocket.Connect, "ws://peer.test/", {}, {headers = {Host = "x"}})`)
	if want := `bad argument #3 to '?' (field 'headers': a header that may be set expected, got Host)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// An error in a metamethod of the options table is the script's own: it is raised where
// the script called.
func TestOptionsWithABrokenMetatable(t *testing.T) {
	r := newRig(t)
	got := r.eval(`pcall(websocket.Connect, "", {}, setmetatable({}, {__index = function() error("boom", 0) end}))`)
	if got != "boom" || len(r.engine.connects) != 0 {
		t.Errorf("got %q, %d connections", got, len(r.engine.connects))
	}
}

// FuzzArguments gives the three functions values of every type, in any number. They never
// panic, and raise nothing but what is written down.
func FuzzArguments(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5})
	f.Add([]byte("C\x03ws\x05\x06\x02timeout\x02"))
	f.Fuzz(func(t *testing.T, script []byte) {
		r := newRig(t)
		r.do(`websocket.Connect("ws://peer.test/", {})`)
		args := &argumentSource{L: r.L, rest: script}
		functions := []string{"Connect", "Send", "Close"}
		for len(args.rest) > 0 {
			name := functions[int(args.byte())%len(functions)]
			before := len(r.engine.connects)
			r.L.Push(r.L.GetField(r.L.GetGlobal("websocket"), name))
			count := int(args.byte()) % 5
			for range count {
				r.L.Push(args.value(2))
			}
			err := r.L.PCall(count, lua.MultRet, nil)
			if err != nil {
				wantDocumented(t, err.(*lua.ApiError))
				if len(r.engine.connects) != before {
					t.Fatal("a call raised and yet began a connection")
				}
				continue
			}
			if r.L.GetTop() != 1 || name != "Connect" && r.L.Get(1) != lua.LNil {
				t.Fatalf("%s returned %d values, %v", name, r.L.GetTop(), r.L.Get(1))
			}
			r.L.SetTop(0)
		}
	})
}

func wantDocumented(t *testing.T, err *lua.ApiError) {
	text := err.Object.String()
	if err.Type != lua.ApiErrorRun || !strings.HasPrefix(text, "bad argument #") {
		t.Fatalf("raised %q (type %d)", text, err.Type)
	}
	for _, documented := range []string{
		" expected, got ", "(invalid option '", "(valid UTF-8 expected)", "(1000 or 3000 to 4999 expected)",
		"(at most 123 bytes of UTF-8 expected)", ": not supported yet)", "': did you mean '", ` under "Options" in the manual`,
	} {
		if strings.Contains(text, documented) {
			return
		}
	}
	t.Fatalf("raised %q", text)
}

// argumentSource makes Lua values of a fuzzer's bytes.
type argumentSource struct {
	L    *lua.LState
	rest []byte
}

func (a *argumentSource) byte() byte {
	if len(a.rest) == 0 {
		return 0
	}
	first := a.rest[0]
	a.rest = a.rest[1:]
	return first
}

func (a *argumentSource) text() string {
	length := min(int(a.byte()), len(a.rest))
	text := string(a.rest[:length])
	a.rest = a.rest[length:]
	return text
}

func (a *argumentSource) value(depth int) lua.LValue {
	numbers := []float64{0, 1, -1, 1.5, 1000, 3000, 5000, 1 << 53, 1e300, -1e300}
	words := []string{
		"headers", "protocols", "origin", "kind", "timeout", "tcp", "maxMessage", "sendQueue", "receiveQueue", "ping",
		"auto", "text", "binary", "onOpen", "OnOpen", "1", "0x1", "nan", "-inf", "ws://peer.test/",
	}
	switch pick := a.byte() % 10; {
	case pick == 0:
		return lua.LNil
	case pick == 1:
		return lua.LBool(a.byte()%2 == 0)
	case pick == 2:
		return lua.LNumber(numbers[int(a.byte())%len(numbers)])
	case pick == 3:
		zero := 0.0
		return lua.LNumber([]float64{1 / zero, -1 / zero, zero / zero}[a.byte()%3])
	case pick == 4:
		return lua.LString(a.text())
	case pick == 5:
		return a.L.NewFunction(func(*lua.LState) int { return 0 })
	case pick == 6:
		return a.L.NewUserData()
	case pick <= 8 && depth > 0:
		table := a.L.NewTable()
		for range a.byte() % 4 {
			key := a.value(0)
			if key == lua.LNil || key != key {
				key = lua.LNumber(table.Len() + 1)
			}
			a.L.RawSet(table, key, a.value(depth-1))
		}
		return table
	}
	return lua.LString(words[int(a.byte())%len(words)])
}
