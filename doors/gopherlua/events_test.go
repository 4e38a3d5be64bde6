package gopherlua_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
)

func TestOpenPassesInfo(t *testing.T) {
	r := newRig(t)
	r.do(`
		websocket.Connect("wss://peer.test/", {})
		websocket.Connect("wss://peer.test/", {onOpen = function(...)
			assert(select("#", ...) == 1)
			info = ...
		end})
	`)
	r.engine.opened(102, engine.Info{
		ID: 102, URL: "wss://peer.test/", Protocol: "mqtt", Remote: "192.0.2.1:443",
		HTTP: &engine.HTTPInfo{Status: 101, Header: http.Header{"Upgrade": {"websocket"}, "Set-Cookie": {"a=1", "b=2"}}},
		TLS: &engine.TLSInfo{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Subject: "CN=peer.test", Issuer: "CN=ca",
			Expires: time.Date(2027, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))},
	})
	if got := r.pump(); got != 1 {
		t.Errorf("pump delivered %d events", got)
	}
	r.do(`
		assert(info.id == 2 and info.url == "wss://peer.test/" and info.protocol == "mqtt")
		assert(info.remote == "192.0.2.1:443" and info.extensions == nil)
		assert(info.http.status == 101 and info.http.headers.upgrade == "websocket")
		assert(info.http.headers["set-cookie"] == "a=1, b=2")
		assert(info.http.body == nil and info.http.location == nil and info.http.retryAfter == nil)
		assert(info.tls.version == "TLS 1.3" and info.tls.cipher == "TLS_AES_128_GCM_SHA256")
		assert(info.tls.subject == "CN=peer.test" and info.tls.issuer == "CN=ca" and info.tls.error == nil)
		assert(info.tls.expires == "2027-01-02T02:04:05Z", info.tls.expires)
		for _, key in ipairs{"phase", "category", "detail", "closeCode", "retryable", "unsent", "dropped"} do
			assert(info[key] == nil, key)
		end
	`)
}

func TestMessagePassesDataIsBinaryAndID(t *testing.T) {
	r := newRig(t)
	r.do(`
		seen = {}
		websocket.Connect("ws://peer.test/", {onMessage = function(...)
			assert(select("#", ...) == 3)
			seen[#seen + 1] = {...}
		end})
	`)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	r.engine.received(101, string(all), engine.Binary)
	r.engine.received(101, "", engine.Text)
	r.pump()
	r.do(`
		assert(#seen == 2)
		local data, isBinary, id = unpack(seen[1])
		assert(#data == 256 and isBinary == true and id == 1)
		for i = 0, 255 do assert(data:byte(i + 1) == i) end
		assert(seen[2][1] == "" and seen[2][2] == false)
	`)
}

