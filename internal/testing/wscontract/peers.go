package wscontract

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// stage is a script before a peer that the test plays, in fake time.
type stage struct {
	*rig
	eng      *engine.Engine
	listener *wstest.Listener
}

// prelude defines connect(options, hooks): a connection that prints its events and calls
// the hook of the same name.
const prelude = `
	function connect(options, hooks)
		hooks = hooks or {}
		local function hook(name, ...) if hooks[name] then hooks[name](...) end end
		return websocket.Connect("ws://peer.test/", {
			onOpen = function(info) print("open") hook("open", info) end,
			onMessage = function(data, isBinary, id) print(isBinary and "binary" or "text", data) hook("message", id, data) end,
			onClose = function(code, reason, wasClean, info)
				print("close", code, "'" .. reason .. "'", wasClean and "clean" or "unclean")
				hook("close", info)
			end,
			onError = function(message, info)
				print("error", message, info.category, info.phase, info.closeCode)
				hook("error", info)
			end,
		}, options)
	end
	function counts(info)
		print("unsent " .. info.unsent.messages .. "/" .. info.unsent.bytes ..
			" dropped " .. info.dropped.messages .. "/" .. info.dropped.bytes)
	end
	counting = {close = counts, error = counts}
`

// A scene is a rule that takes a peer to see.
type scene struct {
	name   string
	opts   engine.Options
	script string
	play   func(s *stage)
}

func testPeers(t *testing.T, kind Kind) {
	for _, scene := range scenes {
		t.Run(scene.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { scene.run(t, kind) })
		})
	}
}

func (c scene) run(t *testing.T, kind Kind) {
	var network wstest.Net
	listener, err := network.Listen("peer.test:80")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	opts := c.opts
	opts.DialContext = network.DialContext
	s := &stage{rig: &rig{t: t, kind: kind, engine: &Engine{}}, eng: engine.New(opts), listener: listener}
	defer s.eng.Shutdown(context.Background())
	s.open(s.eng)
	s.do(prelude)
	s.do(c.script)
	c.play(s)
	s.settle()
	s.wantNothingMore()
}

// accept plays the peer's half of the opening handshake.
func (s *stage) accept() *wstest.Peer {
	s.t.Helper()
	peer := wstest.Accept(s.t, s.listener)
	peer.Handshake(wstest.Answer{})
	return peer
}

// settle waits until nothing moves and pumps until nothing is left, so that the script
// has seen everything.
func (s *stage) settle() {
	s.t.Helper()
	for {
		synctest.Wait()
		switch events, err := s.Pump(engine.Budget{}); {
		case err != nil:
			s.t.Fatal(err)
		case events == 0:
			return
		}
	}
}

// want settles and compares the script's output since the last call.
func (s *stage) want(lines ...string) {
	s.t.Helper()
	s.settle()
	s.wantPrinted(lines...)
}

const nothing = "unsent 0/0 dropped 0/0"

// endsBadly is a scene in which the peer ends an open connection in a bad way.
func endsBadly(name string, end func(peer *wstest.Peer), want string) scene {
	return scene{name: "onError: " + name, script: `connect {maxMessage = 10}`, play: func(s *stage) {
		peer := s.accept()
		peer.Send(wstest.Text("whole"))
		end(peer)
		s.want("open", "text\twhole", "error\t"+want)
	}}
}

// refuses is a scene in which the server answers with a status and a Retry-After.
func refuses(value, want string) scene {
	const script = `connect(nil, {error = function(info)
		print(info.http.status, info.http.body, info.http.retryAfter, info.retryable)
	end})`
	return scene{name: "the server refuses, with Retry-After " + value, script: script, play: func(s *stage) {
		peer := wstest.Accept(s.t, s.listener)
		peer.Handshake(wstest.Answer{Status: 503, Body: "later", Header: map[string][]string{"Retry-After": {value}}})
		s.want("error\tInvalid HTTP status.\thttp_status\thandshake\t1006", "503\tlater\t"+want+"\ttrue")
	}}
}

