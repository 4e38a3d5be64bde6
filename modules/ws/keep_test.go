package ws_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestKeep(t *testing.T) {
	bubble(t, "a socket that comes back, until k:close", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`
			local k
			k = ws.keep("ws://u:p@peer.test/", {
				onOpen = function(info, s) say("open", info.id, info.url, s == k, s.id) end,
				onMessage = function(data, isBinary, s) say("message", data, isBinary, s == k, s.id) end,
				onDown = function(info, seconds, s)
					say("down", info.id, info.message, seconds >= 0 and seconds <= 1, s == k, s.id)
				end,
				onEnd = function(info, s) say("end", info.id, info.code, info.reason, s == k, s.id) end,
			})
			say(k.id, type(k), k.nothing)
			after(10, function() say(k:close(3000, "done")) say(k:close()) say(k:send "late") end)`)
		peer := r.accept(l)
		peer.Send(wstest.Text("a"), wstest.Binary("b"))
		peer.Conn.Close()
		second := r.accept(l)
		second.Serve()
		r.want("1 userdata nil",
			"open 1 ws://peer.test/ true 1", "message a false true 1", "message b true true 1",
			"down 1 End of File true true nil",
			"open 2 ws://peer.test/ true 2", "", "", "nil closed", "end 2 3000 done true nil")
		r.wantLog()
	})
	bubble(t, "looked up at dispatch, through __index", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`
			local callbacks = setmetatable({}, {__index = function(_, key)
				return setmetatable({}, {__call = function(_, a, b, c) say(key, type(a), type(b), type(c)) end})
			end})
			local k = ws.keep("ws://peer.test/", callbacks)
			after(1, function() callbacks.onEnd = function() say "set later" end k:close() end)`)
		peer := r.accept(l)
		peer.Send(wstest.Text("x"))
		peer.Serve()
		r.want("onOpen table userdata nil", "onMessage string boolean userdata", "set later")
	})
	bubble(t, "errors of callbacks are logged, and change nothing", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`
			local k = ws.keep("ws://peer.test/", {
				onOpen = function() error "in onOpen" end,
				onMessage = function() error "in onMessage" end,
				onDown = function() error "in onDown" end,
				onEnd = function() error "in onEnd" end,
			}, {min = 0.1})
			after(5, function() k:close() end)`)
		peer := r.accept(l)
		peer.Send(wstest.Text("x"))
		peer.Conn.Close()
		r.accept(l).Serve()
		r.wantLog("in onOpen", "in onMessage", "in onDown", "in onEnd")
	})
	bubble(t, "the script's functions know its id", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`
			local k = ws.keep("ws://peer.test/", {onEnd = function(info) say(info.code) end}, {retry = function() return false end})
			websocket.Send(k.id, "by id")
			say(ws.buffered(k.id))
			after(1, function() websocket.Close(k.id, 4000) end)`)
		synctest.Wait() // the message waits while nobody accepts
		peer := r.accept(l)
		peer.WantFrame(wstest.Text("by id"))
		peer.Serve()
		r.want("69 1", "4000")
	})
}