func TestCloseAndErrorPassTheirArguments(t *testing.T) {
	r := newRig(t)
	r.do(`
		local function keep(name) return function(...) _G[name] = {n = select("#", ...), ...} end end
		websocket.Connect("ws://peer.test/", {onClose = keep "closed", onError = keep "wrong"})
		websocket.Connect("ws://peer.test/", {onError = keep "failed", onClose = keep "wrong"})
	`)
	r.engine.ended(101, engine.End{
		Info: engine.Info{URL: "ws://peer.test/"}, Code: 1005, Clean: true, Phase: engine.PhaseClosing,
		Category: engine.CategoryClosed, CloseCode: 1000, Unsent: engine.Tally{Messages: 2, Bytes: 1 << 40},
	})
	r.engine.ended(102, engine.End{
		Info: engine.Info{
			URL:  "ws://peer.test/",
			HTTP: &engine.HTTPInfo{Status: 503, Body: "later", Location: "/x", RetryAfter: new(90 * time.Second)},
			TLS:  &engine.TLSInfo{Error: "bad certificate"},
		},
		Failed: true, Message: "Invalid HTTP status.", Phase: engine.PhaseHandshake, Category: engine.CategoryHTTPStatus,
		Detail: "the server answered 503", CloseCode: 1006, Retryable: true, Dropped: engine.Tally{Messages: 1, Bytes: 5},
	})
	r.pump()
	r.do(`
		assert(wrong == nil)
		assert(closed.n == 4 and closed[1] == 1005 and closed[2] == "" and closed[3] == true)
		local info = closed[4]
		assert(info.code == 1005 and info.reason == "" and info.wasClean == true and info.message == nil)
		assert(info.id == 1 and info.phase == "closing" and info.category == "closed" and info.detail == nil)
		assert(info.closeCode == 1000 and info.retryable == false)
		assert(info.unsent.messages == 2 and info.unsent.bytes == 2^40)
		assert(info.dropped.messages == 0 and info.dropped.bytes == 0)
		assert(info.http == nil and info.tls == nil and info.remote == nil and info.protocol == nil)

		assert(failed.n == 2 and failed[1] == "Invalid HTTP status.")
		info = failed[2]
		assert(info.message == "Invalid HTTP status." and info.code == nil and info.reason == nil and info.wasClean == nil)
		assert(info.id == 2 and info.phase == "handshake" and info.category == "http_status")
		assert(info.detail == "the server answered 503" and info.closeCode == 1006 and info.retryable == true)
		assert(info.http.status == 503 and info.http.body == "later" and info.http.location == "/x")
		assert(info.http.retryAfter == 90 and info.tls.error == "bad certificate" and info.tls.expires == nil)
		assert(info.dropped.messages == 1 and info.dropped.bytes == 5)
	`)
}

func TestCallbackIsLookedUpAtDispatch(t *testing.T) {
	r := newRig(t)
	r.do(`
		seen = ""
		local function note(text) return function(data) seen = seen .. text .. data .. " " end end
		callbacks = {onMessage = note "old:"}
		websocket.Connect("ws://peer.test/", callbacks)
	`)
	r.engine.received(101, "1", engine.Text)
	r.engine.received(101, "2", engine.Text)
	r.engine.received(101, "3", engine.Text)
	r.engine.received(101, "4", engine.Text)
	step := func(code string) {
		r.do("local function note(text) return function(data) seen = seen .. text .. data .. ' ' end end " + code)
		r.module.Pump(engine.Budget{Events: 1})
	}
	step(``)
	step(`callbacks.onMessage = note "new:"`)
	step(`callbacks.onMessage = nil`)
	step(`setmetatable(callbacks, {__index = setmetatable({}, {__index = {onMessage = note "inherited:"}})})`)
	if got := r.eval("seen"); got != "old:1 new:2 inherited:4 " {
		t.Errorf("seen %q", got)
	}
}

func TestCallableValues(t *testing.T) {
	r := newRig(t)
	r.do(`
		seen = {}
		local callable = setmetatable({}, {__call = function(self, data) seen[#seen + 1] = data end})
		websocket.Connect("ws://peer.test/", {onMessage = callable})
		websocket.Connect("ws://peer.test/", setmetatable({}, {__index = function(_, key)
			return key == "onMessage" and callable or nil
		end}))
		websocket.Connect("ws://peer.test/", {onMessage = coroutine.wrap(function(data)
			while true do seen[#seen + 1] = data; data = coroutine.yield() end
		end)})
		for _, value in ipairs{"text", 5, true, {}, io.stdout} do websocket.Connect("ws://peer.test/", {onMessage = value}) end
	`)
	for id := range engine.ID(8) {
		r.engine.received(101+id, fmt.Sprint(id+1), engine.Text)
	}
	r.engine.received(103, "again", engine.Text)
	r.pump()
	if got := r.eval(`table.concat(seen, " ")`); got != "1 2 3 again" {
		t.Errorf("seen %q", got)
	}
	if r.errors.Count() != 0 {
		t.Errorf("errors:\n%s", r.log)
	}
}