var scenes = []scene{
	{name: "what is sent before open leaves first, then what onOpen sends", script: `
		id = connect(nil, {open = function() websocket.Send(id, "three") end})
		websocket.Send(id, "one") websocket.Send(id, "two")`, play: func(s *stage) {
		peer := s.accept()
		s.want("open")
		s.do(`websocket.Send(id, "four")`)
		peer.WantFrame(wstest.Text("one"), wstest.Text("two"), wstest.Text("three"), wstest.Text("four"))
	}},
	{name: "Send and Close return one nil in every state", script: `
		function try(id)
			print(select("#", websocket.Send(id, "x")), websocket.Send(id, "x"),
				select("#", websocket.Close(id)), websocket.Close(id))
		end
		failing = connect()
		print(websocket.Send(failing, "early"))`, play: func(s *stage) {
		const each = "1\tnil\t1\tnil"
		peer := s.accept()
		s.want("nil", "open")
		peer.Hangup()
		s.want("error\tEnd of File\teof\topen\t1006")

		s.do(`closing = connect()`)
		peer = s.accept()
		s.want("open")
		s.do(`try(closing) try(closing) try(failing) try(99)`)
		s.wantPrinted(each, each, each, each)
		peer.WantFrame(wstest.Text("x"), wstest.Text("x"), wstest.Close(1000, ""))

		s.do(`connecting = connect()`)
		wstest.Accept(s.t, s.listener).ReadRequest()
		s.do(`try(connecting) try(connecting)`)
		s.wantPrinted(each, each)
		s.want("close\t1006\t''\tunclean")
		peer.Close(1000, "")
		s.want("close\t1000\t''\tclean")
		s.do(`try(failing) try(closing) try(connecting)`)
		s.wantPrinted(each, each, each)
	}},
	{name: "valid UTF-8 goes as text by default, anything else as binary", script: `
		id = connect()
		websocket.Send(id, "plain") websocket.Send(id, "\226\152\131") websocket.Send(id, "")
		websocket.Send(id, "\255") websocket.Send(id, "NUL \0 inside") websocket.Send(id, "plain", "binary")
		websocket.Send(id, "\222\173\190\239\202\254\186\190") websocket.Send(id, "\255", "auto")`,
		play: func(s *stage) {
			s.accept().WantFrame(wstest.Text("plain"), wstest.Text("☃"), wstest.Text(""), wstest.Binary("\xff"),
				wstest.Text("NUL \x00 inside"), wstest.Binary("plain"),
				wstest.Binary("\xde\xad\xbe\xef\xca\xfe\xba\xbe"),
				wstest.Binary("\xff"))
			s.want("open")
		}},
	{name: "the option kind is the default of Send", script: `
		text = connect {kind = "text"}
		print(pcall(websocket.Send, text, "\255"))
		websocket.Send(text, "\255", "binary")
		websocket.Send(text, "plain")
		websocket.Send(text, "\255", "auto")`, play: func(s *stage) {
		s.wantPrinted("false\tbad argument #2 to '?' (valid UTF-8 expected)")
		s.accept().WantFrame(wstest.Binary("\xff"), wstest.Text("plain"), wstest.Binary("\xff"))
		s.want("open")
	}},
	{name: "every byte value is received as it was sent", script: `connect()`, play: func(s *stage) {
		peer := s.accept()
		peer.Send(wstest.Binary(everyByte), wstest.Text(""), wstest.Binary(""), wstest.Text("\x00"))
		s.want("open", "binary\t"+everyByte, "text\t", "binary\t", "text\t\x00")
	}},
	{name: "the peer closes: messages before it are delivered, and the end is clean", script: `connect(nil, counting)`,
		play: func(s *stage) {
			peer := s.accept()
			peer.Send(wstest.Text("a"), wstest.Binary("b"), wstest.Close(4001, "bye"))
			s.want("open", "text\ta", "binary\tb", "close\t4001\t'bye'\tclean", nothing)
			peer.WantFrame(wstest.Close(4001, ""))
		}},
	{name: "the peer closes without a code: 1005", script: `connect()`, play: func(s *stage) {
		peer := s.accept()
		peer.Send(wstest.Frame{Opcode: wstest.OpClose})
		s.want("open", "close\t1005\t''\tclean")
	}},

	endsBadly("EOF", func(p *wstest.Peer) { p.Hangup() }, "End of File\teof\topen\t1006"),
	endsBadly("reset", func(p *wstest.Peer) { p.Conn.(*wstest.Conn).Reset() },
		"Underlying Transport Error\treset\topen\t1006"),
	endsBadly("a fragment and EOF", func(p *wstest.Peer) { p.Send(wstest.Text("half").Unfinished()); p.Hangup() },
		"End of File\teof\topen\t1006"),
	endsBadly("bad UTF-8", func(p *wstest.Peer) { p.Send(wstest.Text("\xff")) },
		"Invalid UTF8 encoding\tutf8\topen\t1007"),
	endsBadly("a message that is too big", func(p *wstest.Peer) { p.Send(wstest.Text("twelve bytes")) },
		"A message was too large\ttoo_big\topen\t1009"),
	endsBadly("a frame against the protocol", func(p *wstest.Peer) { p.Send(wstest.Continuation("of nothing")) },
		"Invalid message continuation\tprotocol\topen\t1002"),

	{name: "answers to the messages before a violation leave before the close frame", script: `
		connect(nil, {message = function(id, data) websocket.Send(id, "answer to " .. data) end, error = counts})`,
		play: func(s *stage) {
			peer := s.accept()
			peer.Send(wstest.Text("one"), wstest.Text("two"), wstest.Continuation("of nothing"))
			s.want("open", "text\tone", "text\ttwo", "error\tInvalid message "+
				"continuation\tprotocol\topen\t1002", nothing)
			peer.WantFrame(wstest.Text("answer to one"), wstest.Text("answer to two"))
			if frame := peer.ReadFrame(); frame.Opcode != wstest.OpClose {
				s.t.Errorf("the peer got %v, want a close frame", frame)
			}
		}},
	{name: "a small receive queue loses nothing", script: `connect {receiveQueue = 100}`, play: func(s *stage) {
		peer := s.accept()
		for _, text := range []string{"a", "b", "c", "d", "e"} {
			peer.Send(wstest.Text(text))
		}
		peer.Close(1000, "")
		s.want("open", "text\ta", "text\tb", "text\tc", "text\td", "text\te", "close\t1000\t''\tclean")
	}},
	{name: "a redirect is not followed, and told", script: `
		connect(nil, {error = function(info) print(info.http.status, info.http.location, info.retryable) end})`,
		play: func(s *stage) {
			peer := wstest.Accept(s.t, s.listener)
			location := map[string][]string{"Location": {"ws://other.test/"}}
			peer.Handshake(wstest.Answer{Status: 302, Header: location, Body: "moved"})
			s.want("error\tInvalid HTTP status.\thttp_status\thandshake\t1006", "302\tws://other.test/\tfalse")
		}},
	{name: "Close while open: queued sends leave first, later ones are unsent, later messages dropped",
		script: `id = connect(nil, counting)`, play: func(s *stage) {
			peer := s.accept()
			s.want("open")
			s.do(`websocket.Send(id, "queued") websocket.Close(id, 3000, "bye") websocket.Send(id, "late")`)
			peer.WantFrame(wstest.Text("queued"), wstest.Close(3000, "bye"))
			peer.Send(wstest.Text("unseen"), wstest.Close(3000, "you too"))
			s.want("close\t3000\t'you too'\tclean", "unsent 1/4 dropped 1/6")
		}},
	{name: "Close that the peer does not answer", script: `id = connect {timeout = {closing = 2}}`,
		play: func(s *stage) {
			peer := s.accept()
			peer.Mute()
			s.settle()
			s.do(`websocket.Close(id)`)
			time.Sleep(2*time.Second - 1)
			s.want("open")
			time.Sleep(time.Nanosecond)
			s.want("close\t1006\t'The closing handshake timed out'\tunclean")
		}},
	{name: "Close, and then the peer hangs up", script: `id = connect()`, play: func(s *stage) {
		peer := s.accept()
		s.settle()
		s.do(`websocket.Close(id)`)
		peer.WantFrame(wstest.Close(1000, ""))
		peer.Hangup()
		s.want("open", "close\t1006\t'End of File'\tunclean")
	}},
	{name: "Close in onMessage drops the messages that wait", script: `
		connect(nil, {message = function(id) websocket.Close(id) end, close = counts})`, play: func(s *stage) {
		peer := s.accept()
		peer.Send(wstest.Text("one"), wstest.Text("two"), wstest.Text("three"))
		s.settle()
		peer.Close(1000, "")
		s.want("open", "text\tone", "close\t1000\t''\tclean", "unsent 0/0 dropped 2/8")
	}},
	{name: "Close behind a terminal event changes nothing but drops the messages before it",
		script: `id = connect(nil, counting)`, play: func(s *stage) {
			peer := s.accept()
			s.settle()
			peer.Send(wstest.Text("a"), wstest.Close(4001, "bye"))
			synctest.Wait()
			s.do(`websocket.Close(id, 3000)`)
			s.want("open", "close\t4001\t'bye'\tclean", "unsent 0/0 dropped 1/1")
		}},
	{name: "Close before onOpen was dispatched: no onOpen", script: `id = connect()`, play: func(s *stage) {
		peer := s.accept()
		synctest.Wait()
		s.do(`websocket.Close(id)`)
		peer.WantFrame(wstest.Close(1000, ""))
		peer.Close(1000, "")
		s.want("close\t1000\t''\tclean")
	}},
	{name: "Close while connecting", script: `id = connect(nil, counting)`, play: func(s *stage) {
		peer := wstest.Accept(s.t, s.listener)
		peer.ReadRequest()
		s.do(`websocket.Send(id, "early") websocket.Close(id)`)
		s.want("close\t1006\t''\tunclean", "unsent 1/5 dropped 0/0")
	}},

	refuses("7", "7"), refuses("0", "0"), refuses("Sun, 06 Nov 1994 08:49:37 GMT", "0"), refuses("soon", "nil"),

	{name: "a timeout of seconds with a fraction", script: `connect {timeout = 1.5}`, play: func(s *stage) {
		wstest.Accept(s.t, s.listener).ReadRequest()
		time.Sleep(1500*time.Millisecond - 1)
		s.want()
		time.Sleep(time.Nanosecond)
		s.want("error\tThe opening handshake timed out\ttimeout\thandshake\t1006")
	}},
	{name: "the send queue is full", script: `id = connect({sendQueue = 200}, counting)`, play: func(s *stage) {
		wstest.Accept(s.t, s.listener).ReadRequest()
		s.do(`for n = 1, 3 do websocket.Send(id, "x") end websocket.Send(id, "straw")`)
		s.want("error\tsend queue full\tqueue_full\thandshake\t1006", "unsent 4/8 dropped 0/0")
	}},
	{name: "too many connections", opts: engine.Options{MaxConnections: 1}, script: `
		print(connect())
		print(pcall(function() websocket.Connect("ws://peer.test/", {}) end))`, play: func(s *stage) {
		s.accept().Close(1000, "")
		s.want("1", "false\tbot.lua:3: too many connections", "open", "close\t1000\t''\tclean")
		s.do(`print(connect())`)
		s.wantPrinted("2")
	}},
	{name: "headers that the handshake owns, or that are none, raise", script: `
		for _, headers in ipairs {
			{Host = "x"}, {["Sec-WebSocket-Key"] = "x"}, {X = "a\r\nY: b"}, {X = "\0"}, {["X Y"] = "z"},
		} do
			print(pcall(websocket.Connect, "ws://peer.test/", {}, {headers = headers}))
		end
		print(connect())`, play: func(s *stage) {
		const refused = "false\tbad argument #3 to '?' (field 'headers'"
		for i, line := range s.printed {
			if i < 5 && line[:min(len(line), len(refused))] == refused {
				s.printed[i] = "refused"
			}
		}
		s.wantPrinted("refused", "refused", "refused", "refused", "refused", "1")
		s.accept()
		s.want("open")
	}},
	{name: "the host ends: CloseAll, dispatch, Abort after the grace; Connect gives ids that come to nothing", script: `
		for _ = 1, 3 do
			connect(nil, {close = function(info) counts(info) print(connect() > 3) end})
		end`, play: func(s *stage) {
		polite, mute, unanswered := s.accept(), s.accept(), wstest.Accept(s.t, s.listener)
		unanswered.ReadRequest()
		mute.Mute()
		s.want("open", "open")
		s.eng.CloseAll(1001, "")
		s.want("close\t1006\t''\tunclean", nothing, "true")
		polite.WantFrame(wstest.Close(1001, ""))
		polite.Close(1001, "")
		s.want("close\t1001\t''\tclean", nothing, "true")
		s.eng.Abort()
		s.want("close\t1006\t'The closing handshake timed out'\tunclean", nothing, "true")
		if s.eng.Live() != 0 {
			s.t.Errorf("%d connections live", s.eng.Live())
		}
	}},
	{name: "the state is closed while connections live: no callback comes any more", script: `connect() connect()`,
		play: func(s *stage) {
			s.accept().Send(wstest.Text("seen"))
			s.want("open", "text\tseen")
			s.accept().Send(wstest.Text("never seen"))
			synctest.Wait()
			if err := s.eng.Shutdown(context.Background()); err != nil {
				s.t.Fatal(err)
			}
			s.Close()
			s.pump(0)
		}},
}