// An end decides by itself whether another attempt follows.
func TestKeepRetries(t *testing.T) {
	const script = `
		ws.keep("ws://peer.test/", {
			onDown = function(info, seconds, k) say("down", info.code or info.message) k:close() end,
			onEnd = function(info) say("end", info.code or info.message) end,
		}, {retry = %s})`
	for name, c := range map[string]struct {
		retry string
		end   func(p *wstest.Peer)
		want  []string
	}{
		"cut":                 {"nil", (*wstest.Peer).Hangup, []string{"down End of File", "end 1006"}},
		"closed with 1000":    {"nil", closing(1000), []string{"down 1000", "end 1006"}},
		"closed with 1008":    {"nil", closing(1008), []string{"end 1008"}},
		"closed with 4000":    {"nil", closing(4000), []string{"end 4000"}},
		"a violation":         {"nil", func(p *wstest.Peer) { p.SendRaw([]byte{0x83, 0}) }, []string{"end invalid opcode"}},
		"retry says no":       {"function() return false end", (*wstest.Peer).Hangup, []string{"end End of File"}},
		"retry says yes":      {"function() return true end", closing(4000), []string{"down 4000", "end 1006"}},
		"retry gets info":     {"function(i) return i.code == 4001 end", closing(4001), []string{"down 4001", "end 1006"}},
		"retry gives a table": {"function() return {} end", closing(4000), []string{"end 4000"}},
		"retry fails":         {"function() error 'mine' end", (*wstest.Peer).Hangup, []string{"down End of File", "end 1006"}},
	} {
		bubble(t, name, func(t *testing.T) {
			r := newRig(t, options{})
			l := r.listen()
			r.start(fmt.Sprintf(script, c.retry))
			c.end(r.accept(l))
			r.want(c.want...)
		})
	}
	bubble(t, "after the seconds that retry gives", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`
			ws.keep("ws://nobody.test/", {
				onDown = function(info, seconds, k) say(seconds, clock()) if clock() > 7 then k:close() end end,
			}, {retry = function() return 2.5 end})`)
		r.want("2.5 0", "2.5 2.5", "2.5 5", "2.5 7.5")
	})
}

func closing(code int) func(p *wstest.Peer) {
	return func(p *wstest.Peer) { p.Close(code, "") }
}

