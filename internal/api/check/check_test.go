package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/api/check"
	"github.com/tidewire/tidewire/internal/api/luaapi"
)

// findings checks one piece of code and returns the lines, without the file's name and the
// column.
func findings(code string) string {
	var lines []string
	for _, f := range check.Files([]check.File{{Name: "bot.lua", Source: []byte(code)}}, check.Options{}) {
		lines = append(lines, fmt.Sprintf("%d: %s", f.Line, f.Text))
	}
	return strings.Join(lines, "\n")
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ name, code, want string }{
		{"syntax", "local x = = 1", "1: unexpected symbol near '='"},
		{"syntax, behind a line for the shell", "#!/usr/bin/env tidewire\nprint(", "2: unexpected symbol near '<eof>'"},
		{"goto without its label", "goto nowhere", "1: undefined label 'nowhere'"},
		{"goto into a local variable's scope", "goto l\nlocal x = 1 ::l:: print(x)", "1: <goto l> jumps into the " +
			"scope of local 'x'"},
		{"label twice", "::l::\n::l::", "2: duplicate label 'l'"},
		{"break outside of a loop", "if true then\nbreak end", "2: no loop to break"},
		{"too many local variables", strings.Repeat("local x = 1\n", 201), "201: main function has more than 200 " +
			"local variables"},
		{"too many upvalues", tooManyUpvalues(), "62: function at line 62 has more than 60 upvalues"},
		{"an expression too complex", "print(" + strings.Repeat("1, ", 300) + "1)", "1: function or expression " +
			"too complex"},

		{"undefined global", "print(1)\nlocal x = prnt(2)", "2: undefined global 'prnt': did you mean 'print'?"},
		{"undefined global, nothing near it", "print(configuration)", "1: undefined global 'configuration'"},
		{"near one of the script's own", "function reconnect() end recconect()", "1: undefined global 'recconect': " +
			"did you mean 'reconnect'?"},
		{"twice on a line", "print(nme, nme)", "1: undefined global 'nme'"},
		{"a function does not see the local that it goes to", "local fact = function(n) return n < 2 and 1 or n * " +
			"fact(n - 1) end print(fact(3))", "1: undefined global 'fact': the local 'fact' of line 1 begins after its own " +
			"value: write 'local function fact'"},
		{"a local variable is over", "do local n = 1 print(n) end print(n)", "1: undefined global 'n'"},
		{"a loop's variable is over", "for i = 1, 2 do end\nfor k in pairs {} do end print(i, k)",
			"2: undefined global 'i'\n2: undefined global 'k'"},
		{"in a function", "return function(a) return function() return a + c end end", "1: undefined global 'c'"},

		{"beside _G", "_G.counter = 1 for k in pairs(_G) do print(_G[k], _G.x, rawget(_G, k)) end rawset(_G, 'made', " +
			"2) print(counter, made, conter)",
			"1: undefined global 'conter': did you mean 'counter'?"},

		{"module's field", "websocket.Conect('ws://x', {})", "1: unknown field 'websocket.Conect': did you mean " +
			"'websocket.Connect'?"},
		{"through a local", "local ws = websocket\nws.sned(1, 'x')", "2: unknown field 'websocket.sned': did " +
			"you mean " +
			"'websocket.Send'?"},
		{"through require", "local j = require 'json' j.encoed {}", "1: unknown field 'json.encoed': did you mean " +
			"'json.encode'?"},
		{"through require() of the same name", "local websocket = websocket or require('websocket') " +
			"websocket.Open()", "1: unknown field 'websocket.Open'"},
		{"through _G", "_G.host.register('onUpdate', print)", "1: unknown field 'host.register': did you mean " +
			"'host.Register'?"},
		{"of a table within a module", "local e = require 'tide.encoding' e.base64.decdoe 'x' local h = e.hex h.encod 'x' " +
			"e.bsae64.encode 'x'",
			"1: unknown field 'base64.decdoe': did you mean 'base64.decode'?\n" +
				"1: unknown field 'hex.encod': did you mean 'hex.encode'?\n" +
				"1: unknown field 'tide.encoding.bsae64': did you mean 'tide.encoding.base64'?"},
		{"of a table within a module, with a colon", "require('tide.encoding').url:encode 'x'",
			"1: 'url:encode' passes the table itself: write 'url.encode'"},
		{"callbacks of a kept socket",
			"local ws = require 'tide.ws'\nws.keep('x', {OnOpen = print,\nonDown = function(i) print(i.detial) end}, {mni = 1})",
			"2: unknown callback 'OnOpen': did you mean 'onOpen'?\n" +
				"3: unknown field 'i.detial': did you mean 'i.detail'?\n3: unknown option 'mni': did you mean 'min'?"},
		{"options of a module's function", "local b = require 'tide.encoding'.base64\nb.encode('x', {ulr = true})\n" +
			"b.encode('x', {pad = false, lines = 76})",
			"2: unknown option 'ulr': did you mean 'url'?\n3: unknown option 'lines': the options are url, pad"},
		{"options of requests, of keep and of open", "local http, ws = require 'tide.http', require 'tide.ws'\n" +
			"http.get('http://x', {timout = 1, metod = 'GET'}, print)\n" +
			"http.request {url = 'http://x', methd = 'GET', tls = {cas = ''}}\n" +
			"ws.keep('ws://x', {}, {pause = 1, tls = {cas = ''}})\n" +
			"ws.open('ws://x', {timeout = {tpc = 1}, kind = 'txt', hw = 1})",
			"2: unknown option 'timout': did you mean 'timeout'?\n" +
				"2: unknown option 'metod': those that exist are under \"tide.http\" in the manual\n" +
				"3: unknown option 'methd': did you mean 'method'?\n3: unknown option 'tls.cas': did you mean 'tls.ca'?\n" +
				"4: unknown option 'pause': those that exist are under \"Sockets that come back\" in the manual\n" +
				"4: unknown option 'tls.cas': did you mean 'tls.ca'?\n" +
				"5: unknown option 'timeout.tpc': did you mean 'timeout.tcp'?\n5: unknown kind 'txt': did you mean 'text'?\n" +
				"5: unknown option 'hw': those that exist are under \"Options\" in the manual"},
		{"something else than a table", "local http, ws = require 'tide.http', require 'tide.ws'\n" +
			"http.request('http://x') http.get('http://x', 5) http.get('http://x', print)\n" +
			"websocket.Connect('ws://x', print) ws.keep(function() end, 'x', {}) ws.keep('x', {}, nil)",
			"2: argument 1 of tide.http.request, 'request', is a string: table expected\n" +
				"2: argument 2 of tide.http.get, 'options', is a number: table expected\n" +
				"3: argument 2 of websocket.Connect, 'callbacks', is a function: table expected\n" +
				"3: argument 2 of tide.ws.keep, 'callbacks', is a string: table expected"},
		{"words", "local crypto, zlib = require 'tide.crypto', require 'tide.zlib'\n" +
			"crypto.hash('sha3', '') crypto.hash(which, '') crypto.sign('rsa', '', '')\nzlib.inflate('', {format = 'br'})",
			"2: unknown algorithm 'sha3': did you mean 'sha1'?\n2: undefined global 'which'\n" +
				"2: unknown algorithm 'rsa': the algorithms are ed25519, rsa-sha256, ecdsa-sha256\n" +
				"3: unknown format 'br': the formats are auto, zlib, gzip, raw"},
		{"arguments of methods", "local task, ws = require 'tide.task', require 'tide.ws'\ntask.go(function()\n" +
			"local s = assert(ws.open('ws://x'))\ns:send({}) s:send('x', 'txt')\ns:receive('x') s:close(999)\n" +
			"s:recieve()\nlocal q = task.queue(1) q:push() q:pop({}) q:close(999)\n" +
			"local k = ws.keep('ws://x', {}) k:send(nil) k:close(1001)\nend)",
			"4: argument 1 of s:send, 'data', is a table: string expected\n4: unknown kind 'txt': did you mean 'text'?\n" +
				"5: argument 1 of s:receive, 'seconds', is a string: number expected\n" +
				"5: close code 999: 1000 or 3000 to 4999 expected\n6: unknown method 's:recieve': did you mean 's:receive'?\n" +
				"7: q:push lacks its argument 1, 'value': write q:push(value)\n" +
				"7: argument 1 of q:pop, 'seconds', is a table: number expected\n" +
				"7: q:close gets 1 argument, and takes 0: write q:close()\n" +
				"8: argument 1 of k:send, 'data', is nil: string expected\n8: close code 1001: 1000 or 3000 to 4999 expected"},
		{"a request that waits in a callback", "local http = require 'tide.http'\nhost.After(1, function()\n" +
			"http.get('x')\nhttp.get('x', {})\nhttp.get('x', print) http.get('x', options()) http.get('x', nil, done)\n" +
			"http.request({url = 'x'})\nhttp.post('x', body()) end) function options() end function body() end done = print",
			"3: 'get' waits, and a callback cannot: call it inside tide.task.go\n" +
				"4: 'get' waits, and a callback cannot: call it inside tide.task.go\n" +
				"6: 'request' waits, and a callback cannot: call it inside tide.task.go"},
		{"of cheat", "cheat.Registre('onUpdate', print)", "1: unknown field 'host.Registre': did you mean " +
			"'host.Register'?"},
		{"of Lua's own", "print(string.uper('x'))", "1: unknown field 'string.uper': did you mean 'string.upper'?"},
		{"of Lua's own, called", "string.trim('x')", "1: unknown field 'string.trim'"},
		{"with a colon", "websocket:Connect('ws://x', {})", "1: 'websocket:Connect' passes the table itself: write " +
			"'websocket.Connect'"},
		{"with a colon and a slip", "host:Afer(1, print)", "1: unknown field 'host.Afer': did you mean 'host.After'?"},

		{"callback", "websocket.Connect('ws://x', {\n  OnError = print})", "2: unknown callback 'OnError': did you " +
			"mean 'onError'?"},
		{"callback that does not exist", "websocket.connect('ws://x', {onPing = print})",
			"1: unknown callback 'onPing': the callbacks are " + strings.Join(luaapi.CallbackNames(luaapi.Callbacks), ", ")},
		{"callback in a variable", "local c = {on_open = print, retries = 1}\nwebsocket.Connect('ws://x', c)",
			"1: unknown callback 'on_open': did you mean 'onOpen'?"},
		{"callback set later", "local c = {}\nfunction c.onClosed() end\nc['onmessage'] = " +
			"print\nwebsocket.Connect('ws://x', c)",
			"2: unknown callback 'onClosed': did you mean 'onClose'?\n3: unknown callback 'onmessage': did you mean " +
				"'onMessage'?"},
		{"callback with a colon", "local c = {}\nfunction c:on_close() end\nwebsocket.Connect('ws://x', c)",
			"2: unknown callback 'on_close': did you mean 'onClose'?"},
		{"callback in a global that is set in a function", "function go() websocket.Connect('ws://x', c) end c = " +
			"{OnOpen = print}",
			"1: unknown callback 'OnOpen': did you mean 'onOpen'?"},
		{"through a local function", "local connect = websocket.Connect connect('ws://x', {OnOpen = print})",
			"1: unknown callback 'OnOpen': did you mean 'onOpen'?"},

		{"field of info", "websocket.Connect('ws://x', {onError = function(m, i)\nprint(i.detial, i.http.statos, " +
			"i.http.headers.date)\nend})",
			"2: unknown field 'i.detial': did you mean 'i.detail'?\n2: unknown field 'i.http.statos': did you mean " +
				"'i.http.status'?"},
		{"field of info, in a method", "local c = {}\nfunction c:onError(i)\nprint(self.x, i.detial) end " +
			"websocket.Connect('ws://x', c)",
			"3: unknown field 'i.detial': did you mean 'i.detail'?"},
		{"field of another info", "local c = {} function c.onOpen(info) print(info.detail) end " +
			"websocket.Connect('ws://x', c)",
			"1: unknown field 'info.detail'"},

		{"option", "websocket.Connect('ws://x', {}, {timout = 1, ping = 0})", "1: unknown option 'timout': did you " +
			"mean 'timeout'?"},
		{"options within", "websocket.Connect('ws://x', {}, {\ntimeout = {tpc = 1},\ntls = {inscure = true, ca = " +
			"'x'},\ncompression = {windowBits = 9}})",
			"2: unknown option 'timeout.tpc': did you mean 'timeout.tcp'?\n3: unknown option 'tls.inscure': did " +
				"you mean " +
				"'tls.insecure'?\n" +
				"4: unknown option 'compression.windowBits': 'compression' takes 'server_no_context_takeover', " +
				"'client_no_context_takeover', 'server_max_window_bits' or 'client_max_window_bits'"},
		{"options in a variable", "local o = {kind = 'bin'}\no.pings = 3 websocket.Connect('ws://x', {}, o)",
			"1: unknown kind 'bin': the kinds are auto, text, binary\n2: unknown option 'pings': did you mean 'ping'?"},

		{"arguments swapped", "host.After(function() end, 1000)\nhost.Every(print, 5) local function tick() end " +
			"host.Every(tick, 250)\nlocal ms = 9 cheat.After(tick, ms)\nwebsocket.Send('hello', 1)",
			"1: arguments 1 and 2 of host.After are swapped: write host.After(ms, f)\n" +
				"2: arguments 1 and 2 of host.Every are swapped: write host.Every(ms, f)\n" +
				"3: arguments 1 and 2 of host.After are swapped: write host.After(ms, f)\n" +
				"4: arguments 1 and 2 of websocket.Send are swapped: write websocket.Send(id, data [, kind])"},
		{"arguments swapped, one of them not to be seen", "host.After(function() end, delay()) function delay() end",
			"1: arguments 1 and 2 of host.After are swapped: write host.After(ms, f)"},
		{"argument of the wrong type", "host.After('soon', print)\nhost.After(5, 'print')\nhost.Unregister(1)\n" +
			"websocket.Connect('ws://x', nil)\nwebsocket.Close({}, 1000)\nwebsocket.Send(1, true)\n" +
			"websocket.Send(1, function() end)\nhost.Register(print, 'onUpdate')\nhost.Register('shutdown', 1 == 1)",
			"1: argument 1 of host.After, 'ms', is a string: number expected\n" +
				"2: argument 2 of host.After, 'f', is a string: function expected\n" +
				"3: argument 1 of host.Unregister, 'handle', is a number: handle expected\n" +
				"4: argument 2 of websocket.Connect, 'callbacks', is nil: table expected\n" +
				"5: argument 1 of websocket.Close, 'id', is a table: number expected\n" +
				"6: argument 2 of websocket.Send, 'data', is a boolean: string expected\n" +
				"7: argument 2 of websocket.Send, 'data', is a function: string expected\n" +
				"8: arguments 1 and 2 of host.Register are swapped: write host.Register(event, f)\n" +
				"9: argument 2 of host.Register, 'f', is a boolean: function expected"},
		{"arguments missing", "websocket.Connect()\nwebsocket.Connect('ws://x')\nhost.After(5)\nlocal s = " +
			"websocket.send s((f()))\nrequire 'json'.encode() function f() end",
			"1: websocket.Connect lacks its argument 1, 'url': write websocket.Connect(url, callbacks [, options])\n" +
				"2: websocket.Connect lacks its argument 2, 'callbacks': write websocket.Connect(url, callbacks [, options])\n" +
				"3: host.After lacks its argument 2, 'f': write host.After(ms, f)\n" +
				"4: websocket.Send lacks its argument 2, 'data': write websocket.Send(id, data [, kind])\n" +
				"5: json.encode lacks its argument 1, 'value': write json.encode(value)"},
		{"too many arguments", "utility.GetTickCount(1)\nwebsocket.Close(1, 1000, 'bye', f())\nhost.Exit(1, 2, ...) " +
			"function f() end\nwebsocket.Connect('ws://x', {}, {}, print)",
			"1: utility.GetTickCount gets 1 argument, and takes 0: write utility.GetTickCount()\n" +
				"3: host.Exit gets 2 arguments, and takes 1: write host.Exit([code])\n" +
				"4: websocket.Connect gets 4 arguments, and takes 3: write websocket.Connect(url, callbacks [, options])"},

		{"module that exists nowhere", "local h = require 'tide.htp'\nrequire('tide.encodng')\nif x then require " +
			"'tide.nothing' end x = 1",
			"1: no module 'tide.htp': did you mean 'tide.http'?\n" +
				"2: no module 'tide.encodng': did you mean 'tide.encoding'?\n" +
				"3: no module 'tide.nothing': those of tidewire are " + ownModules()},

		{"method", "local task = require 'tide.task' local t = task.go(print)\nt:wiat(1)\nt:wait(1, 2)\nt.cancel()\n" +
			"task.go(print):done()\nlocal u u = task.go(print) u = nil\nu:cancel(1)\nt.wait(5)\nt:wait(print)",
			"2: unknown method 't:wiat': did you mean 't:wait'?\n" +
				"3: t:wait gets 2 arguments, and takes 1: write t:wait([seconds])\n" +
				"4: 't.cancel' is not called on 't': write 't:cancel'\n" +
				"5: unknown method 't:done': its methods are wait, cancel\n" +
				"7: u:cancel gets 1 argument, and takes 0: write u:cancel()\n" +
				"8: 't.wait' is not called on 't': write 't:wait'\n" +
				"9: argument 1 of t:wait, 'seconds', is a function: number expected"},
		{"waits in a callback", "local task = require 'tide.task' local t = task.go(function() task.sleep(1) end)\n" +
			"host.After(5, function() if t then\ntask.sleep(1) end end)\nwebsocket.Connect('', {onOpen = function()\n" +
			"t:wait() end})",
			"3: 'sleep' waits, and a callback cannot: call it inside tide.task.go\n" +
				"5: 'wait' waits, and a callback cannot: call it inside tide.task.go"},

		{"a local before it is one", "local id = websocket.Connect('ws://x', {\n  onOpen = function() websocket.Send(id, " +
			"'x') websocket.Close(id) end,\n  onMessage = function(data) if id then print(data, id) end end,\n})",
			"2: undefined global 'id': the local 'id' of line 1 begins after its own value: write 'local id' before, and " +
				"here 'id = …'"},
		{"a local before it is one, in a function in a function", "local a, b = 1, setmetatable({}, {__index = function() " +
			"return function() return b end end})",
			"1: undefined global 'b': the local 'b' of line 1 begins after its own value: write 'local b' before, and " +
				"here 'b = …'"},

		{"kind", "websocket.Send(1, 'x', 'txt')", "1: unknown kind 'txt': did you mean 'text'?"},
		{"close code", "websocket.Close(1, 1001)\nwebsocket.Close(1, -1)\nwebsocket.Close(1, 3000.5)",
			"1: close code 1001: 1000 or 3000 to 4999 expected\n2: close code -1: 1000 or 3000 to 4999 expected\n3: " +
				"close code 3000.5: 1000 or 3000 to 4999 expected"},
		{"event", "cheat.Register('onupdate', print) host.Register('Shutdown', print)",
			"1: unknown event 'onupdate': did you mean 'onUpdate'?\n1: unknown event 'Shutdown': did you mean " +
				"'shutdown'?"},
		{"no event", "host.Register('connect', print)", "1: unknown event 'connect': the events are onUpdate, " +
			"shutdown"},
		{"no option", "websocket.Connect('ws://x', {}, {foo = 1})", `1: unknown option 'foo': those that exist are ` +
			`under "Options" in the manual`},
	} {
		if got := findings(c.code); got != c.want {
			t.Errorf("%s: %s\ngot:\n%s\nwant:\n%s", c.name, c.code, got, c.want)
		}
	}
}