func TestWithoutACallbackTheEventIsDroppedAndAnErrorLogged(t *testing.T) {
	r := newRig(t)
	r.do(`
		websocket.Connect("ws://peer.test/a", {})
		websocket.Connect("ws://peer.test/b", {onError = "not callable"})
		websocket.Connect("nope" .. ("x"):rep(1e6), {})
	`)
	r.engine.opened(101, engine.Info{})
	r.engine.received(101, "x", engine.Text)
	r.engine.ended(101, engine.End{Code: 1000, Clean: true})
	r.engine.ended(102, engine.End{
		Info: engine.Info{URL: "ws://peer.test/b"}, Failed: true, Message: "End of File", Detail: "read: EOF",
	})
	r.engine.ended(103, engine.End{
		Info: engine.Info{URL: "nope" + strings.Repeat("x", 1e6)}, Failed: true, Message: "invalid uri", Detail: "no scheme",
	})
	if got := r.pump(); got != 5 {
		t.Errorf("pump delivered %d events", got)
	}
	const line = `level=ERROR msg="a connection failed and no onError is there to see it" `
	r.wantLog(line+`id=2 url=ws://peer.test/b error="End of File" detail="read: EOF"`,
		line+`id=3 url="nope`+strings.Repeat("x", 296)+`… (1000004 bytes)" error="invalid uri" detail="no scheme"`)
	if lines := strings.Count(r.log.String(), "\n"); lines != 2 {
		t.Errorf("%d lines were logged, want 2", lines)
	}
}

// onError = false says that nobody wants to know; of the other keys it says nothing.
func TestAFailureThatTheScriptDeclines(t *testing.T) {
	r := newRig(t)
	r.do(`
		websocket.Connect("ws://peer.test/a", {onError = false, onMessage = false})
		websocket.Connect("ws://peer.test/b", setmetatable({}, {__index = function() return false end}))
		websocket.Connect("ws://peer.test/c", {onError = true})
	`)
	for id := range engine.ID(3) {
		r.engine.received(101+id, "x", engine.Text)
		r.engine.ended(101+id, engine.End{Failed: true, Message: "End of File"})
	}
	r.pump()
	if lines := strings.Count(r.log.String(), "\n"); lines != 1 {
		t.Errorf("%d lines were logged, want one:\n%s", lines, r.log)
	}
	r.wantLog(`id=3`)
}

func TestACallbackThatRaisesDisturbsNobody(t *testing.T) {
	r := newRig(t)
	r.do(`
		seen = ""
		local function broken(data)
			seen = seen .. data
			error("boom")
		end
		websocket.Connect("ws://peer.test/", {onMessage = function(data)
			broken(data)
		end})
		websocket.Connect("ws://peer.test/", {onMessage = function(data) seen = seen .. data end})
	`)
	r.engine.received(101, "1", engine.Text)
	r.engine.received(102, "2", engine.Text)
	r.engine.received(101, "3", engine.Text)
	r.pump()
	if got := r.eval("seen"); got != "123" {
		t.Errorf("seen %q", got)
	}
	if r.errors.Count() != 2 {
		t.Errorf("%d errors", r.errors.Count())
	}
	r.wantLog(`onMessage: bot.lua:5: boom`, `bot.lua:8: in`, `id=1`)
}

// The upvalues of code that an error unwound stay what they were: handlers of errors in
// this VM would break them.
func TestUpvaluesSurviveAnErrorInACallback(t *testing.T) {
	r := newRig(t)
	r.do(`
		websocket.Connect("ws://peer.test/", {onMessage = function(data)
			local kept = data
			get = function() return kept end
			error("boom")
		end})
	`)
	r.engine.received(101, "precious", engine.Text)
	r.pump()
	if got := r.eval(`(function(a, b, c, d, e) return get() end)(1, 2, 3, 4, 5)`); got != "precious" {
		t.Errorf("got %q", got)
	}
}