// Pauses are random, and their bound doubles up to max.
func TestKeepPauses(t *testing.T) {
	bubble(t, "grow", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`
			local bound, n, long = 1, 0, 0
			ws.keep("ws://nobody.test/", {onDown = function(_, seconds, k)
				assert(seconds >= 0 and seconds <= bound)
				if seconds > bound / 2 then long = long + 1 end
				bound, n = math.min(bound * 2, 5), n + 1
				if n == 100 then say(long > 20 and long < 80) k:close() end
			end}, {max = 5})`)
		r.want("true")
	})
	bubble(t, "are at most max, also where that is shorter than the default of min", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`
			local n, longest = 0, 0
			ws.keep("ws://nobody.test/", {onDown = function(_, seconds, k)
				n, longest = n + 1, math.max(longest, seconds)
				if n == 50 then say(longest > 0.1 and longest <= 0.211) k:close() end
			end}, {max = 0.2})`)
		r.want("true")
	})
	bubble(t, "begin again after a steady time, and not before", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`
			ws.keep("ws://peer.test/", {onDown = function(_, seconds, k) say(seconds <= 0.001) end,
				onEnd = function() say "end" end}, {min = 0.001, steady = 7})`)
		for i, open := range []time.Duration{6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 8} {
			peer := r.accept(l)
			time.Sleep(open * time.Second)
			if i == 13 {
				synctest.Wait()
				r.said = nil
			}
			peer.Hangup()
		}
		peer := r.accept(l)
		peer.Close(4000, "")
		r.want("true", "end")
	})
	bubble(t, "Retry-After, up to an hour, is their floor", func(t *testing.T) {
		for after, want := range map[string]string{
			"7": "7", "0": "0.25", "100000": "3600", "-3": "0.25", "soon": "0.25", "99999999999999999999": "3600",
			"date 9": "9", "date -9": "0.25",
		} {
			var away int
			if _, err := fmt.Sscanf(after, "date %d", &away); err == nil {
				after = time.Now().Add(time.Duration(away) * time.Second).UTC().Format(http.TimeFormat)
			}
			r := newRig(t, options{})
			l := r.listen()
			r.start(`
				ws.keep("ws://peer.test/", {onDown = function(info, seconds, k)
					say(seconds <= 0.25 and 0.25 or seconds) k:close()
				end}, {min = 0.25})`)
			peer := wstest.Accept(t, l)
			peer.Handshake(wstest.Answer{Status: 503, Header: http.Header{"Retry-After": {after}}})
			r.want(want)
			l.Close()
		}
	})
	bubble(t, "a longer pause than Retry-After stays as it is", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`
			local n, floor, longer = 0, 0, 0
			ws.keep("ws://peer.test/", {onDown = function(info, seconds, k)
				assert(seconds >= 2 and seconds <= 6.01, seconds)
				n = n + 1
				if seconds == 2 then floor = floor + 1 else longer = longer + 1 end
				if n == 100 then say(floor > 5 and longer > 5) k:close() end -- a third is at the floor
			end}, {min = 6, max = 6})`)
		for range 100 {
			peer := wstest.Accept(t, l)
			peer.Handshake(wstest.Answer{Status: 503, Header: http.Header{"Retry-After": {"2"}}})
		}
		r.want("true")
	})
	bubble(t, "sockets that Retry-After sends away together come back apart", func(t *testing.T) {
		r := newRig(t, options{engine: engine.Options{DialsPerSecond: -1}})
		l := r.listen()
		r.start(`
			local dues, n = {}, 0
			for i = 1, 300 do
				ws.keep("ws://peer.test/", {onDown = function(info, seconds, k)
					n = n + 1
					dues[n] = clock() + seconds
					assert(seconds >= 60)
					if n == 300 then
						table.sort(dues)
						local most, first = 0, 1
						for at = 1, n do
							while dues[at] - dues[first] >= 1 do first = first + 1 end
							most = math.max(most, at - first + 1)
						end
						say(most <= 101, dues[n] - dues[1] < 4)
					end
					k:close()
				end})
			end`)
		for range 300 {
			peer := wstest.Accept(t, l)
			peer.Handshake(wstest.Answer{Status: 503, Header: http.Header{"Retry-After": {"60"}}})
		}
		r.want("true true")
		r.log.Reset()
	})
	bubble(t, "the same with the same seed", func(t *testing.T) {
		run := func(seed uint64) string {
			r := newRig(t, options{seed: seed})
			r.run(`
				for i = 1, 20 do
					local n = 0
					ws.keep("ws://nobody" .. i .. ".test/", {onDown = function(info, seconds, k)
						say(i, seconds) n = n + 1 if n == 5 then k:close() end
					end})
				end`)
			slices.Sort(r.said) // of ends in one moment each may be first
			return strings.Join(r.said, "\n")
		}
		first := run(1)
		if again := run(1); again != first {
			t.Errorf("first\n%s\nthen\n%s", first, again)
		}
		if run(2) == first {
			t.Error("another seed gives the same pauses")
		}
	})
}

