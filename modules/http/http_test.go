package http_test

import (
	"context"
	"errors"
	"fmt"
	nethttp "net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/modules/http"
)

const addr = "a.test:80"

func TestResponse(t *testing.T) {
	play(t, lua.Options{}, func(t *testing.T, r *rig) {
		r.serve(addr, echo)
		r.do(`
			function show(response, message, info)
				assert(message == nil and info == nil)
				say(response.status, response.ok, response.url, response.body)
				local names = {}
				for name in pairs(response) do names[#names + 1] = name end
				table.sort(names)
				say(table.concat(names, " "))
				say(response.headers["x-many"], response.headers["content-length"], response.headers["set-cookie"])
				say(#response.cookies, response.cookies[1], response.cookies[2])
			end
			local handle = http.get("http://me:secret@a.test/x?y=1#z", show)
			say(type(handle), getmetatable(handle))
		`)
		r.want("userdata nil") // nothing is called before the pump
		r.pump()
		r.want(`200 true http://a.test/x?y=1 GET /x?y=1  []`, "body cookies headers ok status url",
			"one, two 14 a=1; Path=/, b=2", "2 a=1; Path=/ b=2")
	})
}

// The three functions, with each place that onDone can have.
func TestCalls(t *testing.T) {
	play(t, lua.Options{}, func(t *testing.T, r *rig) {
		r.serve(addr, echo)
		for call, want := range map[string]string{
			`http.get(url, done)`:                                        `GET / ` + ` []`,
			`http.get(url, nil, done)`:                                   `GET / ` + ` []`,
			`http.get(url, {headers = {["x-key"] = {"1", 2}}}, done)`:    `GET /  ["1" "2"]`,
			`http.post(url, "a\0b", done)`:                               "POST / a\x00b []",
			`http.post(url, 12, {headers = {["X-Key"] = 3}}, done)`:      `POST / 12 ["3"]`,
			`http.post(url, "", nil, done)`:                              `POST / ` + ` []`,
			`http.request({url = url}, done)`:                            `GET / ` + ` []`,
			`http.request({url = url, method = "put", body = ""}, done)`: `PUT / ` + ` []`,
			`http.request(setmetatable({}, {__index = {url = url, body = "x", timeout = math.huge, redirects = 0, ` +
				`maxBody = 100, proxy = false, tls = {insecure = true}}}), done)`: `GET / x []`,
		} {
			r.do(`local url = "http://a.test/" local function done(response, message) say(response and response.body ` +
				`or message) end ` + call)
			r.pump()
			r.want(want)
		}
	})
}

func TestMisuse(t *testing.T) {
	play(t, lua.Options{}, func(t *testing.T, r *rig) {
		for call, want := range map[string]string{
			`http.get()`:                      `bad argument #1 to 'get' (string expected, got no value)`,
			`http.get({})`:                    `bad argument #1 to 'get' (string expected, got table)`,
			`http.get("u", 1)`:                `bad argument #2 to 'get' (table expected, got number)`,
			`http.get("u", {}, 1)`:            `bad argument #3 to 'get' (function expected, got number)`,
			`http.get("u", print, print)`:     `bad argument #2 to 'get' (table expected, got function)`,
			`http.post("u", print)`:           `bad argument #2 to 'post' (string expected, got function)`,
			`http.post("u", nil, print)`:      `bad argument #2 to 'post' (string expected, got nil)`,
			`http.post("u", "", {}, {})`:      `bad argument #4 to 'post' (function expected, got table)`,
			`http.request("u", print)`:        `bad argument #1 to 'request' (table expected, got string)`,
			`http.request({}, print)`:         `bad argument #1 to 'request' (field 'url': string expected, got nil)`,
			`http.request({url = {}}, print)`: `bad argument #1 to 'request' (field 'url': string expected, got table)`,
			`http.request({url = "u", body = print}, print)`: `bad argument #1 to 'request' (field 'body': string expected, ` +
				`got function)`,
			`http.get("u", {metod = "GET"}, print)`: `bad argument #2 to 'get' (unknown option 'metod': those that ` +
				`exist are under "tide.http" in the manual)`,
			`http.get("u", {timout = 1}, print)`: `bad argument #2 to 'get' (unknown option 'timout': did you mean ` +
				`'timeout'?)`,
			`http.get("u", {timeout = 0}, print)`: `bad argument #2 to 'get' (field 'timeout': positive number expected, ` +
				`got 0)`,
			`http.get("u", {redirects = 1.5}, print)`: `bad argument #2 to 'get' (field 'redirects': whole number from 0 ` +
				`on expected, got 1.5)`,
			`http.get("u", {maxBody = -1}, print)`: `bad argument #2 to 'get' (field 'maxBody': positive whole number ` +
				`expected, got -1)`,
			`http.get("u", {tls = {cas = ""}}, print)`: `bad argument #2 to 'get' (unknown option 'tls.cas': did you mean ` +
				`'tls.ca'?)`,
			`http.get("u", {proxy = true}, print)`: `bad argument #2 to 'get' (field 'proxy': string or false expected, ` +
				`got boolean)`,
			`http.get("u", {headers = {A = "secret\r\nB: c"}}, print)`: `bad argument #2 to 'get' (field 'headers': a ` +
				`header that may be set expected, got A: its value has control byte 0x0d at offset 6)`,
			`http.get("u", {headers = {["A: b"] = "c"}}, print)`: `bad argument #2 to 'get' (field 'headers': a header ` +
				`that may be set expected, got "A: b": a header name is one or more letters, digits and !#$%&'*+-.^_` +
				"`|~)",
			`http.get("u", {headers = {host = "b"}}, print)`: `bad argument #2 to 'get' (field 'headers': a header that ` +
				`may be set expected, got Host: the client sets it, use the URL)`,
			`http.request({url = "u", method = "GET /\r\n"}, print)`: `bad argument #1 to 'request' (field 'method': a ` +
				`method such as 'GET' expected, got 'GET /??')`,
			`http.request({url = "u", method = "connect"}, print)`: `bad argument #1 to 'request' (field 'method': a ` +
				`method such as 'GET' expected, got CONNECT, which makes tunnels: use the option 'proxy')`,
			`http.get("u")`:             `'get' waits: call it inside tide.task.go`,
			`http.post("u", "")`:        `'post' waits: call it inside tide.task.go`,
			`http.request({url = "u"})`: `'request' waits: call it inside tide.task.go`,
		} {
			r.do(`say(select(2, pcall(function() ` + call + ` end)))`)
			r.want("bot.lua:1: " + want)
		}
		if r.http.Live() != 0 {
			t.Error("a call that raises has made a request")
		}
	})
}