// ownModules are the names of our modules, as a finding lists them.
func ownModules() string {
	var own []string
	for _, name := range luaapi.RequiredNames() {
		if strings.HasPrefix(name, "tide.") {
			own = append(own, name)
		}
	}
	slices.Sort(own)
	return strings.Join(own, ", ")
}

// tooManyUpvalues has a function on line 62 that uses 61 variables around it.
func tooManyUpvalues() string {
	var declared, used strings.Builder
	for i := range 61 {
		fmt.Fprintf(&declared, "local v%d = 1\n", i)
		fmt.Fprintf(&used, "v%d,", i)
	}
	return declared.String() + "return function() return " + strings.TrimSuffix(used.String(), ",") + " end"
}

func TestScriptsThatAreRight(t *testing.T) {
	for name, code := range map[string]string{
		"the API": `local id = websocket.Connect("wss://x", {onOpen = print}, {kind = "text", timeout = ` +
			`{tcp = 1}}) websocket.Send(id, "x", "auto") websocket.Close(id, 3000, "x") websocket.close(id, 1000)`,
		"numbers as written": `websocket.Close(1, 0x3E8) websocket.Close(1, 4e3) websocket.Close(1, "x" .. 1) ` +
			`websocket.Close(1, nil)`,
		"classes": `local C = {} C.__index = C function C.new() return setmetatable({}, C) end function ` +
			`C:go(n) self.n = n return self:other(n) end return C`,
		"globals": `function f() return g() end function g() return count end count = 1`,
		"_G": `_G.counter = 1 print(counter, _G.absent, _G["print"]) for k in pairs(_G) do print(k, ` +
			`rawget(_G, k)) end`,
		"rawset":      `rawset(_G, "made", 1) print(made)`,
		"set by name": `local name = "x" _G[name] = 1 print(x)`,
		"strict":      `setmetatable(_G, {__index = function(_, k) error(k) end}) print(whatever)`,
		"setfenv":     `setfenv(1, {y = 1}) print(y)`,
		"module":      `module("m", package.seeall) print(whatever)`,
		"fallbacks": `local unpack = table.unpack or unpack local bits = bit32 or nothing if utf8 then ` +
			`utf8.char(1) end print(type(ffi), _ENV == nil, not love)`,
		"asked before": `if string.pack then print(string.pack("x")) end`,
		"extended": `function string.trim(s) return s:match "^%s*(.-)%s*$" end websocket.Backoff = 3 ` +
			`print(string.trim " x ", websocket.Backoff)`,
		"tables within modules": `local e = require "tide.encoding" local b64 = e.base64 print(b64.encode("x", {url = true}),
			e.url.query {a = 1}) e.mine = {} e.mine.f() e.hex = {} e.hex.anything()`,
		"extended, :": `function string:words() return self end print(("x"):words(), string.words "x")`,
		"shadowed": `local websocket = {} websocket.Conect() local function f(host) host.x() host:y() end ` +
			`local string = require "mystring" string.anything()`,
		"reassigned": `local ws = websocket ws = other() ws.Conect() function other() end`,
		"replaced": `websocket = {} websocket.Anything() function websocket.Connect() end ` +
			`websocket.Connect("x", {OnOpen = 1})`,
		"overwritten": `websocket.Connect = function(_, t) return t.OnOpen end websocket.Connect("x", {OnOpen = 1})`,
		"a table of its own": `local c = {onOpen = print, retries = 3, onReconnect = print, url = "x"} ` +
			`websocket.Connect(c.url, c)`,
		"metatable": `local defaults = {OnError = 1} websocket.Connect("x", setmetatable({}, {__index = defaults}))`,
		"made by a function": `local function callbacks() return {OnError = 1} end websocket.Connect("x", ` +
			`callbacks(), ({...})[1])`,
		"computed": `local key = "onOpen" websocket.Connect("x", {[key] = print, [1] = 2, 3}) ` +
			`host.Register("on" .. "Update", print) websocket.Send(1, "x", kind())  function kind() end`,
		"info": `websocket.Connect("x", {onError = function(m, info) if info.extra then print(info.tls.error) end info = other() print(info.mine) end,
			onClose = function(c, r, w, i) i.seen = true print(i.seen, i.id) end, onOpen = function() end}) function other() end`,
		"kept for later":      `local pack, unpack = table.pack, table.unpack local t = math.type if t then t(1) end`,
		"recursion":           `local function f() return f() end local g g = function() return g() end return f, g`,
		"varargs":             `local function f(...) return arg.n, ... end print(..., arg[0], f())`,
		"repeat":              `repeat local done = true until done`,
		"goto":                `for i = 1, 3 do goto continue ::continue:: end`,
		"a cycle":             `local a, b a = b b = a a.x() local c = c c.y() c = {} _G.c = c`,
		"multiple assignment": `local a, b = f() a, b = b, a x, y = f() print(x, y, a, b) function f() end`,
		"libraries by require": `local s = require("string") print(s.len "x") local other = require "other" ` +
			`other.go() local m = require(arg[1]) m.go()`,
		"added by require": `require "table.new" local clear = require "table.clear" table.clear(table.new(1, 2)) ` +
			`clear {}`,
		"arguments": `host.After("5", print) host.After(5, setmetatable({}, {__call = print})) host.After(f()) host.Every(...)
			websocket.Send("1", 5) websocket.Send(1, "x", nil) websocket.Close(1, nil, nil, nil) websocket.Connect(f())
			host.Exit(f()) host.Unregister(host.After(1, f)) host.Register("onUpdate", {}) local ms ms = 1 ms = "2"
			host.After(ms, f) function f() end websocket.Send(0x10 .. "", #f) websocket.Send(" 0x1F ", -1)
			local cb = function() end cb = 5 host.After(cb, cb) host.After(tonumber(arg[1]), f or print)
			require("tide.encoding").pack("<i4", 1, 2, 3) require("json").encode(nil)`,
		"modules": `require "json" require "tide.json" require "tide.encoding" require "mine" require("tide." .. "x")
			local require = print require "tide.nothing"`,
		"modules, elsewhere": `package.preload["tide.mine"] = function() return {} end require "tide.mine"`,
		"methods": `local task = require "tide.task" local q = task.go(f()) q:wait(1) q.wait(q, 2) q.wait(...) q:cancel()
			local t = task.go(print, 1, 2) t:wait() t:wait(1) t = {own = print} t:own() local m = t.wait
			local s = other() s:anything(1, 2) function other() end function f() end host.After(5, function() task.go(function()
			task.sleep(1) end) end) websocket.Connect("", {onOpen = wait}) function wait() task.sleep(1) end
			for _, q in ipairs {q} do q:anything() end task.go(task.sleep, 1)`,
		"locals of the same name": `local print = function(...) return print(...) end local id = id or 5 local unpack = unpack
			local x = pcall(function() local x = 1 return x end) local y y = function() return y end local function z()
			return z end local t = {t = 1, f = function(t) return t end} return print, id, unpack, x, y, z, t`,
		"a global of the same name": `id = 1 local id = websocket.Connect("ws://x", {onOpen = function() print(id) end})`,
		"a BOM":                     "\xef\xbb\xbf#!lua\nprint(1)",
		"empty":                     "",
	} {
		if got := findings(code); got != "" {
			t.Errorf("%s: %s\nfound:\n%s", name, code, got)
		}
	}
}