func TestKeepSend(t *testing.T) {
	bubble(t, "kept messages leave after those of onOpen", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`
			local k = ws.keep("ws://peer.test/", {onOpen = function(_, k) say(k:send("hello", "binary")) end},
				{queue = 3 * 65})
			say(k:send "1") say(k:send("2", "binary")) say(k:send "3") say(k:send "4")
			after(1, function() say(k:send "5") k:close() end)`)
		peer := r.accept(l)
		peer.WantFrame(wstest.Binary("hello"), wstest.Text("1"), wstest.Binary("2"), wstest.Text("3"), wstest.Text("5"))
		peer.Serve()
		r.want("true", "true", "true", "nil full", "true", "true")
	})
	bubble(t, "the oldest ones make room", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`
			local k = ws.keep("ws://peer.test/", {}, {queue = 2 * 65, dropOldest = true})
			say(k:send "1") say(k:send "2") say(k:send "3") say(k:send(("x"):rep(60))) say(k:send(("x"):rep(1000)))
			say(k:send "4")
			after(1, function() say(k:send "5") k:close() end)`)
		peer := r.accept(l)
		peer.WantFrame(wstest.Text("4"), wstest.Text("5"))
		peer.Serve()
		r.want("true 0", "true 0", "true 1", "true 2", "nil full", "true 1", "true 0")
	})
	bubble(t, "nothing is kept without a queue", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`
			local k = ws.keep("ws://peer.test/", {onDown = function(_, _, k) say(k:send "y") k:close() say(k:send "z") end})
			say(k:send "x")`)
		r.accept(l).Hangup()
		r.want("nil down", "nil down", "nil closed")
	})
	bubble(t, "a full send queue refuses, and the socket lives on", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.network.Setup = func(c *wstest.Conn) { c.Out().SetCapacity(1000) }
		r.start(`
			local k
			k = ws.keep("ws://peer.test/", {onOpen = function()
				local n = 0
				while k:send(("x"):rep(1000)) do n = n + 1 end
				say(n, k:send "y")
				after(1, function() k:close() end)
			end}, {sendQueue = 10640})`)
		r.accept(l).Serve()
		r.want("10 nil full")
	})
	bubble(t, "unsent messages are told, and never sent again", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.network.Setup = func(c *wstest.Conn) { c.Out().SetCapacity(300) }
		r.start(`
			local k = ws.keep("ws://peer.test/", {
				onOpen = function(info, k) if info.id == 1 then for i = 1, 3 do k:send(("x"):rep(1000)) end end end,
				onDown = function(info, _, k) say(info.unsent.messages, info.unsent.bytes) say(k:send "kept") end,
				onEnd = function(info) say(info.unsent.messages, info.unsent.bytes) end,
			}, {queue = 1000, min = 0.1})
			after(20, function() k:close() end)`)
		peer := r.accept(l)
		time.Sleep(time.Second)
		peer.Hangup()
		second := r.accept(l)
		second.WantFrame(wstest.Text("kept"))
		second.Serve()
		r.want("3 3000", "true", "0 0")
	})
	bubble(t, "kept messages of a socket that ends are unsent", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`
			local k = ws.keep("ws://nobody.test/", {
				onDown = function(info, _, k) say(k:send "abc") k:close() end,
				onEnd = function(info) say(info.detail, info.unsent.messages, info.unsent.bytes, info.url) end,
			}, {queue = 1000})
			k:send "x"`)
		r.want("true", "closed while it was down 2 4 ws://nobody.test/")
	})
	bubble(t, "more is kept than the send queue takes", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`
			local k = ws.keep("ws://peer.test/", {}, {queue = 1e6, sendQueue = 2000})
			for i = 1, 100 do assert(k:send(("x"):rep(900) .. i)) end
			after(1, function() assert(k:send "last") end)
			after(30, function() k:close() end)`)
		peer := r.accept(l)
		for i := 1; i <= 100; i++ {
			peer.WantFrame(wstest.Text(strings.Repeat("x", 900) + fmt.Sprint(i)))
		}
		peer.WantFrame(wstest.Text("last"))
		peer.Serve()
		r.want()
	})
	bubble(t, "what is kept is charged, and refused if it does not fit", func(t *testing.T) {
		r := newRig(t, options{memory: 500_000})
		r.run(`
			local k = ws.keep("ws://nobody.test/", {onDown = function(_, _, k)
				say(k:send(("x"):rep(400000))) say(k:send(("x"):rep(400000))) k:close()
			end}, {queue = 1e9})`)
		r.want("true", "nil full")
	})
	bubble(t, "arguments are checked first", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`
			local k = ws.keep("ws://nobody.test/", {})
			k:close()
			for _, f in ipairs {
				function() k:send() end, function() k:send({}) end, function() k:send("\255", "text") end,
				function() k:send("x", "image") end, function() k.send("x") end, function() k:close(999) end,
				function() k:close(1000, ("x"):rep(200)) end, function() k:close "x" end, function() k.x = 1 end,
			} do say((select(2, pcall(f)):gsub("^bot.lua:%d+: ", ""))) end`)
		r.want("bad argument #1 to 'send' (string expected, got no value)",
			"bad argument #1 to 'send' (string expected, got table)",
			"bad argument #1 to 'send' (valid UTF-8 expected)",
			"bad argument #2 to 'send' (invalid option 'image')",
			"bad argument #1 to 'send' (kept socket expected, got string: write ':send' for '.send')",
			"bad argument #1 to 'close' (1000 or 3000 to 4999 expected)",
			"bad argument #2 to 'close' (at most 123 bytes of UTF-8 expected)",
			"bad argument #1 to 'close' (number expected, got string)",
			"attempt to index upvalue 'k' (a userdata value)")
	})
}

