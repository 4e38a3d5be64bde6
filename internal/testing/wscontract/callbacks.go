package wscontract

import (
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/tidewire/tidewire/engine"
)

// callbacks are the rules of how and where callbacks run.
var callbacks = []rule{
	{"a callback is looked up when its event is dispatched", func(r *rig) {
		r.do(`
			function note(text) return function(data) print(text, data) end end
			callbacks = {onMessage = note "old"}
			websocket.Connect("ws://peer.test/", callbacks)
		`)
		for _, step := range []struct{ before, want string }{
			{``, "old\tx"},
			{`callbacks.onMessage = note "new"`, "new\tx"},
			{`callbacks.onMessage = nil`, ""},
			{`setmetatable(callbacks, {__index = {onMessage = note "inherited"}})`, "inherited\tx"},
			{`setmetatable(callbacks, {__index = setmetatable({}, {__index = {onMessage = note "from afar"}})})`,
				"from afar\tx"},
			{`setmetatable(callbacks, {__index = function(t, key)
				return note(key .. " of " .. tostring(rawequal(t, callbacks)))
			end})`, "onMessage of true\tx"},
			{`setmetatable(callbacks, {__index = function() end})`, ""},
			{`rawset(callbacks, "onMessage", note "own")`, "own\tx"},
			{`callbacks.onMessage = false`, ""},
		} {
			r.do(step.before)
			r.engine.Received(101, "x", engine.Text)
			r.pump(1)
			if step.want == "" {
				r.wantPrinted()
				continue
			}
			r.wantPrinted(step.want)
		}
	}},
	{"the other keys are looked up at dispatch, too", func(r *rig) {
		r.do(`
			for _ = 1, 2 do websocket.Connect("ws://peer.test/", setmetatable({}, {__index = function(_, key)
				return function() print(key) end
			end})) end
		`)
		r.engine.Opened(101, engine.Info{})
		r.engine.Ended(101, engine.End{Code: 1000, Clean: true})
		r.engine.Ended(102, engine.End{Failed: true})
		r.pump(3)
		r.wantPrinted("onOpen", "onClose", "onError")
	}},
	{"a function and a value with __call can be called, and nothing else", func(r *rig) {
		r.do(`
			local function connect(callback) websocket.Connect("ws://peer.test/", {onMessage = callback}) end
			connect(function(...) print("function", ...) end)
			connect(setmetatable({}, {__call = function(self, ...) print(type(self), ...) end}))
			connect(coroutine.wrap(function(...)
				print("coroutine", ...)
				while true do print("coroutine", coroutine.yield()) end
			end))
			connect(print)
			for _, value in ipairs {"text", 5, true, {}, token "", coroutine.create(print)} do connect(value) end
			connect(setmetatable({}, {__call = setmetatable({}, {__call = print})}))
		`)
		for id := range engine.ID(11) {
			r.engine.Received(101+id, "x", engine.Text)
		}
		r.engine.Received(103, "again", engine.Text)
		r.pump(12)
		r.wantPrinted("function\tx\tfalse\t1", "table\tx\tfalse\t2", "coroutine\tx\tfalse\t3", "x\tfalse\t4",
			"coroutine\tagain\tfalse\t3")
	}},
	{"callbacks have these names and no other", func(r *rig) {
		r.do(`
			local function fail() error "called" end
			websocket.Connect("ws://peer.test/", {onopen = fail, on_message = fail, ONCLOSE = fail, open = fail, [1] = fail})
		`)
		r.engine.Opened(101, engine.Info{})
		r.engine.Received(101, "x", engine.Text)
		r.engine.Ended(101, engine.End{Code: 1000, Clean: true})
		r.pump(3)
		r.wantLog(`level=WARN msg="unknown callback \"onopen\": did you mean \"onOpen\"? ` +
			`unknown callback \"on_message\": did you mean \"onMessage\"? ` +
			`unknown callback \"ONCLOSE\": did you mean \"onClose\"?" caller=bot.lua:3`)
	}},
	{"keys that look like a callback's are warned of once a table", func(r *rig) {
		r.do(`
			local callbacks = {onOpen = print, OnError = print, on_close = print, retries = 5, 1, [true] = 2}
			for attempt = 1, 3 do
				websocket.Connect("ws://peer.test/", callbacks)
			end
			websocket.Connect("ws://peer.test/", {on_message = print})
			print((pcall(websocket.Connect, "ws://peer.test/", {on_message = print}, {nonsense = 1})))
		`)
		r.wantPrinted("false")
		r.wantLog(
			`level=WARN msg="unknown callback \"OnError\": did you mean \"onError\"? `+
				`unknown callback \"on_close\": did you mean \"onClose\"?" caller=bot.lua:4`,
			`level=WARN msg="unknown callback \"on_message\": did you mean \"onMessage\"?" caller=bot.lua:6`)
	}},
	{"misspelt tables are forgotten with the tables", func(r *rig) {
		r.level.Set(slog.LevelError) // not the warnings
		for range 20 {
			r.do(`for i = 1, 50 do websocket.Connect("ws://peer.test/", {onopen = print}) end`)
			for n := range 50 {
				r.engine.Ended(engine.ID(len(r.engine.urls)+100-n), engine.End{Code: 1000, Clean: true})
			}
			r.pump(50)
			r.Collect()
		}
		if connections, misspelt := r.Held(); connections != 0 || misspelt > 400 {
			r.t.Errorf("%d connections are held, %d of 1000 tables are remembered", connections, misspelt)
		}
	}},
	{"without a callback the event is dropped, and a failure logged", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/a", {})
			websocket.Connect("ws://peer.test/b", {onError = "not callable"})
			websocket.Connect("nope" .. ..., {})
		`, strings.Repeat("x", 1e6))
		r.engine.Opened(101, engine.Info{})
		r.engine.Received(101, "x", engine.Text)
		r.engine.Ended(101, engine.End{Code: 1000, Clean: true})
		r.engine.Ended(102, engine.End{
			Info: engine.Info{URL: "ws://peer.test/b"}, Failed: true, Message: "End of File", Detail: "read: EOF",
		})
		r.engine.Ended(103, engine.End{
			Info: engine.Info{URL: "nope" + strings.Repeat("x", 1e6)}, Failed: true, Message: "invalid uri",
			Detail: "no scheme",
		})
		r.pump(5)
		const line = `level=ERROR msg="a connection failed and no onError is there to see it" `
		r.wantLog(line+`id=2 url=ws://peer.test/b error="End of File" detail="read: EOF"`,
			line+`id=3 url="nope`+strings.Repeat("x", 296)+`… (1000004 bytes)" error="invalid uri" detail="no `+
				`scheme"`)
	}},
	{"onError = false: a failure that nobody wants to hear of", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/a", {onError = false, onMessage = false})
			websocket.Connect("ws://peer.test/b", setmetatable({}, {__index = function() return false end}))
			websocket.Connect("ws://peer.test/c", {onError = true})
		`)
		for id := range engine.ID(3) {
			r.engine.Received(101+id, "x", engine.Text)
			r.engine.Ended(101+id, engine.End{Failed: true, Message: "End of File"})
		}
		r.pump(6)
		r.wantLog(`level=ERROR msg="a connection failed and no onError is there to see it" id=3 url="" ` +
			`error="End of File" detail=""`)
	}},
	{"a callback that raises is reported with its traceback, and disturbs nobody", func(r *rig) {
		r.do(`
			local function broken(data)
				print("broken", data)
				error("boom")
			end
			websocket.Connect("ws://peer.test/", {onMessage = function(data)
				broken(data)
			end, onClose = function() error({}) end})
			websocket.Connect("ws://peer.test/", {onMessage = function(data) print("sound", data) end})
		`)
		r.engine.Received(101, "1", engine.Text)
		r.engine.Received(102, "2", engine.Text)
		r.engine.Received(101, "3", engine.Text)
		r.engine.Ended(101, engine.End{Code: 1000, Clean: true})
		r.engine.Received(102, "4", engine.Text)
		r.pump(5)
		r.wantPrinted("broken\t1", "sound\t2", "broken\t3", "sound\t4")
		boom := "onMessage 1: bot.lua:4: boom" + traceback("[C]: in function 'error'", "bot.lua:4: in function "+
			"'broken'",
			"bot.lua:7: in function <bot.lua:6>")
		r.wantErrors(boom, boom, "onClose 1: (error object is a table value)"+
			traceback("[C]: in function 'error'", "bot.lua:8: in function <bot.lua:8>"))
	}},
	{"without a reporter, errors go to the log with their traceback, an identical one once a second", func(r *rig) {
		fake := &Engine{}
		door := r.kind.Open(r.t, Setup{Engine: fake, Logger: r.logger(), Print: func(string) {}})
		defer door.Close()
		const script = `websocket.Connect("ws://peer.test/", {onMessage = function(data) error("boom " .. data, ` +
			`0) end})`
		if err := door.Run("bot.lua", script); err != nil {
			r.t.Fatal(err)
		}
		for _, data := range []string{"1", "1", "2", "1"} {
			fake.Received(101, data, engine.Text)
		}
		if _, err := door.Pump(engine.Budget{}); err != nil {
			r.t.Fatal(err)
		}
		lines := strings.Split(r.log.String(), "\n")
		for i, want := range []string{"boom 1", "boom 2"} {
			if len(lines) != 3 || !strings.HasPrefix(lines[i],
				`level=ERROR msg="onMessage: `+want+`\nstack traceback:\n\t`) ||
				!strings.HasSuffix(lines[i], `bot.lua:1: in function <bot.lua:1>" id=1`) {
				r.t.Errorf("the log has\n%s", r.log.String())
				break
			}
		}
		r.log.Reset()
	}},
	{"error objects of callbacks as text", func(r *rig) {
		for object, want := range map[string]string{
			`"boom"`:    "bot.lua:1: boom",
			`"boom", 0`: "boom",
			`5, 0`:      "5",
			`nil`:       "(error object is a nil value)",
			`true`:      "(error object is a boolean value)",
			`setmetatable({}, {__tostring = function() return "made" end})`:          "made",
			`setmetatable({}, {__tostring = function() return {} end})`:              "(error object is a table value)",
			`setmetatable({}, {__tostring = function() error("again") end})`:         "(error object is a table value)",
			`setmetatable({}, {__tostring = function() local x = nil + 1 end})`:      "(error object is a table value)",
			`setmetatable({}, {__tostring = function() coroutine.yield("x") end})`:   "(error object is a table value)",
			`setmetatable({}, {__tostring = function(t) return "made " .. t.x end})`: "(error object is a table value)",
		} {
			r := newRig(r.t, r.kind)
			r.do(`websocket.Connect("ws://peer.test/", {onMessage = function() error(` + object + `) end})`)
			r.engine.Received(101, "x", engine.Text)
			r.pump(1)
			r.wantErrors("onMessage 1: " + want + traceback("[C]: in function 'error'", "bot.lua:1: in function "+
				"<bot.lua:1>"))
			r.wantNothingMore()
		}
	}},
	{"an error on the way to a callback counts as the callback's", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/", setmetatable({}, {__index = function(_, key) error("no " .. key, 0) end}))
		`)
		r.engine.Opened(101, engine.Info{})
		r.engine.Received(101, "x", engine.Text)
		r.engine.Ended(101, engine.End{Failed: true, Message: "End of File"})
		r.pump(3)
		for i, want := range []string{"onOpen 1: no onOpen\n", "onMessage 1: no onMessage\n",
			"onError 1: no onError\n"} {
			if len(r.errors) != 3 || !strings.HasPrefix(r.errors[i], want) {
				r.t.Fatalf("callbacks failed with %q", r.errors)
			}
		}
		r.errors = nil
		r.wantLog(`level=ERROR msg="a connection failed and no onError is there to see it" id=1 url="" ` +
			`error="End of File" detail=""`)
	}},
	{"an error by a function whose name is empty is one as any other", func(r *rig) {
		r.do(`
			local t = {[""] = error}
			local overflow = {}
			overflow[""] = function() local x = overflow[""]() return x end
			websocket.Connect("nonsense", setmetatable({}, {__index = function() t[""]("x") end}))
			websocket.Connect("nonsense", {onError = function() overflow[""]() end})
			websocket.Connect("nonsense", {onError = function() print "sound" end})
		`)
		for id := range engine.ID(3) {
			r.engine.Ended(101+id, engine.End{Failed: true, Message: "invalid uri"})
		}
		r.pump(3)
		r.wantPrinted("sound")
		for i, want := range []string{"onError 1: bot.lua:5: x\n", "onError 2: bot.lua:4: stack overflow"} {
			if len(r.errors) != 2 || !strings.HasPrefix(r.errors[i], want) {
				r.t.Fatalf("callbacks failed with %.300q", r.errors)
			}
		}
		r.errors = nil
		r.wantLog(`level=ERROR msg="a connection failed and no onError is there to see it" id=1 url="" ` +
			`error="invalid uri" detail=""`)
	}},
	{"the variables of a callback that raised keep their values", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/", {onMessage = function(data)
				local kept = data
				get = function() return kept end
				error("boom", 0)
			end})
		`)
		r.engine.Received(101, "precious", engine.Text)
		r.pump(1)
		r.do(`print((function(a, b, c, d, e) return get() end)(1, 2, 3, 4, 5))`)
		r.wantPrinted("precious")
		r.wantErrors("onMessage 1: boom" + traceback("[C]: in function 'error'", "bot.lua:5: in function <bot.lua:2>"))
	}},
	{"a callback overflows the stack, and the next one runs", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/", {
				onOpen = function() local function f() return 1 + f() end f() end,
				onMessage = function() coroutine.wrap(function() local function f() return 1 + f() end f() end)() end,
				onClose = function() print "closed" end,
			})
		`)
		r.engine.Opened(101, engine.Info{})
		r.engine.Received(101, "x", engine.Text)
		r.engine.Ended(101, engine.End{Code: 1000, Clean: true})
		r.pump(3)
		r.wantPrinted("closed")
		for i, want := range []string{"onOpen 1: bot.lua:3: stack overflow", "onMessage 1: bot.lua:4: "} {
			if len(r.errors) != 2 || !strings.HasPrefix(r.errors[i], want) ||
				!strings.Contains(r.errors[i], "stack overflow") {
				r.t.Fatalf("callbacks failed with %.300q", r.errors)
			}
		}
		r.errors = nil
	}},
	{"a callback cannot yield", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/", {
				onOpen = function() coroutine.yield(1) print "resumed" end,
				onMessage = coroutine.yield,
				onClose = function() pcall(coroutine.yield) print "closed" end,
			})
		`)
		r.engine.Opened(101, engine.Info{})
		r.engine.Received(101, "x", engine.Text)
		r.engine.Ended(101, engine.End{Code: 1000})
		r.pump(3)
		r.wantPrinted("closed")
		for i, want := range []string{"onOpen 1: bot.lua:3: ", "onMessage 1: "} {
			text, raised := "", false
			if len(r.errors) == 2 {
				text, raised = strings.CutPrefix(r.errors[i], want)
			}
			if !raised || !strings.HasPrefix(strings.TrimLeft(text, " "), r.kind.YieldError) {
				r.t.Fatalf("callbacks failed with %q", r.errors)
			}
		}
		r.errors = nil
	}},
	{"callbacks run on the main coroutine, whichever one has connected", func(r *rig) {
		r.do(`
			suspended = coroutine.create(function()
				websocket.Connect("ws://peer.test/", {onMessage = function(data) print(data, coroutine.running()) end})
				coroutine.yield()
			end)
			coroutine.resume(suspended)
		`)
		r.engine.Received(101, "x", engine.Text)
		r.pump(1)
		r.do(`print(coroutine.resume(suspended))`)
		r.engine.Received(101, "y", engine.Text)
		r.pump(1)
		r.wantPrinted("x\tnil", "true", "y\tnil")
	}},
	{"after an error that has left a coroutine in a callback the main coroutine runs again", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/", {
				onOpen = function() coroutine.wrap(function() dead = coroutine.running() error("boom", 0) end)() end,
				onMessage = function() print(coroutine.status(dead) == "running", coroutine.running()) end,
			})
		`)
		r.engine.Opened(101, engine.Info{})
		r.engine.Received(101, "x", engine.Text)
		r.pump(2)
		r.wantPrinted("false\tnil")
		if len(r.errors) != 1 || !strings.Contains(r.errors[0], "boom") {
			r.t.Errorf("callbacks failed with %q", r.errors)
		}
		r.errors = nil
	}},
	{"nothing is called back before the pump, and never inside Connect, Send or Close", func(r *rig) {
		r.do(`
			local function note(name) return function() print(name) end end
			for _ = 1, 2 do
				local id = websocket.Connect("ws://peer.test/", {
					onOpen = note "onOpen", onMessage = note "onMessage", onClose = note "onClose", onError = note "onError",
				})
				websocket.Send(id, "x")
				websocket.Close(id)
			end
			print "returned"
		`)
		r.wantPrinted("returned")
		r.wantSent(`101 default "x"`, `102 default "x"`)
		r.wantClosed("101 1000 ''", "102 1000 ''")
		r.engine.Opened(101, engine.Info{})
		r.engine.Ended(101, engine.End{Code: 1000})
		r.engine.Ended(102, engine.End{Failed: true})
		r.do(`websocket.Send(1, "y") websocket.Close(1) print "returned"`)
		r.pump(3)
		r.wantPrinted("returned", "onOpen", "onClose", "onError")
		r.wantSent(`101 default "y"`)
		r.wantClosed("101 1000 ''")
	}},
	{"the pump takes no more events than its budget", func(r *rig) {
		r.do(`websocket.Connect("ws://peer.test/", {onMessage = print})`)
		for range 3 {
			r.engine.Received(101, "x", engine.Text)
		}
		if events, err := r.Pump(engine.Budget{Events: 2}); events != 2 || err != nil {
			r.t.Errorf("the pump took %d events, error %v", events, err)
		}
		r.pump(1)
		r.pump(0)
		r.wantPrinted("x\tfalse\t1", "x\tfalse\t1", "x\tfalse\t1")
	}},
	{"the pump raises in a callback", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/", {
				onOpen = function() pump() end,
				onMessage = function() print(pcall(pump)) print(pcall(function() pump() end)) end,
			})
		`)
		r.engine.Opened(101, engine.Info{})
		r.engine.Received(101, "x", engine.Text)
		r.do(`print(pump())`) // from the main chunk it may be called
		const refused = "the pump was called from a callback"
		r.wantPrinted("false\t"+refused, "false\tbot.lua:4: "+refused, "2")
		r.wantErrors("onOpen 1: bot.lua:3: " + refused +
			traceback("[C]: in function 'pump'", "bot.lua:3: in function <bot.lua:3>", "[C]: in function 'pump'",
				"bot.lua:1: in main chunk"))
		r.engine.Received(101, "y", engine.Text)
		r.do(`websocket.Connect("ws://peer.test/", {onMessage = print})`)
		r.engine.Received(102, "z", engine.Text)
		r.pump(2)
		r.wantPrinted("false\t"+refused, "false\tbot.lua:4: "+refused, "z\tfalse\t2")
	}},
	{"a callback calls Connect, Send and Close", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/", {
				onOpen = function(info)
					websocket.Send(info.id, "hello")
					local other = websocket.Connect("ws://peer.test/", {})
					websocket.Close(other)
					print(other)
				end,
				onClose = function(_, _, _, info)
					websocket.Send(info.id, "too late")
					websocket.Close(info.id)
				end,
			})
		`)
		r.engine.Opened(101, engine.Info{})
		r.engine.Ended(101, engine.End{Code: 1000})
		r.pump(2)
		r.wantPrinted("2")
		r.wantSent(`101 default "hello"`)
		r.wantClosed("102 1000 ''", "0 1000 ''")
	}},
	{"a Send with an id that was never assigned is an error of its callback, and the connection stays up",
		func(r *rig) {
			r.do(`local id
