package wscontract

import (
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/permission"
)

// tight has every limit on connections.
var tight = permission.Limits{
	MaxMessage: 1000, SendQueue: 2000, ReceiveQueue: 3000, Timeout: 2500 * time.Millisecond,
	ForbidProxy: true, ForbidInsecure: true,
}

// limits are the rules of the embedder's limits on Connect's options.
var limits = []rule{
	{"an option beyond a limit raises: the field, the limit, the value", func(r *rig) {
		r.limit(tight)
		for _, test := range beyondTight {
			r.do(`print(pcall(function() websocket.Connect("ws://peer.test/", {}, ` + test.options + `) end))`)
			r.wantPrinted("false\tbot.lua:1: bad argument #3 to 'Connect' (field " + test.want +
				": this value is not allowed)")
		}
		r.wantConnects(0)
	}},
	{"an option within the limits is the script's, and a default beyond one is the limit", func(r *rig) {
		r.limit(tight)
		r.do(`
			websocket.Connect("ws://peer.test/", {})
			websocket.Connect("ws://peer.test/", {}, {})
			websocket.Connect("ws://peer.test/", {}, {
				maxMessage = 1000, sendQueue = 1, receiveQueue = 2999, timeout = {tcp = 2.5, closing = 1},
				proxy = "", tls = {insecure = false},
			})`)
		most := tight.Timeout
		lowered := engine.ConnectOptions{
			MaxMessage: 1000, SendQueue: 2000, ReceiveQueue: 3000,
			Timeouts: engine.Timeouts{TCP: most, TLS: most, Handshake: most, Closing: most}, Caller: "bot.lua:2",
		}
		r.wantOptions(0, lowered)
		lowered.Caller = "bot.lua:3"
		r.wantOptions(1, lowered)
		lowered.Caller, lowered.SendQueue, lowered.ReceiveQueue = "bot.lua:4", 1, 2999
		lowered.Timeouts.Closing = time.Second
		r.wantOptions(2, lowered)
	}},
	{"a limit beyond the default changes nothing but the most that may be asked for", func(r *rig) {
		r.limit(permission.Limits{MaxMessage: 1 << 40, SendQueue: 1 << 40, ReceiveQueue: 1 << 40, Timeout: time.Hour})
		r.do(`
			websocket.Connect("ws://peer.test/", {})
			websocket.Connect("ws://peer.test/", {}, {maxMessage = 2^40, proxy = false, tls = {insecure = true}})
			print(pcall(websocket.Connect, "ws://peer.test/", {}, {maxMessage = 2^40 + 1}))`)
		r.wantOptions(0, engine.ConnectOptions{Caller: "bot.lua:2"})
		r.wantOptions(1, engine.ConnectOptions{
			MaxMessage: 1 << 40, Proxy: "direct", TLS: engine.TLSOptions{Insecure: true}, Caller: "bot.lua:3",
		})
		r.wantPrinted("false\tbad argument #3 to '?' (field 'maxMessage': at most 1099511627776 expected, got " +
			"1099511627777: this value is not allowed)")
	}},
	{"defaults in a metatable are asked for like others", func(r *rig) {
		r.limit(tight)
		r.do(`
			local asked = 0
			local options = setmetatable({}, {__index = function(_, name)
				if name == "maxMessage" then asked = asked + 1 return asked == 1 and 1001 or 1 end
			end})
			print(pcall(websocket.Connect, "ws://peer.test/", {}, options)) print(asked)`)
		r.wantPrinted("false\tbad argument #3 to '?' (field 'maxMessage': at most 1000 expected, got 1001: this "+
			"value is not allowed)", "1")
		r.wantConnects(0)
	}},
	{"the embedder's words say whom to ask", func(r *rig) {
		r.limit(permission.Limits{MaxMessage: 1, ForbidProxy: true, Words: func(
			refusal permission.Refusal, form permission.Form,
		) string {
			if refusal.Permission != permission.Option || form != permission.Bare {
				r.t.Errorf("asked for the words of %+v in form %d", refusal, form)
			}
			return refusal.Item + " is " + refusal.Rule + " in your plan"
		}})
		r.do(`
			print(pcall(websocket.Connect, "ws://peer.test/", {}, {maxMessage = 2}))
			print(pcall(websocket.Connect, "ws://peer.test/", {}, {proxy = "http://user:secret@proxy.test"}))`)
		r.wantPrinted("false\tbad argument #3 to '?' (field 'maxMessage': at most 1 expected, got 2: maxMessage is "+
			"at most 1 in your plan)",
			"false\tbad argument #3 to '?' (field 'proxy': nil expected, got string: proxy is nil in your plan)")
	}},
}

// beyondTight are options that tight does not allow.
var beyondTight = []struct{ options, want string }{
	{`{maxMessage = 1001}`, `'maxMessage': at most 1000 expected, got 1001`},
	{`{maxMessage = math.huge}`, `'maxMessage': at most 1000 expected, got 9007199254740992 or more`},
	{`{maxMessage = 2^60}`, `'maxMessage': at most 1000 expected, got 9007199254740992 or more`},
	{`{sendQueue = 2001}`, `'sendQueue': at most 2000 expected, got 2001`},
	{`{sendQueue = math.huge}`, `'sendQueue': at most 2000 expected, got 9007199254740992 or more`},
	{`{receiveQueue = 4000}`, `'receiveQueue': at most 3000 expected, got 4000`},
	{`{receiveQueue = math.huge}`, `'receiveQueue': at most 3000 expected, got 9007199254740992 or more`},
	{`{timeout = 2.501}`, `'timeout': at most 2.5 expected, got 2.501`},
	{`{timeout = math.huge}`, `'timeout': at most 2.5 expected, got 3153600000 or more`},
	{`{timeout = {tcp = 3}}`, `'timeout.tcp': at most 2.5 expected, got 3`},
	{`{timeout = {tls = 3}}`, `'timeout.tls': at most 2.5 expected, got 3`},
	{`{timeout = {handshake = 3}}`, `'timeout.handshake': at most 2.5 expected, got 3`},
	{`{timeout = {closing = math.huge}}`, `'timeout.closing': at most 2.5 expected, got 3153600000 or more`},
	{`{proxy = "http://user:secret@proxy.test"}`, `'proxy': nil expected, got string`},
	{`{proxy = false}`, `'proxy': nil expected, got false`},
	{`{proxy = "direct"}`, `'proxy': nil expected, got false`},
	{`{tls = {insecure = true}}`, `'tls.insecure': false expected, got true`},
	{`{tls = setmetatable({}, {__index = {insecure = true}})}`, `'tls.insecure': false expected, got true`},
}

// limit makes another door, which has limits.
func (r *rig) limit(limits permission.Limits) {
	r.limits = limits
	r.open(r.engine)
}