func TestKeepCloses(t *testing.T) {
	for name, script := range map[string]string{
		"at once":           `local k = ws.keep(URL, {onEnd = seen}) k:close() say "closed"`,
		"before it is open": `local k = ws.keep("ws://deaf.test/", {onEnd = seen}) after(1, function() k:close() say "closed" end)`,
		"while down": `local k = ws.keep(URL, {onEnd = seen}, {retry = function() return 100 end})
			after(1, function() k:close() say "closed" end)`,
		"in onDown":                 `ws.keep(URL, {onEnd = seen, onDown = function(_, _, k) k:close() say "closed" end})`,
		"in retry":                  `local k k = ws.keep(URL, {onEnd = seen}, {retry = function() k:close() say "closed" return true end})`,
		"in a function for the URL": `local k k = ws.keep(function() k:close() say "closed" return URL end, {onEnd = seen})`,
	} {
		bubble(t, name, func(t *testing.T) {
			r := newRig(t, options{})
			deaf, err := r.network.Listen("deaf.test:80")
			r.must(err)
			defer deaf.Close()
			r.run(`URL = "ws://nobody.test/" function seen(info) say("end", info.code or info.message) end ` + script)
			if len(r.said) != 2 || r.said[0] != "closed" || !strings.HasPrefix(r.said[1], "end ") {
				t.Errorf("said %q", r.said)
			}
			r.said = nil
		})
	}
}

// In the ending each kept socket is told once, whatever it was doing, and none comes
// back.
func TestKeepInTheEnding(t *testing.T) {
	bubble(t, "told", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		deaf, err := r.network.Listen("deaf.test:80")
		r.must(err)
		defer deaf.Close()
		r.start(`
			local function callbacks(name)
				return {onEnd = function(info, k)
					say(name, info.code, info.wasClean, info.detail, k:send "x")
					local late = ws.keep("ws://peer.test/", {onEnd = function() say "late" end})
					say(late.id, late:send "x")
				end, onDown = function() if name ~= "down" then say(name, "down") end end}
			end
			ws.keep("ws://peer.test/", callbacks "open")
			ws.keep("ws://nobody.test/", callbacks "down", {retry = function() return 1000 end})
			ws.keep("ws://deaf.test/", callbacks "connecting")
			after(1, function() exit() end)`)
		r.accept(l).Serve()
		r.ran.Wait()
		got := strings.Join(r.said, "\n")
		for _, want := range []string{
			"open 1001 true closed with 1001 nil closed\nnil nil closed",
			"down 1006 false the run ended while it was down nil closed\nnil nil closed",
			"connecting 1006 false closed before the connection was open nil closed\nnil nil closed",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("said\n%s\nwant\n%s", got, want)
			}
		}
		if len(r.said) != 6 {
			t.Errorf("said %q", r.said)
		}
	})
}