func TestSeveralFiles(t *testing.T) {
	var lines []string
	for _, f := range check.Files([]check.File{
		{"main.lua", []byte("print(shared)\nprint(missing)")},
		{"json.lua", []byte("shared = 1 return {mine = 1}")},
		{"lib/use.lua", []byte("local json = require 'json'\nprint(json.mine, missing)")},
	}, check.Options{}) {
		lines = append(lines, f.String())
	}
	want := "main.lua:2:7: undefined global 'missing'\nlib/use.lua:2:18: undefined global 'missing'"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}

	got := check.Files([]check.File{{"main.lua", []byte("print(shared) host.Regster()")},
		{"broken.lua", []byte("shared = = 1")}}, check.Options{})
	if len(got) != 2 || got[0].File != "main.lua" || got[1].File != "broken.lua" {
		t.Errorf("with a file that cannot be read: %v", got)
	}
}

// Columns are those of the name or the value that is wrong, in bytes.
func TestColumns(t *testing.T) {
	for code, want := range map[string]string{
		"\n  x = = 1":                               "2:7",
		"if true then":                              "1:13",
		"goto nowhere":                              "1:1",
		"\t goto nowhere":                           "1:3",
		"\xef\xbb\xbfprint(nme)":                    "1:7",
		"#!/usr/bin/env lua\r\n print(nme)":         "2:8",
		"--[[\n\r\n\r ü ]] print(nme)":              "3:14",
		"local s = 'é' print(s, nme)":               "1:25",
		"return string.trim(' x ')":                 "1:15",
		"websocket:Send(1, 'x')":                    "1:1",
		"print(websocket.Close(1, -1))":             "1:26",
		"websocket.Send(1, 'x', 'txt')":             "1:24",
		"print(host.After(1))":                      "1:7",
		"host.After(function() end, 1)":             "1:12",
		"require\n 'tide.nothing'":                  "2:2",
		"cheat.Register('onupdate', print)":         "1:16",
		"websocket.Connect('', {a = 1})":            "1:24",
		"websocket.Connect('', {}, {['ping x']=1})": "1:29",
	} {
		got := check.Files([]check.File{{"a", []byte(code)}}, check.Options{})
		if len(got) != 1 || fmt.Sprintf("%d:%d", got[0].Line, got[0].Column) != want {
			t.Errorf("%q: %v, want %s", code, got, want)
		}
	}
}

