package wscontract

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/tidewire/tidewire/engine"
)

// calls are the rules of Connect, Send and Close: their arguments, results and errors.
var calls = []rule{
	{"the global is a table of six functions, and an alias is the same function value", func(r *rig) {
		r.do(`
			local keys = 0
			for key in pairs(websocket) do keys = keys + 1 end
			print(type(websocket), keys)
			for _, name in ipairs {"Connect", "Send", "Close"} do print(name, type(websocket[name])) end
			print(rawequal(websocket.Connect, websocket.connect), rawequal(websocket.Send, websocket.send),
				rawequal(websocket.Close, websocket.close))
		`)
		r.wantPrinted("table\t6", "Connect\tfunction", "Send\tfunction", "Close\tfunction", "true\ttrue\ttrue")
	}},
	{"require returns the same table", func(r *rig) {
		r.do(`print(rawequal(require "websocket", websocket))`)
		r.wantPrinted("true")
	}},
	{"Connect returns the ids 1, 2, 3, one for every url", func(r *rig) {
		r.do(`
			print(websocket.Connect("wss://invalid-host.invalid", {}))
			print(websocket.connect("not a url", {}))
			print(websocket.Connect("", {}, nil))
			print(select("#", websocket.Connect("ws://peer.test/", {}, {})))
			print(websocket.Connect("ws://peer.test/", {}, {}, "more"))
		`)
		r.wantPrinted("1", "2", "3", "1", "5")
		r.wantConnects(5)
	}},
	{"a call of Connect that raises uses up no id", func(r *rig) {
		r.do(`
			print(websocket.Connect("ws://peer.test/", {}))
			print(pcall(websocket.Connect, "ws://peer.test/"))
			print((pcall(websocket.Connect, "ws://peer.test/", {}, {timeout = -1})))
			print((pcall(websocket.Connect, "ws://peer.test/", {}, {nonsense = 1})))
			print(websocket.Connect("ws://peer.test/", {}))
		`)
		r.wantPrinted("1", "false\tbad argument #2 to '?' (table expected, got no value)", "false", "false", "2")
		r.wantConnects(2)
	}},
	{"an id is not used again after its connection's end", func(r *rig) {
		r.do(`websocket.Connect("ws://peer.test/", {})`)
		r.engine.Ended(101, engine.End{Code: 1000, Clean: true})
		r.pump(1)
		r.do(`print(websocket.Connect("ws://peer.test/", {}))`)
		r.wantPrinted("2")
	}},
	{"Connect is called from the main chunk, a coroutine and a callback", func(r *rig) {
		r.do(`
			print(coroutine.wrap(function() return websocket.Connect("ws://peer.test/", {
				onOpen = function() print(websocket.Connect("ws://peer.test/", {})) end,
			}) end)())
		`)
		r.engine.Opened(101, engine.Info{})
		r.pump(1)
		r.wantPrinted("1", "2")
	}},
	{"too many connections: Connect raises with the script's position, and uses up no id", func(r *rig) {
		r.engine.connectErr = engine.ErrTooManyConnections
		r.do("local connect = websocket.Connect\n" + `
			print(pcall(function() websocket.Connect("ws://peer.test/", {}) end))
			print(pcall(function() local id = connect("ws://peer.test/", {}) end))
			print(coroutine.resume(coroutine.create(function() websocket.Connect("ws://peer.test/", {}) end)))
			print(pcall(websocket.Connect, "ws://peer.test/", {}))
		`)
		r.wantPrinted("false\tbot.lua:3: too many connections", "false\tbot.lua:4: too many connections",
			"false\tbot.lua:5: too many connections", "false\ttoo many connections")
		if err := r.Run("bot.lua", `websocket.Connect("ws://peer.test/", {})`); err == nil ||
			!strings.HasPrefix(err.Error(), "bot.lua:1: too many connections") {
			r.t.Errorf("from the main chunk: %v", err)
		}
		r.engine.connectErr = nil
		r.do(`print(websocket.Connect("ws://peer.test/", {}))`)
		r.wantPrinted("1")
	}},
	{"argument errors through pcall", func(r *rig) {
		r.wantRaised(pcallErrors, func(call string) string {
			function, arguments, _ := strings.Cut(call, "(")
			if arguments != ")" {
				function += ", "
			}
			return "pcall(" + function + arguments
		})
	}},
	{"argument errors through a plain call name the function and the line", func(r *rig) {
		r.wantRaised(plainErrors, func(call string) string { return "pcall(function() " + call + " end)" })
	}},
	{"argument errors in a coroutine", func(r *rig) {
		r.wantRaised(plainErrors, func(call string) string {
			return "coroutine.resume(coroutine.create(function() " + call + " end))"
		})
	}},
	{"an argument error in a tail call names the function or '?'", func(r *rig) {
		r.do("local _, text = pcall(function() return websocket.Send() end)\n" + `
			print(text == "bot.lua:1: bad argument #1 to 'Send' (number expected, got no value)"
				or text == "bad argument #1 to '?' (number expected, got no value)" or text)
		`)
		r.wantPrinted("true")
	}},
	{"an argument error in the main chunk", func(r *rig) {
		err := r.Run("bot.lua", "\nwebsocket.Close()")
		const want = "bot.lua:2: bad argument #1 to 'Close' (number expected, got no value)"
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			r.t.Errorf("got  %v\nwant %s", err, want)
		}
	}},
	{"arguments are checked in order", func(r *rig) {
		r.wantRaised([]raised{
			{`websocket.Connect(nil, nil, 5)`, `bad argument #1 to '?' (string expected, got nil)`},
			{`websocket.Connect("", nil, 5)`, `bad argument #2 to '?' (table expected, got nil)`},
			{`websocket.Send({}, {}, {})`, `bad argument #1 to '?' (number expected, got table)`},
			{`websocket.Send(1, {}, "nonsense")`, `bad argument #2 to '?' (string expected, got table)`},
			{`websocket.Close({}, 5, {})`, `bad argument #1 to '?' (number expected, got table)`},
			{`websocket.Close(1, {}, {})`, `bad argument #2 to '?' (number expected, got table)`},
			{`websocket.Close(1, 5, {})`, `bad argument #3 to '?' (string expected, got table)`},
		}, func(call string) string {
			function, arguments, _ := strings.Cut(call, "(")
			return "pcall(" + function + ", " + arguments
		})
	}},
	{"arguments are checked before the connection's state, also of an ended or unknown id", func(r *rig) {
		r.do(`websocket.Connect("ws://peer.test/", {}) websocket.Connect("ws://peer.test/", {})`)
		r.engine.Ended(102, engine.End{Code: 1000, Clean: true})
		r.pump(1)
		r.do(`
			for _, id in ipairs {1, 2, 99} do
				print(pcall(websocket.Send, id, "\255", "text"))
				print(pcall(websocket.Send, id, "", "nonsense"))
				print(pcall(websocket.Close, id, 1001))
				print(pcall(websocket.Close, id, 3000, "\255"))
			end
		`)
		each := []string{
			"false\tbad argument #2 to '?' (valid UTF-8 expected)",
			"false\tbad argument #3 to '?' (invalid option 'nonsense')",
			"false\tbad argument #2 to '?' (1000 or 3000 to 4999 expected)",
			"false\tbad argument #3 to '?' (at most 123 bytes of UTF-8 expected)",
		}
		r.wantPrinted(append(append(append([]string{}, each...), each...), each...)...)
	}},
	{"Send and Close return exactly one nil, of a live, an ended and an unknown id", func(r *rig) {
		r.do(`websocket.Connect("ws://peer.test/", {}) websocket.Connect("ws://peer.test/", {})`)
		r.engine.Ended(102, engine.End{Code: 1000, Clean: true})
		r.pump(1)
		r.do(`
			for _, id in ipairs {1, 2, 99} do
				print(select("#", websocket.Send(id, "x")), websocket.Send(id, "x", "binary"))
				print(select("#", websocket.Close(id)), websocket.Close(id, 3000, "bye"))
			end
		`)
		r.wantPrinted("1\tnil", "1\tnil", "1\tnil", "1\tnil", "1\tnil", "1\tnil")
		r.wantSent(`101 default "x"`, `101 binary "x"`)
		r.wantClosed("101 1000 ''", "101 3000 'bye'", "0 1000 ''", "0 3000 'bye'", "0 1000 ''", "0 3000 'bye'")
	}},
	{"a number that is not exactly a live id is an unknown one", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/", {})
			for _, id in ipairs {1.5, 0.9999999, -1, 0, -0, 0/0, 1/0, -1/0, 2^53, 2^53 + 1, 2^32 + 1, 2^64 + 1, 101} do
				websocket.Send(id, "lost")
				websocket.Close(id)
			end
		`)
		r.wantSent()
		r.wantClosed(strings.Split(strings.Repeat("0 1000 ''\n", 12)+"0 1000 ''", "\n")...)
	}},
	{"a discarded message is logged for those who debug", func(r *rig) {
		r.level.Set(slog.LevelDebug)
		r.do(`websocket.Send(1.5, "lost") websocket.Send(0/0, "")`)
		const line = `level=DEBUG msg="a message for an ended or unknown id was discarded" id=`
		r.wantLog(line+"1.5 bytes=4", line+"nan bytes=0")
	}},
	{"a numeric string passes as a number", func(r *rig) {
		r.do(`
			websocket.Connect("ws://peer.test/", {})
			for _, id in ipairs {"1", " 0x1 ", "1e0", "1.0"} do websocket.Send(id, id) end
			for _, id in ipairs {"1.5", "101"} do websocket.Send(id, id) end
			websocket.Close("1", "3e3", "bye")
			print(pcall(websocket.Send, "1x", ""))
			print(pcall(websocket.Send, "", ""))
		`)
		r.wantSent(`101 default "1"`, `101 default " 0x1 "`, `101 default "1e0"`, `101 default "1.0"`)
		r.wantClosed("101 3000 'bye'")
		r.wantPrinted("false\tbad argument #1 to '?' (number expected, got string)",
			"false\tbad argument #1 to '?' (number expected, got string)")
	}},
	{"a number passes as a string, as %.14g writes it", func(r *rig) {
		r.do(`
			local id = websocket.Connect(5, {})
			for _, number in ipairs {42, -1.5, 1/3, 0.1, 1e15, 2^53, 1e100, 123456789012345, 1/0} do
				websocket.Send(id, number)
			end
			websocket.Close(id, nil, 5)
		`)
		if got := r.engine.urls[0]; got != "5" {
			r.t.Errorf("the url 5 came as %q", got)
		}
		var want []string
		for _, text := range []string{
			"42", "-1.5", "0.33333333333333", "0.1", "1e+15", "9.007199254741e+15", "1e+100",
			"1.2345678901234e+14", "inf",
		} {
			want = append(want, fmt.Sprintf(`101 default "%s"`, text))
		}
		r.wantSent(want...)
		r.wantClosed("101 1000 '5'")
	}},
	{"Send takes every byte value, the empty string and each kind; nil is the default kind", func(r *rig) {
		r.do(`
			local all = ...
			local id = websocket.Connect("ws://peer.test/", {})
			websocket.Send(id, all, "binary")
			websocket.Send(id, all)
			websocket.Send(id, "", "text")
			websocket.Send(id, "x", "auto")
			websocket.Send(id, "y", nil)
		`, everyByte)
		r.wantSent(sent(101, engine.Binary, everyByte), sent(101, engine.DefaultKind, everyByte), `101 text ""`,
			`101 auto "x"`, `101 default "y"`)
	}},
	{"Close's code and reason may be absent or nil", func(r *rig) {
		r.do(`
			local reason = ...
			local id = websocket.Connect("ws://peer.test/", {})
			websocket.Close(id)
			websocket.Close(id, nil, nil)
			websocket.Close(id, nil, "bye")
			websocket.Close(id, 1000, "")
			websocket.Close(id, 3000, "\226\152\131")
			websocket.Close(id, 4999, reason)
		`, strings.Repeat("x", 123))
		r.wantClosed("101 1000 ''", "101 1000 ''", "101 1000 'bye'", "101 1000 ''", "101 3000 '☃'",
			"101 4999 '"+strings.Repeat("x", 123)+"'")
	}},
	{"the script that called is known, also through pcall", func(r *rig) {
		r.do("websocket.Connect('ws://peer.test/', {})\npcall(websocket.Connect, 'ws://peer.test/', {})\n" +
			"coroutine.wrap(function()\nwebsocket.Connect('ws://peer.test/', {}) end)()")
		for i, want := range []string{"bot.lua:1", "bot.lua:2", "bot.lua:4"} {
			if got := r.engine.options[i].Caller; got != want {
				r.t.Errorf("call %d was made by %q, want %q", i+1, got, want)
			}
		}
	}},
}

// raised is a call and the error that it raises.
type raised struct{ call, want string }

// everyByte has each of the 256 byte values once.
var everyByte = func() string {
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	return string(all[:])
}()

var pcallErrors = []raised{
	{`websocket.Connect()`, `bad argument #1 to '?' (string expected, got no value)`},
	{`websocket.Connect("wss://peer.test/")`, `bad argument #2 to '?' (table expected, got no value)`},
	{`websocket.Send()`, `bad argument #1 to '?' (number expected, got no value)`},
	{`websocket.Send(id)`, `bad argument #2 to '?' (string expected, got no value)`},
	{`websocket.Close()`, `bad argument #1 to '?' (number expected, got no value)`},

	{`websocket.connect()`, `bad argument #1 to '?' (string expected, got no value)`},
	{`websocket.send()`, `bad argument #1 to '?' (number expected, got no value)`},
	{`websocket.close()`, `bad argument #1 to '?' (number expected, got no value)`},

	{`websocket.Connect(nil)`, `bad argument #1 to '?' (string expected, got nil)`},
	{`websocket.Connect({})`, `bad argument #1 to '?' (string expected, got table)`},
	{`websocket.Connect(true)`, `bad argument #1 to '?' (string expected, got boolean)`},
	{`websocket.Connect("", nil)`, `bad argument #2 to '?' (table expected, got nil)`},
	{`websocket.Connect("", print)`, `bad argument #2 to '?' (table expected, got function)`},
	{`websocket.Connect("", "")`, `bad argument #2 to '?' (table expected, got string)`},
	{`websocket.Connect("", coroutine.create(print))`, `bad argument #2 to '?' (table expected, got thread)`},
	{`websocket.Connect("", token "")`, `bad argument #2 to '?' (table expected, got userdata)`},
	{`websocket.Connect("", {}, 5)`, `bad argument #3 to '?' (table expected, got number)`},
	{`websocket.Connect("", {}, false)`, `bad argument #3 to '?' (table expected, got boolean)`},

	{`websocket.Send(nil, "")`, `bad argument #1 to '?' (number expected, got nil)`},
	{`websocket.Send("x", "")`, `bad argument #1 to '?' (number expected, got string)`},
	{`websocket.Send(id, nil)`, `bad argument #2 to '?' (string expected, got nil)`},
	{`websocket.Send(id, true)`, `bad argument #2 to '?' (string expected, got boolean)`},
	{`websocket.Send(id, "", {})`, `bad argument #3 to '?' (string expected, got table)`},
	{`websocket.Send(id, "", "Text")`, `bad argument #3 to '?' (invalid option 'Text')`},
	{`websocket.Send(id, "", "")`, `bad argument #3 to '?' (invalid option '')`},
	{`websocket.Send(id, "", 5)`, `bad argument #3 to '?' (invalid option '5')`},
	{`websocket.Send(id, "\255", "text")`, `bad argument #2 to '?' (valid UTF-8 expected)`},

	{`websocket.Close({})`, `bad argument #1 to '?' (number expected, got table)`},
	{`websocket.Close(id, "now")`, `bad argument #2 to '?' (number expected, got string)`},
	{`websocket.Close(id, 0)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
	{`websocket.Close(id, 999)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
	{`websocket.Close(id, 1001)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
	{`websocket.Close(id, 2999)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
	{`websocket.Close(id, 3000.5)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
	{`websocket.Close(id, 5000)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
	{`websocket.Close(id, -1)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
	{`websocket.Close(id, 0/0)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
	{`websocket.Close(id, 1/0)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
	{`websocket.Close(id, 1000 + 65536)`, `bad argument #2 to '?' (1000 or 3000 to 4999 expected)`},
	{`websocket.Close(id, 1000, {})`, `bad argument #3 to '?' (string expected, got table)`},
	{`websocket.Close(id, nil, "` + strings.Repeat("x", 124) + `")`,
		`bad argument #3 to '?' (at most 123 bytes of UTF-8 expected)`},
	{`websocket.Close(id, 3000, "\255")`, `bad argument #3 to '?' (at most 123 bytes of UTF-8 expected)`},
}

var plainErrors = []raised{
	{`websocket.Connect()`, `bot.lua:2: bad argument #1 to 'Connect' (string expected, got no value)`},
	{`websocket.Connect("wss://peer.test/")`, `bot.lua:2: bad argument #2 to 'Connect' (table expected, got no value)`},
	{`websocket.Send()`, `bot.lua:2: bad argument #1 to 'Send' (number expected, got no value)`},
	{`websocket.Send(id)`, `bot.lua:2: bad argument #2 to 'Send' (string expected, got no value)`},
	{`websocket.Send(nil, "x")`, `bot.lua:2: bad argument #1 to 'Send' (number expected, got nil)`},
	{`websocket.Send(id, "\255", "text")`, `bot.lua:2: bad argument #2 to 'Send' (valid UTF-8 expected)`},
	{`websocket.Close()`, `bot.lua:2: bad argument #1 to 'Close' (number expected, got no value)`},
	{`websocket.Close(id, 5)`, `bot.lua:2: bad argument #2 to 'Close' (1000 or 3000 to 4999 expected)`},
	{`websocket.connect()`, `bot.lua:2: bad argument #1 to 'connect' (string expected, got no value)`},
	{`local id = websocket.Connect()`, `bot.lua:2: bad argument #1 to 'Connect' (string expected, got no value)`},
	{`local c = websocket.Connect; c()`, `bot.lua:2: bad argument #1 to 'c' (string expected, got no value)`},
	{`upvalue()`, `bot.lua:2: bad argument #1 to 'upvalue' (string expected, got no value)`},
	{`dial = websocket.Connect; dial()`, `bot.lua:2: bad argument #1 to 'dial' (string expected, got no value)`},
	{`local t = {websocket.Connect}; t[1]()`, `bot.lua:2: bad argument #1 to '?' (string expected, got no value)`},
	{`websocket:Connect("ws://peer.test/", {})`, `bot.lua:2: calling 'Connect' on bad self (string expected, ` +
		`got table)`},
	{`websocket:Send("x")`, `bot.lua:2: calling 'Send' on bad self (number expected, got table)`},
}

// wantRaised runs each call, protected in the way of protect, and wants that it raises
// and has no effect.
func (r *rig) wantRaised(calls []raised, protect func(call string) string) {
	r.t.Helper()
	r.do(`id = websocket.Connect("ws://peer.test/", {})`)
	for _, call := range calls {
		r.do("local upvalue = websocket.Connect\nprint(" + protect(call.call) + ")")
		r.wantPrinted("false\t" + call.want)
	}
	r.wantConnects(1)
	r.wantSent()
	r.wantClosed()
}