websocket.Connect("ws://peer.test/", {
	onOpen = function() websocket.Send(id, "hello") end,
	onMessage = function(data) print(data) end})`)
			r.engine.Opened(101, engine.Info{})
			r.engine.Received(101, "x", engine.Text)
			r.pump(2)
			r.wantPrinted("x")
			r.wantErrors("onOpen 1: bot.lua:3: bad argument #1 to 'Send' (number expected, got nil)" +
				traceback("[C]: in function 'Send'", "bot.lua:3: in function <bot.lua:3>"))
		}},
	{"events of other connections, and after the end, are ignored", func(r *rig) {
		r.level.Set(slog.LevelDebug)
		r.do(`local function note(name) return function() print(name) end end
			websocket.Connect("ws://peer.test/", {
				onOpen = note "onOpen", onMessage = note "onMessage", onClose = note "onClose", onError = note "onError",
			})`)
		r.engine.Opened(1, engine.Info{})
		r.engine.Received(1, "x", engine.Text)
		r.engine.Ended(1, engine.End{})
		r.engine.Ended(101, engine.End{Failed: true})
		r.engine.Received(101, "after the end", engine.Text)
		r.engine.Ended(101, engine.End{Code: 1000})
		r.pump(6)
		r.wantPrinted("onError")
		const line = `level=DEBUG msg="event of a connection that no script of this state began" engine_id=`
		r.wantLog(line+"1", line+"1", line+"1", line+"101", line+"101")
	}},
	{"the callback table is held until its terminal event was dispatched", func(r *rig) {
		r.do(`
			local function connect(name)
				local token = token(name)
				websocket.Connect("ws://peer.test/", setmetatable({
					onMessage = function() return token end,
					onClose = function() error("also when it raises", 0) return token end,
				}, {__index = function(_, key)
					return key == "onError" and function() return token end or nil
				end}))
			end
			connect "closed" connect "failed" connect "live"
			websocket.Connect("ws://peer.test/", {onError = token "not called", onOpen = token "x"})
		`)
		r.engine.Opened(101, engine.Info{})
		for id := range engine.ID(3) {
			r.engine.Received(101+id, "x", engine.Text)
		}
		r.pump(4)
		r.wantCollected()

		r.engine.Ended(101, engine.End{Code: 1000})
		r.engine.Ended(102, engine.End{Failed: true})
		r.engine.Ended(104, engine.End{Code: 1000})
		r.pump(3)
		r.errors = nil
		r.wantCollected("closed", "failed", "not called", "x")
		if held, _ := r.Held(); held != 1 {
			r.t.Errorf("%d connections are held, want the live one", held)
		}
		r.engine.Received(103, "y", engine.Text)
		r.pump(1)
		r.wantCollected()
	}},
	{"a message is not held after its callback", func(r *rig) {
		r.do(`websocket.Connect("ws://peer.test/", {onMessage = function(data) end})`)
		r.overwriteStack()
		before := r.heap()
		r.engine.Received(101, strings.Repeat("x", 32<<20), engine.Text)
		r.pump(1)
		r.overwriteStack()
		if after := r.heap(); after > before+16<<20 {
			r.t.Errorf("the heap has grown from %d to %d bytes", before, after)
		}
	}},
	{"info is not held after its callback", func(r *rig) {
		r.do(`websocket.Connect("ws://peer.test/", {onMessage = print, onOpen = function(info)
			info.token = token "info"
		end})`)
		r.engine.Opened(101, engine.Info{})
		r.pump(1)
		r.wantCollected("info")
	}},
}

// overwriteStack runs code, since the VM's stack may keep the last function until another
// runs.
func (r *rig) overwriteStack() {
	r.t.Helper()
	for range 2 {
		r.do(`local function deep(n) if n > 0 then deep(n - 1) end return 0 end deep(20)`)
	}
}

// heap returns the bytes that Go's heap holds.
func (r *rig) heap() uint64 {
	r.Collect()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// wantCollected has garbage collected until exactly the named tokens are gone: one that
// nobody holds says when.
func (r *rig) wantCollected(names ...string) {
	r.t.Helper()
	r.do(`token "garbage"`)
	r.overwriteStack()
	want := slices.Sorted(slices.Values(append(names, "garbage")))
	var got []string
	deadline := time.Now().Add(5 * time.Second)
	for !slices.Equal(got, want) && time.Now().Before(deadline) && len(got) <= len(want) {
		r.Collect()
		got = append(got, r.takeCollected()...)
		slices.Sort(got)
		time.Sleep(time.Millisecond) // Go's cleanups run on goroutines of their own, shortly after a collection
	}
	r.Collect() // nothing more
	if got = append(got, r.takeCollected()...); !slices.Equal(got, want) {
		r.t.Errorf("collected %q, want %q", got, want)
	}
}
