package ws_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/permission"
)

// The limits of the websocket module are those of sockets, and of kept ones.
func TestLimits(t *testing.T) {
	limits := permission.Limits{
		MaxMessage: 1000, SendQueue: 2000, ReceiveQueue: 3000, Timeout: 2 * time.Second, ForbidProxy: true,
		ForbidInsecure: true,
	}
	bubble(t, "an option beyond a limit raises", func(t *testing.T) {
		r := newRig(t, options{limits: limits})
		var calls, want []string
		for _, test := range []struct{ option, want string }{
			{"maxMessage = 1001", "field 'maxMessage': at most 1000 expected, got 1001"},
			{"sendQueue = math.huge", "field 'sendQueue': at most 2000 expected, got 9007199254740992 or more"},
			{"receiveQueue = 3001", "field 'receiveQueue': at most 3000 expected, got 3001"},
			{"timeout = {tls = 5}", "field 'timeout.tls': at most 2 expected, got 5"},
			{"proxy = false", "field 'proxy': nil expected, got false"},
			{"tls = {insecure = true}", "field 'tls.insecure': false expected, got true"},
		} {
			calls = append(calls, `ws.open("ws://peer.test/", {`+test.option+`})`,
				`ws.keep("ws://peer.test/", {}, {`+test.option+`})`)
			want = append(want, "#2 to 'open' ("+test.want, "#3 to 'keep' ("+test.want)
		}
		calls = append(calls, `ws.keep("ws://peer.test/", {}, {queue = 2001})`)
		want = append(want, "#3 to 'keep' (field 'queue': at most 2000 expected, got 2001")
		for i := range calls {
			calls[i] = "function() " + calls[i] + " end"
			want[i] += ": this value is not allowed)"
		}
		r.run(`task.go(function()
			for _, f in ipairs {` + strings.Join(calls, ", ") + `} do
				say((select(2, pcall(f)):gsub("^bot.lua:%d+: bad argument ", "")))
			end
		end)`)
		r.want(want...)
	})
	bubble(t, "defaults are lowered", func(t *testing.T) {
		r := newRig(t, options{limits: limits})
		l := r.listen()
		r.start(`task.go(function()
			local s = assert(ws.open "ws://peer.test/")
			say(s:send(("x"):rep(1500)), ws.buffered(s.id))
			local _, why, info = s:receive()
			say(why, info.category)
			local k = ws.keep("ws://peer.test/", {onEnd = function(info) say(info.category) end},
				{queue = 2000, retry = function() return false end})
			say(k:send(("x"):rep(1936)), k:send "")
		end)`)
		for _, sent := range []int{1500, 1936} {
			peer := r.accept(l)
			peer.WantFrame(wstest.Text(strings.Repeat("x", sent)))
			peer.Send(wstest.Text(strings.Repeat("y", 1001)))
			peer.WantFrame(wstest.Close(1009, ""))
			peer.Hangup()
		}
		r.want("true 1564 1", "closed too_big", "true nil full", "too_big")
	})
}
