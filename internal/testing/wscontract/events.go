package wscontract

import (
	"net/http"
	"time"

	"github.com/tidewire/tidewire/engine"
)

// show is a Lua function that prints the number of its arguments and then them, tables
// field by field in the order of pairs.
const show = `
	local function text(value)
		if type(value) == "string" then return "'" .. value .. "'" end
		if type(value) ~= "table" then return tostring(value) end
		local fields = ""
		for key, field in pairs(value) do fields = fields .. " " .. key .. "=" .. text(field) end
		return "{" .. fields .. " }"
	end
	function show(name) return function(...)
		local line = name .. " " .. select("#", ...) .. ":"
		for _, value in ipairs {...} do line = line .. " " .. text(value) end
		print(line)
	end end
`

// events are the rules for the arguments of callbacks.
var events = []rule{
	{"onOpen gets info", func(r *rig) {
		r.do(show + `
			websocket.Connect("wss://peer.test/", {})
			websocket.Connect("wss://peer.test/", {onOpen = show "onOpen"})
		`)
		r.engine.Opened(102, engine.Info{
			ID: 102, URL: "wss://peer.test/", Protocol: "mqtt", Remote: "192.0.2.1:443",
			HTTP: &engine.HTTPInfo{Status: 101, Header: http.Header{"Upgrade": {"websocket"},
				"Set-Cookie": {"a=1", "b=2"}}},
			TLS: &engine.TLSInfo{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Subject: "CN=peer.test",
				Issuer:  "CN=ca",
				Expires: time.Date(2027, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))},
		})
		r.pump(1)
		r.wantPrinted("onOpen 1: { id=2 url='wss://peer.test/' protocol='mqtt' remote='192.0.2.1:443' " +
			"http={ status=101 headers={ set-cookie='a=1, b=2' upgrade='websocket' } } " +
			"tls={ version='TLS 1.3' cipher='TLS_AES_128_GCM_SHA256' subject='CN=peer.test' issuer='CN=ca' " +
			"expires='2027-01-02T02:04:05Z' } }")
	}},
	{"what callbacks send is flushed when the pump is done", func(r *rig) {
		r.do(`websocket.Connect("ws://peer.test/", {onMessage = function(data, _, id) websocket.Send(id, data) end})`)
		r.engine.Received(101, "a", engine.Text)
		r.engine.Received(101, "b", engine.Text)
		r.pump(2)
		r.wantSent("101 default \"a\"", "101 default \"b\"")
		if r.engine.flushed != 2 {
			r.t.Errorf("%d messages were sent before the last flush, want 2", r.engine.flushed)
		}
	}},
	{"the engine hears of a callback that takes long", func(r *rig) {
		r.do(`
			local function long() for i = 1, 100000 do end end
			websocket.Connect("ws://peer.test/", {onOpen = long, onMessage = long, onClose = long})
		`)
		r.engine.Opened(101, engine.Info{})
		r.engine.Received(101, "x", engine.Text)
		r.engine.Ended(101, engine.End{Code: 1000})
		r.pump(3)
		if r.engine.long != 3 {
			r.t.Errorf("after 3 long callbacks the engine has heard of %d", r.engine.long)
		}
	}},
	{"a field of info that is unknown is absent", func(r *rig) {
		r.do(show + `websocket.Connect("ws://peer.test/", {onOpen = show "onOpen"})`)
		r.engine.Opened(101, engine.Info{})
		r.engine.Opened(101, engine.Info{Extensions: "permessage-deflate", HTTP: &engine.HTTPInfo{},
			TLS: &engine.TLSInfo{}})
		r.pump(2)
		r.wantPrinted("onOpen 1: { id=1 }", "onOpen 1: { id=1 extensions='permessage-deflate' http={ headers={ "+
			"} } tls={ } }")
	}},
	{"info is a fresh table for each event", func(r *rig) {
		r.do(`
			local last
			local function note(info)
				print(info.mine, info == last, info.http.headers.mine)
				info.mine, info.id, info.http.headers.mine, last = true, 99, true, info
			end
			websocket.Connect("ws://peer.test/", {
				onOpen = note,
				onClose = function(_, _, _, info) note(info) print(info.id) end,
			})
		`)
		info := engine.Info{HTTP: &engine.HTTPInfo{Status: 101, Header: http.Header{}}}
		r.engine.Opened(101, info)
		r.engine.Opened(101, info)
		r.engine.Ended(101, engine.End{Info: info, Code: 1000})
		r.pump(3)
		r.wantPrinted("nil\tfalse\tnil", "nil\tfalse\tnil", "nil\tfalse\tnil", "99")
	}},
	{"onMessage gets the data, whether it is binary, and the id", func(r *rig) {
		r.do(show+`
			local all = ...
			websocket.Connect("ws://peer.test/", {onMessage = function(...)
				local data, isBinary, id = ...
				print(select("#", ...), type(data), data == all, #data, isBinary, id)
			end})
			websocket.Connect("ws://peer.test/", {onMessage = show "onMessage"})
		`, everyByte)
		r.engine.Received(101, everyByte, engine.Binary)
		r.engine.Received(101, "", engine.Text)
		r.engine.Received(102, "NUL \x00 inside", engine.Text)
		r.engine.Received(102, "\xff", engine.Binary)
		r.pump(4)
		r.wantPrinted("3\tstring\ttrue\t256\ttrue\t1", "3\tstring\tfalse\t0\tfalse\t1",
			"onMessage 3: 'NUL \x00 inside' false 2", "onMessage 3: '\xff' true 2")
	}},
	{"a message stays what it was", func(r *rig) {
		r.do(`kept = {} websocket.Connect("ws://peer.test/", {onMessage = function(data) kept[#kept + 1] = data end})`)
		for _, data := range []string{"first", "other", ""} {
			r.engine.Received(101, data, engine.Text)
		}
		r.pump(3)
		r.do(`print(kept[1], kept[2], kept[3])`)
		r.wantPrinted("first\tother\t")
	}},
	{"onClose gets code, reason, whether it was clean, and info", func(r *rig) {
		r.do(show + `websocket.Connect("ws://peer.test/", {onClose = show "onClose", onError = show "onError"})`)
		r.engine.Ended(101, engine.End{
			Info: engine.Info{URL: "ws://peer.test/"}, Code: 1005, Clean: true, Phase: engine.PhaseClosing,
			Category: engine.CategoryClosed, CloseCode: 1000, Unsent: engine.Tally{Messages: 2, Bytes: 1 << 20},
		})
		r.pump(1)
		r.wantPrinted("onClose 4: 1005 '' true { id=1 url='ws://peer.test/' code=1005 reason='' wasClean=true " +
			"phase='closing' category='closed' closeCode=1000 retryable=false unsent={ messages=2 bytes=1048576 } " +
			"dropped={ messages=0 bytes=0 } }")
	}},
	{"onError gets the message and info", func(r *rig) {
		r.do(show + `websocket.Connect("ws://peer.test/", {onClose = show "onClose", onError = show "onError"})`)
		r.engine.Ended(101, engine.End{
			Info: engine.Info{
				URL:  "ws://peer.test/",
				HTTP: &engine.HTTPInfo{Status: 503, Body: "later", Location: "/x", RetryAfter: new(90 * time.Second)},
				TLS:  &engine.TLSInfo{Error: "bad certificate"},
			},
			Failed: true, Message: "Invalid HTTP status.", Phase: engine.PhaseHandshake,
			Category: engine.CategoryHTTPStatus,
			Detail:   "the server answered 503", CloseCode: 1006, Retryable: true,
			Dropped: engine.Tally{Messages: 1, Bytes: 5},
		})
		r.pump(1)
		r.wantPrinted("onError 2: 'Invalid HTTP status.' { id=1 url='ws://peer.test/' " +
			"http={ status=503 headers={ } body='later' location='/x' retryAfter=90 } tls={ error='bad " +
			"certificate' } " +
			"message='Invalid HTTP status.' phase='handshake' category='http_status' detail='the server " +
			"answered 503' " +
			"closeCode=1006 retryable=true unsent={ messages=0 bytes=0 } dropped={ messages=1 bytes=5 } }")
	}},
	{"a connection's id is unknown in its terminal callback", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/", {onClose = function(_, _, _, info)
				print(websocket.Send(info.id, "x"), websocket.Close(info.id))
			end})
		`)
		r.engine.Ended(101, engine.End{Code: 1000})
		r.pump(1)
		r.wantPrinted("nil\tnil")
		r.wantClosed("0 1000 ''")
		if connections, _ := r.Held(); connections != 0 {
			r.t.Errorf("%d connections are held", connections)
		}
	}},
}