func TestFailures(t *testing.T) {
	play(t, lua.Options{}, func(t *testing.T, r *rig) {
		r.net.Blackhole("slow.test:80")
		for call, want := range map[string]string{
			`http.get("nonsense", done)`: `invalid uri uri uri false nil read url "nonsense": no scheme: begin it with ` +
				`http:// or https://`,
			`http.get("http://me:secret@a.test/?q=secret", done)`: `Underlying Transport Error tcp refused true ` +
				`http://a.test/?q=secret dial tcp a.test:80: connection refused: nothing listens there`,
			`http.get("http://slow.test/", {timeout = 1.5}, done)`: `timeout tcp timeout true http://slow.test/ no answer ` +
				`within 1.5s: the connection was not established`,
		} {
			r.do(`local function done(response, message, info) assert(response == nil)
				say(message, info.phase, info.category, info.retryable, info.url, info.detail) end ` + call)
			r.pump()
			r.want(want)
		}
	})
}

// A cancelled request calls nothing, and its handle may be cancelled at any time.
func TestCancel(t *testing.T) {
	play(t, lua.Options{}, func(t *testing.T, r *rig) {
		r.net.Blackhole("slow.test:80")
		r.serve(addr, echo)
		r.do(`
			slow = http.get("http://slow.test/", say)
			quick = http.get("http://a.test/", function() say("quick") cancel(last) end)
			last = http.get("http://slow.test/", say)
			say(cancel(slow), cancel(slow), cancel({}), cancel(nil))
		`)
		r.pump()
		r.want("true true false false", "quick")
		r.do(`say(cancel(quick), cancel(last))`)
		r.want("true true")
		r.do(`late = http.get("http://a.test/", say)`)
		synctest.Wait() // it has ended, and was not delivered
		r.do(`cancel(late)`)
		if events, err := r.http.Pump(engine.Budget{}); events != 0 || err != nil || r.http.Live() != 0 {
			t.Errorf("%d events, error %v", events, err)
		}
		r.want()
	})
}

// An error in onDone is logged with its traceback, and ends nothing.
func TestErrorInCallback(t *testing.T) {
	play(t, lua.Options{}, func(t *testing.T, r *rig) {
		r.serve(addr, echo)
		r.do(`
			http.get("http://a.test/", function() error("oops") end)
			http.get("http://a.test/", function() coroutine.yield() end)
			http.get("http://a.test/", function() say("fine") http.get("http://a.test/", function() say("nested") end) end)
		`)
		r.pump()
		r.want("fine", "nested")
		for _, words := range []string{`onDone: bot.lua:2: oops\nstack traceback:`, "attempt to yield"} {
			if !strings.Contains(r.log.String(), words) {
				t.Errorf("the log has no %q:\n%s", words, &r.log)
			}
		}
	})
}