func TestErrorsOnTheWayToACallbackAreReported(t *testing.T) {
	r := newRig(t)
	r.do(`
		websocket.Connect("ws://peer.test/", setmetatable({}, {__index = function(_, key) error("no " .. key) end}))
	`)
	r.engine.opened(101, engine.Info{})
	r.engine.ended(101, engine.End{Failed: true, Message: "End of File"})
	r.pump()
	if r.errors.Count() != 2 {
		t.Errorf("%d errors", r.errors.Count())
	}
	r.wantLog("onOpen: bot.lua:2: no onOpen", "onError: bot.lua:2: no onError", "no onError is there to see it")
}

func TestACallbackCannotYield(t *testing.T) {
	r := newRig(t)
	r.do(`
		websocket.Connect("ws://peer.test/", {
			onOpen = function() coroutine.yield(1); passed = true end,
			onMessage = coroutine.yield,
			onClose = function() closed = true end,
		})
	`)
	r.engine.opened(101, engine.Info{})
	r.engine.received(101, "x", engine.Text)
	r.engine.ended(101, engine.End{Code: 1000})
	r.pump()
	r.do(`assert(not passed and closed)`)
	if r.errors.Count() != 2 {
		t.Errorf("%d errors", r.errors.Count())
	}
	r.wantLog("onOpen: bot.lua:3: can not yield from outside of a coroutine") // the VM's words
}

// R1: connections of a coroutine call back on the main one, also when the coroutine has
// ended or is suspended.
func TestCallbacksRunOnTheMainCoroutine(t *testing.T) {
	r := newRig(t)
	r.do(`
		local function connect()
			websocket.Connect("ws://peer.test/", {onMessage = function() running = tostring(coroutine.running()) end})
			coroutine.yield()
		end
		suspended = coroutine.create(connect)
		assert(coroutine.resume(suspended))
	`)
	r.engine.received(101, "x", engine.Text)
	r.pump()
	r.do(`assert(running == "nil", running) assert(coroutine.resume(suspended))`)
}

func TestPumpFromACallbackRaises(t *testing.T) {
	r := newRig(t)
	r.L.SetGlobal("pump", r.L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LNumber(r.pump()))
		return 1
	}))
	r.do(`
		websocket.Connect("ws://peer.test/", {
			onOpen = function() pump() end,
			onMessage = function()
				local ok
				ok, err = coroutine.resume(coroutine.create(function() pump() end))
			end,
		})
	`)
	r.engine.opened(101, engine.Info{})
	r.engine.received(101, "x", engine.Text)
	r.do(`assert(pump() == 2)`) // from the main chunk it may be called
	r.do(`assert(err == "bot.lua:6: the pump was called from a callback", err)`)
	r.wantLog("onOpen: bot.lua:3: the pump was called from a callback")
	r.engine.received(101, "y", engine.Text)
	if r.pump() != 1 {
		t.Error("the pump is stuck")
	}
}

// R1 and R5: what a callback does to connections is done at once and called back later.
func TestCallbacksMayCallTheModule(t *testing.T) {
	r := newRig(t)
	r.do(`
		websocket.Connect("ws://peer.test/", {
			onOpen = function(info)
				websocket.Send(info.id, "hello")
				other = websocket.Connect("ws://peer.test/", {})
				websocket.Close(other)
			end,
			onClose = function(_, _, _, info)
				websocket.Send(info.id, "too late")
				websocket.Close(info.id)
			end,
		})
	`)
	r.engine.opened(101, engine.Info{})
	r.engine.ended(101, engine.End{Code: 1000})
	r.pump()
	r.do(`assert(other == 2)`)
	if len(r.engine.sends) != 1 || r.engine.sends[0] != (fakeSend{101, engine.DefaultKind, "hello"}) {
		t.Errorf("sent %v", r.engine.sends)
	}
	if want := []fakeClose{{102, 1000, ""}, {0, 1000, ""}}; fmt.Sprint(r.engine.closes) != fmt.Sprint(want) {
		t.Errorf("closed %v, want %v", r.engine.closes, want)
	}
	if r.errors.Count() != 0 {
		t.Errorf("errors:\n%s", r.log)
	}
}

