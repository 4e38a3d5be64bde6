package ws_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestSocket(t *testing.T) {
	bubble(t, "opens, sends, receives, ends", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`task.go(function()
			local s = assert(ws.open("ws://peer.test/"))
			say(s.id, s.info.url, s:send "a", s:send("b", "binary"))
			say(s:receive(0)) say(s:receive(0.5)) say(s:receive())
			for data, isBinary in s:messages() do say("message", data, isBinary) end
			local _, why, info = s:receive() say(why, info.code, s.info.code, select(2, s:send "late"))
			say(select(2, s:receive(0)), s.id)
		end)`)
		peer := r.accept(l)
		peer.WantFrame(wstest.Text("a"), wstest.Binary("b"))
		time.Sleep(time.Second)
		peer.Send(wstest.Text("1"), wstest.Binary("2"), wstest.Text(""))
		peer.Close(1000, "bye")
		r.want("1 ws://peer.test/ true true", "nil timeout", "nil timeout", "1 false", "message 2 true", "message  false",
			"closed 1000 1000 closed ", "closed 1")
	})
	bubble(t, "failures", func(t *testing.T) {
		r := newRig(t, options{})
		r.run(`task.go(function()
			local s, message, info = ws.open "ws://nobody.test/" say(s, message, info.category)
			say(select(2, ws.open "nonsense")) say((select(2, pcall(ws.open, "x", {highWater = 0}))))
			local t = task.go(function() ws.open "ws://nobody.test/" end) t:cancel() say(t:wait())
		end)
		say((select(2, pcall(ws.open, "x"))))`)
		r.want("'open' waits: call it inside tide.task.go", "nil Underlying Transport Error refused", "invalid uri ",
			"bad argument #2 to '?' (field 'highWater': positive whole number expected, got 0)", "false cancelled")
	})
	bubble(t, "one that is not read holds its peer back, and ends with all that came", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`task.go(function()
			local s = assert(ws.open("ws://peer.test/", {receiveQueue = 1000}))
			task.sleep(3)
			local n = 0
			for data in s:messages() do n = n + 1 assert(data == tostring(n)) end
			say(n, s.info.code)
		end)`)
		peer := r.accept(l)
		peer.Conn.(*wstest.Conn).Out().SetCapacity(500)
		for i := 1; i <= 1000; i++ {
			peer.Send(wstest.Text(fmt.Sprint(i)))
			if i == 500 && time.Since(r.begun) < 3*time.Second {
				t.Error("500 messages came while nobody read")
			}
		}
		peer.Close(1000, "")
		r.want("1000 1000")
	})
	bubble(t, "send waits for a slow peer, and loses nothing", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.network.Setup = func(c *wstest.Conn) { c.Out().SetCapacity(300) }
		r.start(`task.go(function()
			local s = assert(ws.open("ws://peer.test/", {highWater = 2000}))
			local most = 0
			for i = 1, 2000 do assert(s:send(tostring(i))) most = math.max(most, (ws.buffered(s.id))) end
			say(most <= 2100) s:close()
		end)`)
		peer := r.accept(l)
		for i := 1; i <= 2000; i++ {
			peer.WantFrame(wstest.Text(fmt.Sprint(i)))
		}
		peer.Serve()
		r.want("true")
	})
	bubble(t, "send that waits ends with s:close, before the socket does", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.network.Setup = func(c *wstest.Conn) { c.Out().SetCapacity(300) }
		r.start(`task.go(function()
			local s = assert(ws.open("ws://peer.test/", {highWater = 1000}))
			local ready = task.queue(2)
			local function fill()
				while s:send(("x"):rep(400)) do ready:push(1) end
				local _, why, info = s:send "late"
				say(why, info.code, clock())
			end
			task.go(fill) task.go(fill)
			task.sleep(1)
			s:close()
			say(select(3, s:receive()).code, clock())
		end)`)
		peer := r.accept(l)
		time.Sleep(3 * time.Second)
		peer.Serve()
		r.want("closed nil 1", "closed nil 1", "1000 3")
	})
	bubble(t, "an end that nobody reads lets the run end; a second receiver raises", func(t *testing.T) {
		r := newRig(t, options{})
		l := r.listen()
		r.start(`task.go(function()
			local s = assert(ws.open("ws://peer.test/"))
			local t = task.go(function() s:receive() end)
			task.sleep(0)
			say((pcall(s.receive, s)))
			t:wait()
		end)`)
		peer := r.accept(l)
		synctest.Wait()
		peer.Send(wstest.Text("x"), wstest.Text("y"))
		peer.Close(1000, "")
		r.want("false")
	})
}

// Where memory is little the default of sendQueue is, too, and so is that of highWater.
func TestSendWaitsForASmallQueue(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		r := newRig(t, options{memory: 1 << 20}) // a sendQueue of 256 KiB
		l := r.listen()
		r.network.Setup = func(c *wstest.Conn) { c.Out().SetCapacity(300) }
		r.start(`task.go(function()
			local s = assert(ws.open("ws://peer.test/"))
			local most = 0
			for _ = 1, 10 do
				s:send(("x"):rep(60000))
				most = math.max(most, (ws.buffered(s.id)))
			end
			s:close()
			say(most <= 200000, most)
		end)`)
		peer := r.accept(l)
		time.Sleep(time.Second)
		for range 10 {
			peer.WantFrame(wstest.Text(strings.Repeat("x", 60000)))
		}
		peer.WantFrame(wstest.Close(1000, ""))
		peer.Close(1000, "")
		r.ran.Wait()
		if len(r.said) != 1 || !strings.HasPrefix(r.said[0], "true ") {
			t.Errorf("said %s", fmt.Sprint(r.said))
		}
	})
}