// The pump is for the host alone, and its budget holds.
func TestPump(t *testing.T) {
	play(t, lua.Options{}, func(t *testing.T, r *rig) {
		r.serve(addr, echo)
		if err := r.SetFuncs(r.Globals(), lua.Func{Name: "pump", Call: func(*lua.Call) error {
			_, err := r.http.Pump(engine.Budget{})
			return err
		}}); err != nil {
			t.Fatal(err)
		}
		r.do(`
			for i = 1, 10 do http.get("http://a.test/", function() say(i, select(2, pcall(pump))) end) end
			say(select(2, pcall(coroutine.wrap(pump))))
		`)
		r.want("the pump was called from a coroutine")
		synctest.Wait()
		events, err := r.http.Pump(engine.Budget{Events: 3})
		if events != 3 || err != nil || len(r.said) != 3 || len(r.http.Ready()) != 1 || r.http.Live() != 7 {
			t.Errorf("%d events, error %v, said %q, %d live", events, err, r.said, r.http.Live())
		}
		events, _ = r.http.Pump(engine.Budget{Stop: func() bool { return true }})
		if events != 1 || r.http.Live() != 6 {
			t.Errorf("%d events after a stop", events)
		}
		r.pump()
		if len(r.said) != 10 || !strings.Contains(r.said[0], "the pump was called from a callback") {
			t.Errorf("the script said %q", r.said)
		}
	})
}

// A body that the state has no room for is an error of onDone, and is charged to nobody
// after that.
func TestBodyBeyondTheStatesMemory(t *testing.T) {
	play(t, lua.Options{MaxMemory: 8 << 20, MaxString: 64 << 20}, func(t *testing.T, r *rig) {
		r.serve(addr, func(w nethttp.ResponseWriter, r *nethttp.Request) { w.Write(make([]byte, 9<<20)) })
		r.do(`http.get("http://a.test/", say)`)
		r.pump()
		r.want()
		if !strings.Contains(r.log.String(), "not enough memory") || r.memory.Used() > 100_000 {
			t.Errorf("%d bytes are charged, log:\n%s", r.memory.Used(), &r.log)
		}
	})
}

func TestEnding(t *testing.T) {
	play(t, lua.Options{}, func(t *testing.T, r *rig) {
		r.net.Blackhole("slow.test:80")
		r.do(`
			for i = 1, 100 do http.get("http://slow.test/", function(response, message, info)
				if i % 50 == 0 then say(i, response, message, info.category, info.retryable) end
				http.get("http://a.test/", say)
			end) end
		`)
		begun := time.Now()
		r.http.CloseAll()
		r.pump()
		r.want("50 nil closed closed false", "100 nil closed closed false")
		if time.Since(begun) != 0 {
			t.Errorf("the end took %v", time.Since(begun))
		}
	})
}

// A state with tide.http alone has no library package: the module is loaded at once.
func TestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := lua.NewState(lua.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		notified := 0
		account := new(memory.Account)
		module, err := http.Open(s, http.Options{Context: ctx, Notify: func() { notified++ }, Network: engine.Options{
			Memory:      account,
			DialContext: nil, Policy: nil,
		}})
		if err != nil {
			t.Fatal(err)
		}
		get, err := s.Field(s.Loaded().GetString("tide.http"), "get")
		if err != nil {
			t.Fatal(err)
		}
		var got string
		url, _ := s.String("nonsense")
		done := s.NewFunction("done", func(c *lua.Call) error {
			got = c.String(2)
			return c.Err()
		})
		if _, err := s.Call(get, url, done); err != nil {
			t.Fatal(err)
		}
		<-module.Ready()
		if _, err := module.Pump(engine.Budget{}); err != nil || got != "invalid uri" || notified != 1 {
			t.Errorf("error %v, got %q, %d notices", err, got, notified)
		}
		cancel()
		if err := module.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		s.Close()
		if events, err := module.Pump(engine.Budget{}); events != 0 || err != nil {
			t.Errorf("on a closed state: %d events, error %v", events, err)
		}
	})
}

// The functions take whatever a script gives them.
func FuzzArguments(f *testing.F) {
	for _, code := range []string{`http.get("http://a.test/", say)`, `http.request({url = 1, headers = {1}}, say)`,
		`http.post("x", "y", {tls = {ca = {}}}, say)`} {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		play(t, lua.Options{MaxMemory: 8 << 20}, func(t *testing.T, r *rig) {
			r.SetDeadline(time.Now().Add(time.Second))
			_, err := r.Run([]byte(code), "@bot.lua")
			var panicked *lua.PanicError
			if errors.As(err, &panicked) {
				t.Fatal(fmt.Sprint(err))
			}
			r.pump()
		})
	})
}