// URL and headers may be functions of the attempt's number.
func TestKeepAsks(t *testing.T) {
	bubble(t, "before each attempt", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`
			ws.keep(function(n) return "ws://peer.test/" .. n end, {}, {
				headers = function(n) return {["X-Attempt"] = tostring(n * 10)} end, min = 0.1,
				retry = function(info) return info.id < 3 end})`)
		for n := 1; n <= 3; n++ {
			peer := wstest.Accept(t, l)
			peer.Handshake(wstest.Answer{})
			if path, value := peer.Request.URL.Path, peer.Request.Header.Get("X-Attempt"); path != fmt.Sprint("/", n) ||
				value != fmt.Sprint(n*10) {
				t.Errorf("attempt %d: path %s, header %s", n, path, value)
			}
			peer.Hangup()
		}
		r.ran.Wait()
	})
	bubble(t, "in a task, so that they may wait, until k:close", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`
			local k
			k = ws.keep(function(n) task.sleep(2) say("url", n, clock()) return "ws://nobody.test/" .. n end, {
				onDown = function(info) say("down", info.url, clock()) after(3.5, function() k:close() end) end,
				onEnd = function(info, k) say("end", clock(), info.url) end,
			}, {
				headers = function(n) task.sleep(1) say("headers", n, clock()) return {} end,
				retry = function() return 1 end,
			})
			say(k:send "x")`)
		r.want("nil down", "url 1 2", "headers 1 3", "down ws://nobody.test/1 3", "url 2 6", "end 6.5 ws://nobody.test/1")
	})
	bubble(t, "an error, nil or nonsense is a failed attempt", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`
			local answers = {function() error("no token", 0) end, function() end, function() return {} end,
				function() return "nonsense" end}
			ws.keep(function(n) return answers[n]() end, {
				onDown = function(info, seconds, k) say("down", info.message, info.phase, info.category, info.retryable, info.id) end,
				onEnd = function(info) say("end", info.message) end,
			})`)
		r.want("down no token uri nil true nil",
			"down the function url gave nil: string expected uri nil true nil",
			"down the function url gave table: string expected uri nil true nil", "end invalid uri")
	})
	bubble(t, "of headers, too", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`
			local answers, n = {function() error("no token", 0) end, function() end, function() return {Host = "x"} end,
				function() return {"x"} end}, 0
			ws.keep("ws://nobody.test/", {onDown = function(info, _, k)
				say(info.message) n = n + 1 if n == #answers then k:close() end
			end}, {headers = function(n) return answers[n]() end, min = 0.1})`)
		r.want("no token", "the function headers gave nil: table expected",
			"field 'headers': a header that may be set expected, got Host: the opening handshake sets it, use the URL",
			"field 'headers': header name as key expected, got 1")
	})
}

func TestKeepArguments(t *testing.T) {
	bubble(t, "wrong ones raise", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`
			for _, f in ipairs {
				function() ws.keep() end, function() ws.keep("x") end, function() ws.keep({}, {}) end,
				function() ws.keep("x", {}, 1) end, function() ws.keep("x", {}, {mni = 1}) end,
				function() ws.keep("x", {}, {min = 0}) end, function() ws.keep("x", {}, {min = 3, max = 2}) end,
				function() ws.keep("x", {}, {min = 31}) end,
				function() ws.keep("x", {}, {retry = true}) end, function() ws.keep("x", {}, {queue = -1}) end,
				function() ws.keep("x", {}, {headers = 1}) end, function() ws.keep("x", {}, {headers = {Host = "x"}}) end,
				function() ws.keep(function() end, {}, {headers = {Host = "x"}}) end,
				function() ws.keep("x", {}, {dropOldest = 1}) end, function() ws.keep("x", {}, {kind = "image"}) end,
			} do say((select(2, pcall(f)):gsub("^bot.lua:%d+: bad argument ", ""))) end`)
		r.want("#1 to 'keep' (string expected, got no value)", "#2 to 'keep' (table expected, got no value)",
			"#1 to 'keep' (string expected, got table)", "#3 to 'keep' (table expected, got number)",
			"#3 to 'keep' (unknown option 'mni': did you mean 'min'?)",
			"#3 to 'keep' (field 'min': positive number expected, got 0)",
			"#3 to 'keep' (field 'max': at least 'min' expected)",
			"#3 to 'keep' (field 'min': at most 'max' expected, which is 30 by default)",
			"#3 to 'keep' (field 'retry': function expected, got boolean)",
			"#3 to 'keep' (field 'queue': positive whole number expected, got -1)",
			"#3 to 'keep' (field 'headers': table or function expected, got number)",
			"#3 to 'keep' (field 'headers': a header that may be set expected, got Host: the opening "+
				"handshake sets it, use the URL)",
			"#3 to 'keep' (field 'headers': a header that may be set expected, got Host: the opening "+
				"handshake sets it, use the URL)",
			"#3 to 'keep' (field 'dropOldest': boolean expected, got number)",
			"#3 to 'keep' (field 'kind': 'auto', 'text' or 'binary' expected, got 'image')")
	})
	bubble(t, "misspelt callbacks warn, and ends that nobody sees", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`
			ws.keep("nonsense", {OnOpen = print, on_down = print, onEnd = false})
			ws.keep("nonsense", {})
			ws.keep("ws://nobody.test/", {}, {retry = function(info) return info.id < 5 end})`)
		r.wantLog(`unknown callback \"OnOpen\": did you mean \"onOpen\"? unknown callback \"on_down\"`,
			"failed for good", "a kept socket is down and no onDown is there to see it")
		if r.unheard != 2 {
			t.Errorf("%d ends are unheard, want 2", r.unheard)
		}
	})
}