// A module that is certain to be missing is found where somebody can look for files.
func TestModulesOfTheScript(t *testing.T) {
	find := func(module string) bool { return module == "mine" || module == "a.b" }
	var lines []string
	for _, f := range check.Files([]check.File{
		{"app/main.lua", []byte("require 'mine'\nrequire 'a.b'\nrequire 'lib.given'\nrequire 'broken'\nrequire 'jsn'\n" +
			"local encoding = require 'encoding'\nrequire 'socket'\nlocal ok = pcall(require, 'socket')\n" +
			"pcall(function() require 'socket' end)\nif ok then require 'socket' end\nlocal x = ok and require 'socket'")},
		{"app/lib/given.lua", nil},
		{"broken.lua", []byte("=")},
	}, check.Options{Find: find}) {
		lines = append(lines, f.String())
	}
	want := `app/main.lua:5:9: no module 'jsn' beside the script or in the folders of -I: did you mean 'json'?
app/main.lua:6:26: no module 'encoding' beside the script or in the folders of -I: did you mean 'tide.encoding'?
app/main.lua:7:9: no module 'socket' beside the script or in the folders of -I
broken.lua:1:1: unexpected symbol near '='`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// Scripts that run are right: the examples, those that talk to servers of others, those
// that others wrote, and the one that init writes. Some misuse the API on purpose.
func TestExamples(t *testing.T) {
	var files []string
	for _, folder := range []string{"../../../examples", "../../../interop/testdata", "../../../cmd/tidewire/template",
		"../../testing/wscontract/testdata", "../../../modules/json/testdata", "../../../bench/lua/programs"} {
		found, err := filepath.Glob(folder + "/*.lua")
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %q, error %v", folder, found, err)
		}
		files = append(files, found...)
	}
	if len(files) < 50 {
		t.Fatalf("%d files", len(files))
	}
	onPurpose := map[string]int{"contract.lua": 8}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := check.Files([]check.File{{file, source}}, check.Options{})
		if len(found) == onPurpose[filepath.Base(file)] {
			continue
		}
		for _, f := range found {
			t.Error(f)
		}
	}
}