// An existing script sends with an id that was never assigned from its onOpen: that is an
// error of the callback.
func TestSendWithANilIDInACallback(t *testing.T) {
	r := newRig(t)
	r.do(`local id; websocket.Connect("ws://peer.test/", {
		onOpen = function() websocket.Send(id, "hello") end,
		onMessage = function() alive = true end})`)
	r.engine.opened(101, engine.Info{})
	r.engine.received(101, "x", engine.Text)
	r.pump()
	r.do(`assert(alive)`)
	r.wantLog(`onOpen: bot.lua:2: bad argument #1 to 'Send' (number expected, got nil)`)
}

func TestEventsOfOtherConnectionsAreIgnored(t *testing.T) {
	r := newRig(t)
	r.do(`local fail = function() error("not mine") end
		websocket.Connect("ws://peer.test/", {onOpen = fail, onMessage = fail, onClose = fail, onError = fail})`)
	r.engine.opened(1, engine.Info{})
	r.engine.received(1, "x", engine.Text)
	r.engine.ended(1, engine.End{})
	r.engine.ended(101, engine.End{Failed: true})
	r.engine.received(101, "after the end", engine.Text)
	r.pump()
	if r.errors.Count() != 1 {
		t.Errorf("%d errors", r.errors.Count())
	}
	if got := strings.Count(r.log.String(), "level=DEBUG"); got != 4 {
		t.Errorf("%d debug lines:\n%s", got, r.log)
	}
}

// The callback table is held until the terminal event was dispatched, and not a moment
// longer than its callback runs.
func TestCallbackTableIsReleasedAfterTheTerminalEvent(t *testing.T) {
	r := newRig(t)
	collected := make(chan string, 8)
	r.L.SetGlobal("token", r.L.NewFunction(func(L *lua.LState) int {
		name, token := L.CheckString(1), L.NewUserData()
		runtime.SetFinalizer(token, func(*lua.LUserData) { collected <- name })
		L.Push(token)
		return 1
	}))
	r.do(`
		local function connect(name)
			local token = token(name)
			websocket.Connect("ws://peer.test/", setmetatable({
				onMessage = function() return token end,
				onClose = function() error("also when it raises") return token end,
			}, {__index = function(_, key)
				return key == "onError" and function() return token end or nil
			end}))
		end
		connect "closed" connect "failed" connect "live"
	`)
	r.engine.opened(101, engine.Info{})
	for id := range engine.ID(3) {
		r.engine.received(101+id, "x", engine.Text)
	}
	r.pump()
	wantCollected(t, collected)

	r.engine.ended(101, engine.End{Code: 1000})
	r.engine.ended(102, engine.End{Failed: true})
	r.pump()
	// The VM's stack keeps what it ran last until something else runs.
	r.do(`local function deep(n) if n > 0 then deep(n - 1) end return 0 end deep(20)`)
	wantCollected(t, collected, "closed", "failed")
	if held, _ := r.module.Held(); held != 1 {
		t.Errorf("%d connections are held, want the live one", held)
	}
	runtime.KeepAlive(r)
}

// wantCollected runs the collector until exactly the named tokens were collected.
func wantCollected(t *testing.T, collected chan string, names ...string) {
	t.Helper()
	missing := make(map[string]bool)
	for _, name := range names {
		missing[name] = true
	}
	for range 20 {
		runtime.GC()
		for drained := false; !drained; {
			select {
			case name := <-collected:
				if !missing[name] {
					t.Fatalf("%q was collected too early or twice", name)
				}
				delete(missing, name)
			case <-time.After(time.Millisecond): // finalizers run on their own goroutine, shortly after the collection
				drained = true
			}
		}
		if len(names) > 0 && len(missing) == 0 {
			return
		}
	}
	if len(missing) > 0 {
		t.Errorf("still held: %v", missing)
	}
}