func TestOnDrain(t *testing.T) {
	bubble(t, "true when the queue has fallen, false at the end", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.network.Setup = func(c *wstest.Conn) { c.Out().SetCapacity(500) }
		r.start(`
			local id
			id = websocket.Connect("ws://peer.test/", {
				onError = function() say("error", ws.buffered(id)) end})
			for i = 1, 4 do websocket.Send(id, ("x"):rep(2000)) end
			say(ws.buffered(id))
			ws.onDrain(id, 1e300, function(drained) say("at once", drained) end)
			ws.onDrain(id, 2064, function(drained) say("drained", drained, (ws.buffered(id)) <= 2064) end)
			ws.onDrain(id, 0, function(drained)
				say("empty", drained, ws.buffered(id))
				websocket.Send(id, ("x"):rep(2000)) websocket.Send(id, ("x"):rep(2000))
				ws.onDrain(id, 0, function(drained) say("ended", drained, ws.buffered(id)) end)
			end)
			cancel(ws.onDrain(id, 0, function() say "cancelled" end))`)
		peer := r.accept(l)
		time.Sleep(time.Second)
		for range 4 {
			peer.ReadFrame()
		}
		time.Sleep(time.Second)
		peer.Hangup()
		r.want("8256 4", "at once true", "drained true true", "empty true 0 0", "ended false 0 0", "error 0 0")
	})
	bubble(t, "of nobody", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`
			for _, id in ipairs {1, 0, -1, 1.5, 0/0, 1e300} do
				assert(select("#", ws.buffered(id)) == 2 and ws.buffered(id) == 0)
				ws.onDrain(id, 0, function(...) say(id, ...) end)
			end
			cancel(ws.onDrain(7, 0, function() say "cancelled" end))
			say "later"
			for _, f in ipairs {
				function() ws.buffered() end, function() ws.onDrain(1, 0) end, function() ws.onDrain(1, -1, print) end,
				function() ws.onDrain(1, 0/0, print) end,
			} do say((select(2, pcall(f)):gsub("^bot.lua:%d+: bad argument ", ""))) end`)
		r.want("later", "#1 to 'buffered' (number expected, got no value)",
			"#3 to 'onDrain' (function expected, got no value)", "#2 to 'onDrain' (number from 0 on expected)",
			"#2 to 'onDrain' (number from 0 on expected)",
			"1 false", "0 false", "-1 false", "1.5 false", "nan false", "1e+300 false")
	})
}