// Whatever the source: no panic, and each finding has words and a place in the file, or
// on the line after it.
func FuzzFiles(f *testing.F) {
	f.Add("local a, b a = b b = a a.x() websocket:Close(1, -1) _G[a] = {b = {}, [1] = 2} for i = 1, 2 do end")
	f.Add("#!x\nreturn function(...) repeat local x until x goto l ::l:: return -1 .. #x end")
	f.Add("local c = {} function c:onopen(i) print(i.http.x) end websocket.Connect(u, c, {tls = {ca = {}}})")
	f.Add("local id = host.After(function() print(id) end, -1, ...) require 'tide.x' a.b.c, d = (f()), {...}")
	f.Fuzz(func(t *testing.T, source string) {
		files := []check.File{{Name: "x.lua", Source: []byte(source)}}
		wantPlaces(t, files, check.Files(files, check.Options{Find: func(string) bool { return false }}))
	})
}

// Of several files, too, and their order changes nothing but the order of the findings.
func FuzzSeveralFiles(f *testing.F) {
	f.Add("x = 1 local id = f(function() return id end)", "print(x, y) require 'c' require 'tide.x'", "y = = 2")
	f.Add("function websocket.Connect() end", "websocket.Connect(1) host.After(f, 5)", "f = function() end f = 1")
	f.Add("_G.z = 1 module('m')", "print(z, zz)", "local json = require 'json' json.encoed()")
	f.Add("return {onOpen = print}", "local t = {OnOpen = 1} websocket.Connect('', t)", "package.path = ''")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		files := []check.File{{"a.lua", []byte(a)}, {"lib/b.lua", []byte(b)}, {"c.lua", []byte(c)}}
		opts := check.Options{Find: func(module string) bool { return module == "found" }}
		first := check.Files(files, opts)
		wantPlaces(t, files, first)
		again := check.Files([]check.File{files[2], files[0], files[1]}, opts)
		if !slices.Equal(sorted(first), sorted(again)) {
			t.Errorf("%q, %q, %q:\n%v\nin another order:\n%v", a, b, c, first, again)
		}
	})
}

func wantPlaces(t *testing.T, files []check.File, findings []check.Finding) {
	t.Helper()
	sources := make(map[string]string)
	for _, file := range files {
		sources[file.Name] = string(file.Source)
	}
	for _, finding := range findings {
		source := sources[finding.File]
		if last := 2 + strings.Count(source, "\n") + strings.Count(source, "\r"); finding.Line < 1 ||
			finding.Line > last || finding.Column < 1 || finding.Column > len(source)+1 || finding.Text == "" {
			t.Errorf("%q: %v, lines up to %d", source, finding, last)
		}
	}
}

// sorted orders findings by file, line, column and text.
func sorted(findings []check.Finding) []string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%s:%9d:%9d:%s", f.File, f.Line, f.Column, f.Text))
	}
	slices.Sort(lines)
	return lines
}
